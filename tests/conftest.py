"""How the tests that draw their own examples draw them: always the same ones, unless a run asks for others."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True, max_examples=80)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=3000)
settings.load_profile("fixed")
