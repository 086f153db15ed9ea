"""`python -m bot.cli.stand_in` is `python -m bot.workspace` with its tokens handed over, where nobody reads them.

The stand-in itself imports nothing of ours.
"""

import runpy

from runner.system import environment

if __name__ == "__main__":
    environment.withdraw()
    runpy.run_module("bot.workspace", run_name="__main__")
