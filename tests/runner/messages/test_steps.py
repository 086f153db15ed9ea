"""The steps of a job as people see them, at work and at the end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.workspace.blockkit import check
from runner.jobs import Event, Job, Progress, State, Step, StepStatus
from runner.messages import job_message, letter, progress, slack_message, steps
from runner.messages.reports import Report
from tests.support.slack.drawn import as_json

JobFactory = Callable[..., Job]
WORK = (
    Step(title="Read", status=StepStatus.DONE, details="3 files"),
    Step(title="Count <!channel>"),
    Step(title="Write", status=StepStatus.PENDING),
)


@pytest.fixture
def job(job_factory: JobFactory) -> Job:
    return replace(job_factory(State.RUNNING), progress=Progress(percent=40, steps=WORK))


def plan(job: Job) -> Any:
    sent = [as_json(block) for block in job_message.blocks(Report(job=job))]
    assert check.check_blocks(sent, surface="message", pointer="/blocks") == []
    (found,) = [each for each in sent if each["type"] == "plan"]
    return found


def test_message_of_a_job_shows_them_as_a_plan(job: Job) -> None:
    found = plan(job)

    assert found["title"] == "Steps: 1 of 3 done"
    assert [(task["title"], task["status"]) for task in found["tasks"]] == [
        ("Read", "complete"),
        ("Count <!channel>", "in_progress"),
        ("Write", "pending"),
    ]
    assert "3 files" in str(found["tasks"][0]["details"])


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.SUCCEEDED, "complete"),
        (State.FAILED, "error"),
        (State.CANCELLED, "error"),
        (State.TIMED_OUT, "error"),
        (State.LOST, "error"),
    ],
)
def test_no_step_runs_on_when_its_job_does_not(job: Job, state: State, status: str) -> None:
    assert [task["status"] for task in plan(replace(job, state=state))["tasks"]] == ["complete", status, "pending"]


def test_script_that_says_nothing_of_steps_has_no_plan(job: Job) -> None:
    for said in (None, Progress(percent=3)):
        assert list(steps.plan(replace(job, progress=said))) == []
        assert list(steps.listed(replace(job, progress=said))) == []


def test_step_at_hand_stands_in_the_line_of_progress(job: Job) -> None:
    assert progress.words(job) == "40 % · Count <!channel> (2 of 3)"
    unannounced = replace(job, progress=Progress(steps=WORK[:2]))
    assert progress.words(unannounced) == "Count <!channel> (step 2)"


def test_message_of_a_job_is_heard_with_what_its_script_says(job: Job) -> None:
    said = Progress(percent=40, status="on *its* way", steps=WORK, table={"words": "51"})

    heard = slack_message.text(Event.STARTED, Report(job=replace(job, progress=said)))
    cancelled = replace(job, cancel_requested_at=job.requested_at)

    assert "40 % · Count &lt;!channel&gt; (2 of 3) · on *its* way." in heard
    assert "words: 51" in heard
    assert "It is being cancelled." in slack_message.text(Event.STARTED, Report(job=cancelled))
    assert "40 %" not in slack_message.text(Event.WARNED, Report(job=job))


def test_messages_about_a_failure_say_at_which_step_it_was(job: Job) -> None:
    failed = Report(job=replace(job, state=State.FAILED, exit_code=3))

    told = "It was at the step Count <!channel> (2 of 3)."
    assert told in letter.plain(letter.write(Event.ENDED, failed))
    assert "Count &lt;!channel&gt; (2 of 3)." in slack_message.text(Event.ENDED, failed)
    assert told not in letter.plain(letter.write(Event.ENDED, Report(job=replace(job, state=State.SUCCEEDED))))


def test_largest_plan_is_one_that_slack_takes(job: Job) -> None:
    many = tuple(Step(title="&" * 100, details="<" * 200) for _ in range(30))

    assert len(plan(replace(job, progress=Progress(steps=many)))["tasks"]) == 30
