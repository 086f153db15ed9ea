"""What the processes that run all day import is what they need: the rest would take memory and time."""

import re
from pathlib import Path

import pytest
from command import Command

_IMPORTED = re.compile(r"^import time:.*\| *(\S+)$", re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path) -> Command:
    """A command whose processes write to the log what they import."""
    command = Command(tmp_path, {"PYTHONPROFILEIMPORTTIME": "1"})
    command.write()
    return command


def imported(here: Command) -> set[str]:
    return set(_IMPORTED.findall(here.log))


def test_runner_does_without_what_the_bot_needs(here: Command) -> None:
    with here.running("runner"):
        here.wait_for_log("runner ready")

        found = imported(here)

    assert "runner.daemon" in found
    assert found.isdisjoint({"slack_bolt", "waitress", "bot.app", "bot.connection"})
