"""What lasts is not looked through again and again for garbage, and so does not put off that it is found."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc
from runner.system.memory import freeze_garbage

imported = [[] for _ in range(500_000)]
gc.collect()
{keeping}
before = gc.get_stats()[2]["collections"]
added = [[] for _ in range(100_000)]
print(gc.get_stats()[2]["collections"] - before)
"""


@pytest.mark.parametrize(("keeping", "is_searched"), [("", False), ("freeze_garbage()", True)])
def test_everything_that_was_added_is_searched_early_where_what_lasts_is_kept(keeping: str, is_searched: bool) -> None:
    command = [sys.executable, "-c", PROGRAM.format(keeping=keeping)]
    searches = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    assert (searches > 0) is is_searched
