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


GARBAGE = """
import gc
from collections import deque

from runner.system.memory import freeze_garbage

{keeping}
in_use = deque(maxlen=10_000)  # so long that it is not quite new when it becomes garbage
most, held = 0, len(gc.get_objects()) + 10_000
for number in range(400_000):
    circle = []
    circle.append(circle)
    in_use.append(circle)
    if number % 1000 == 0:
        most = max(most, len(gc.get_objects()) - held)
print(most)
"""


@pytest.mark.parametrize(("keeping", "at_most"), [("", 100_000), ("freeze_garbage()", 20_000)])
def test_little_garbage_lies_about_where_what_lasts_is_kept(keeping: str, at_most: int) -> None:
    command = [sys.executable, "-c", GARBAGE.format(keeping=keeping)]
    most = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    assert at_most / 2 < most < at_most
