"""`scriptrunner queue` in a terminal."""

from pathlib import Path

import pytest

from bot.app.config import BotConfig
from runner.app.bootstrap import Assembly
from runner.app.config import load
from runner.jobs import Requester, State
from runner.store import NewJob
from runner.system.clock import system_clock
from tests.support.machine.command import Command

PEOPLE = {
    name: Requester(user_id=f"U0{name.upper()}", team_id="T1", email=f"{name}@example.org", name=name)
    for name in ("ada", "bob")
}


@pytest.fixture
def here(tmp_path: Path) -> Command:
    """Three jobs of one person wait, and one of another."""
    command = Command(tmp_path)
    command.write()
    assembly = Assembly(load(command.config, BotConfig), clock=system_clock)
    for number, name in enumerate(("ada", "ada", "ada", "bob")):
        new = NewJob(
            submission=f"s{number}",
            script="wc\x1b[2J.sh",
            title="A",
            values={"word": "canary-value"},
            inputs=(),
            requester=PEOPLE[name],
        )
        assembly.store.jobs.submit(new, now=system_clock())
    assembly.close()
    return command


def queue(here: Command, *words: str) -> list[str]:
    done = here.run("queue", *words, "--config", str(here.config))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return done.stdout.splitlines()


def order(here: Command) -> list[tuple[str, str]]:
    """The places and numbers in the table."""
    lines = [line.split() for line in queue(here)]
    return [(line[0], line[1]) for line in lines if "@example.org" in " ".join(line)]


def test_queue_is_shown_in_the_order_in_which_it_goes_on(here: Command) -> None:
    lines = queue(here)

    assert lines[0] == "0 running, 4 waiting"
    assert lines[1].split() == ["PLACE", "JOB", "SCRIPT", "REQUESTER", "STARTS", "IN", "ENDS", "IN", "NOTE"]
    assert order(here) == [("1", "1"), ("2", "4"), ("3", "2"), ("4", "3")]
    assert lines[2].split()[4] == "now"
    assert "canary" not in "\n".join(lines)
    assert "\x1b" not in "\n".join(lines)
    assert queue(here, "status")[0] == lines[0]


def test_pause_is_shown_with_its_reason_until_the_queue_is_resumed(here: Command) -> None:
    assert queue(here, "pause", "the", "disk", "is", "changed") == ["the queue is paused; what runs goes on"]

    assert ": the disk is changed" in queue(here)[1]
    assert queue(here)[1].startswith("paused by ")
    assert "now" not in "\n".join(queue(here))
    assert queue(here, "resume") == ["jobs start again"]
    assert "paused" not in "\n".join(queue(here))


def test_jobs_are_held_released_and_moved(here: Command) -> None:
    assert queue(here, "hold", "1") == ["job 1 is held"]
    assert order(here) == [("1", "2"), ("2", "4"), ("3", "3"), ("1", "wc\\x1b[2J.sh")]
    assert "held by " in queue(here)[-1]

    assert queue(here, "release", "1") == ["job 1 may start"]
    assert queue(here, "front", "4") == ["job 4 starts before all others"]
    assert queue(here, "front", "3", "--own") == ["job 3 starts before the others of its requester"]

    assert order(here) == [("1", "4"), ("2", "3"), ("3", "1"), ("4", "2")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hold", "99"), "scriptrunner: There is no job 99 that you may see."),
        (("release", "1"), "scriptrunner: Job 1 is not held."),
        (("resume",), "scriptrunner: The queue is not paused."),
        (("pause", "two\nlines"), "scriptrunner: The reason for the pause must be one line of text"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(here: Command, words: tuple[str, ...], told: str) -> None:
    done = here.run("queue", *words, "--config", str(here.config))

    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("dance",), ("hold",), ("hold", "x"), ("pause",), ("front", "1", "--all")])
def test_mistake_in_the_call_is_told_with_exit_code_2(here: Command, words: tuple[str, ...]) -> None:
    done = here.run("queue", *words, "--config", str(here.config))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_what_is_done_holds_for_the_service(here: Command) -> None:
    queue(here, "hold", "1")
    assembly = Assembly(load(here.config, BotConfig), clock=system_clock)

    held = assembly.store.jobs.get(1)

    assert held is not None
    assert (held.state, held.held_by is not None) == (State.QUEUED, True)
    assembly.close()
