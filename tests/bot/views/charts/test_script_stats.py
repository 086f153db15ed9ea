"""How a script ran, in words: none, one, many runs, and texts of any kind."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.views.charts import script_stats
from runner.jobs import Job, Requester, State
from runner.messages.reader import Reader
from runner.service import ScriptHistory

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
READER = Reader(now=NOW, zone=UTC)
ADA = Requester(user_id="U0ADA", team_id="T1", email="ada@example.org", name="Ada")


class Titled:
    """A script as far as it is named here."""

    def __init__(self, title: str) -> None:
        self.title = title


def run(minutes: int, state: State = State.SUCCEEDED, **more: Any) -> Job:
    requested_at = NOW - timedelta(days=1)
    started_at = requested_at + timedelta(seconds=30)
    usual: dict[str, Any] = {
        "id": minutes,
        "script": "a.sh",
        "title": "A",
        "values": {},
        "requester": ADA,
        "state": state,
        "requested_at": requested_at,
        "started_at": started_at,
        "finished_at": started_at + timedelta(minutes=minutes),
        "peak_memory_bytes": minutes * 1_000_000,
    }
    return Job(**(usual | more))


def history(*runs: Job, title: str = "Word count", are_more: bool = False) -> ScriptHistory:
    return ScriptHistory(script=Titled(title), runs=runs, are_more=are_more)  # type: ignore[arg-type]


def test_script_without_a_run_says_so() -> None:
    assert script_stats.lines(history(), READER) == ["No job of Word count that you may see has ended yet."]


def test_one_run_is_told_without_a_spread() -> None:
    assert script_stats.lines(history(run(3)), READER) == [
        "Word count: 1 run since 3 Mar 10:00.",
        "Ended: 1 succeeded.",
        "Took 3 min.",
        "Waited 30 s.",
        "Memory at its peak: 3.0 MB in the middle, 3.0 MB at most.",
    ]


def test_many_runs_are_told_by_the_middle_nine_of_ten_and_the_most() -> None:
    runs = [*(run(minutes) for minutes in range(1, 11)), run(60, State.FAILED)]

    lines = script_stats.lines(history(*runs, are_more=True), READER)

    assert lines[0].startswith("Word count: the last 11 runs since ")
    assert lines[1:3] == [
        "Ended: 10 succeeded, 1 failed.",
        "Took 6 min in the middle, 10 min or less in nine of ten runs, 1 h at the longest.",
    ]


def test_job_that_never_started_counts_by_its_waiting_alone() -> None:
    never = run(5, State.CANCELLED, started_at=None, peak_memory_bytes=None)

    lines = script_stats.lines(history(never), READER)

    assert lines[1:] == ["Ended: 1 cancelled.", "Waited 5 min 30 s."]
    assert json.loads(script_stats.drawn(history(never), "UTC"))["runs"][0][1:] == [330.0, None, "cancelled", None]


@pytest.mark.parametrize("title", ["<!channel> $x^2$", "x" * 3000, "\u202egnp\x1b[31m", "日本"])
def test_what_is_said_is_short_and_honest_whatever_the_script_is_called(title: str) -> None:
    found = history(run(3), title=title)

    assert len(script_stats.alt_text(found, READER)) <= 1000
    assert len(script_stats.title(found)) < 100
    assert "\x1b" not in script_stats.title(found)
