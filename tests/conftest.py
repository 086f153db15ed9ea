"""What all tests share: how examples are drawn, and what a test needs of the machine."""

import os

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True, max_examples=80)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=3000)
settings.load_profile("fixed")

FUZZ_SEED = int(os.environ.get("FUZZ_SEED", "0"))
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What a test draws from by itself, or for each of its parameters: always the same, unless FUZZ_SEED is set."""
    return FUZZ_SEED * 1_000 + int(getattr(request, "param", 0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        draws_itself = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if draws_itself or "seed" in getattr(item, "fixturenames", ()):
            item.add_marker("drawn")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_root") and not IS_ROOT:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs root; CI has it")
