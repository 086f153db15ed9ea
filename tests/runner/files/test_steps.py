"""Steps as scripts say them in their logs: how they follow each other, and that nothing about them grows."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner.files import Follower, is_report
from runner.files.steps import MOST_DETAILS, MOST_STEPS, MOST_TITLE
from runner.jobs import Progress, Step, StepStatus

PENDING, RUNNING, DONE, FAILED = StepStatus


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job-12.log"


def line(**fields: Any) -> str:
    return json.dumps({"scriptrunner": 1} | fields) + "\n"


def heard(log: Path, *written: str) -> list[tuple[str, StepStatus, str]]:
    log.write_text("".join(written))
    found = Follower(log).read() or Progress()
    return [(step.title, step.status, step.details) for step in found.steps]


def test_a_title_begins_a_step_and_ends_the_one_before(log: Path) -> None:
    assert heard(log, line(step="Read"), line(step="Count")) == [("Read", DONE, ""), ("Count", RUNNING, "")]


def test_announced_steps_wait_until_they_begin(log: Path) -> None:
    announced = line(steps=["Read", {"title": "Count", "details": "words"}, {"title": "Write", "status": "done"}])

    assert heard(log, announced, line(step="Count")) == [
        ("Read", PENDING, ""),
        ("Count", RUNNING, "words"),
        ("Write", DONE, ""),
    ]


def test_an_object_changes_its_step_and_no_other(log: Path) -> None:
    begun = line(step="Read"), line(step={"title": "Count"})

    assert heard(log, *begun, line(step={"title": "Read", "status": "failed", "details": "no file"})) == [
        ("Read", FAILED, "no file"),
        ("Count", RUNNING, ""),
    ]


def test_null_ends_the_step_at_hand_or_takes_all_back(log: Path) -> None:
    assert heard(log, line(step="Read"), line(step=None)) == [("Read", DONE, "")]
    assert heard(log, line(step="Read"), line(steps=None)) == []


def test_a_step_that_is_begun_again_stands_there_twice(log: Path) -> None:
    found = heard(log, line(step="Try"), line(step="Wait"), line(step="Try"))

    assert found == [("Try", DONE, ""), ("Wait", DONE, ""), ("Try", RUNNING, "")]


def test_steps_and_what_else_is_said_go_together(log: Path) -> None:
    log.write_text("45%\n" + line(status="reading", steps=["Read"], step="Read"))

    assert Follower(log).read() == Progress(percent=45, status="reading", steps=(Step(title="Read"),))
    assert is_report(line(step="Read").encode().rstrip())


@pytest.mark.parametrize(
    "fields",
    [
        {"step": ""},
        {"step": " "},
        {"step": 1},
        {"step": True},
        {"step": ["Read"]},
        {"step": {}},
        {"step": {"title": 1}},
        {"step": {"title": "x", "status": "in_progress"}},
        {"step": {"title": "x", "status": None}},
        {"step": {"title": "x", "status": ["done"]}},
        {"step": {"title": "x", "details": 1}},
        {"steps": "Read"},
        {"steps": {"title": "Read"}},
        {"steps": ["Read", None]},
        {"steps": [["Read"]]},
        {"steps": ["Read"], "step": 1},
        {"steps": ["Read"], "status": 1},
    ],
)
def test_line_with_a_wrong_step_is_only_log(log: Path, fields: dict[str, Any]) -> None:
    assert heard(log, line(**fields)) == []


def test_only_the_last_of_too_many_are_kept_and_texts_are_bounded(log: Path) -> None:
    found = heard(log, *(line(step=f"Part {number}") for number in range(200)))
    assert [title for title, _, _ in found] == [f"Part {number}" for number in range(200 - MOST_STEPS, 200)]

    (step,) = heard(log, line(step={"title": "t\u202e\n" + "é" * 999, "details": "\x1b" * 999}))
    assert (len(step[0]), len(step[2])) == (MOST_TITLE, MOST_DETAILS)
    assert step[0].startswith("t\\u202e\\né")
    assert len(heard(log, line(steps=["x"] * 2_000))) == MOST_STEPS
