"""What people are told of further attempts, of their time running out, and of a script that was changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.jobs import AttemptRecord, Event, Job, Notification, Retries, State, Usage
from runner.messages import letter, slack_message, texts
from runner.messages.reports import Report, as_of
from runner.notifications.mail import compose
from runner.notifications.mail_settings import MailSettings

Reports = Callable[..., Report]
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = AttemptRecord(
    number=1,
    started_at=NOW,
    finished_at=NOW + MINUTE,
    state=State.FAILED,
    reason="no such file",
    exit_code=75,
    usage=Usage(peak_memory_bytes=5),
)


@pytest.fixture
def failed_once(report_factory: Reports) -> Report:
    """What is told of the first attempt when the second has ended already."""
    report = report_factory(
        state=State.SUCCEEDED, exit_code=0, attempt=2, retry_count=1, retries=Retries(times=2, delay=5 * MINUTE)
    )
    return replace(report, job=as_of(report.job, FIRST), log_tail="oh no\n")


@pytest.fixture
def near_its_limit(report_factory: Reports) -> Report:
    return report_factory(
        state=State.RUNNING,
        finished_at=None,
        expires_at=None,
        time_limit=60 * MINUTE,
        more_time=30 * MINUTE,
        grantable=120 * MINUTE,
    )


def spoken(event: Event, report: Report) -> str:
    return slack_message.text(event, report)


def mailed(event: Event, report: Report) -> str:
    return letter.plain(letter.write(event, report))


def drawn(event: Event, report: Report) -> str:
    return str([block.to_dict() for block in slack_message.blocks(event, report)])


def test_job_as_of_an_attempt_is_as_it_was_when_that_had_failed(failed_once: Report) -> None:
    job = failed_once.job

    assert (job.state, job.attempt, job.exit_code, job.reason) == (State.FAILED, 1, 75, "no such file")
    assert (job.started_at, job.finished_at, job.not_before) == (NOW, NOW + MINUTE, NOW + 6 * MINUTE)
    assert (job.peak_memory_bytes, job.expires_at) == (5, None)


def test_retry_is_told_with_what_went_wrong_and_when_it_goes_on(failed_once: Report) -> None:
    sentence = "Attempt 1 of 3 at “Word count” failed with exit code 75: no such file. Another follows."

    assert texts.headline(Event.RETRIED, failed_once.job, length=50) == "Job 12 is tried again: Word count"
    assert texts.sentence(Event.RETRIED, failed_once.job) == sentence
    for told in (spoken, mailed, drawn):
        words = told(Event.RETRIED, failed_once)
        assert "Attempt 1 of 3 at “Word count” failed with exit code 75" in words
        assert "oh no" in words
        assert "scp" not in words
    assert "The next attempt starts after 2026-03-04 10:06 UTC." in spoken(Event.RETRIED, failed_once)
    assert "Next attempt  2026-03-04 10:06 UTC" in mailed(Event.RETRIED, failed_once)


def test_warning_names_the_limit_and_what_may_be_added(near_its_limit: Report) -> None:
    sentence = (
        "“Word count” has used most of its time and will be stopped at its limit of 1 h 30 min. "
        "It can be given up to 1 h 30 min more: see /jobs 12."
    )

    assert texts.headline(Event.WARNED, near_its_limit.job, length=50) == "Job 12 is near its time limit: Word count"
    assert texts.sentence(Event.WARNED, near_its_limit.job) == sentence
    for told in (spoken, mailed, drawn):
        assert "will be stopped at its limit of 1 h 30 min" in told(Event.WARNED, near_its_limit)
    assert "It will be stopped on 2026-03-04 11:30 UTC." in spoken(Event.WARNED, near_its_limit)
    assert "Time limit  2026-03-04 11:30 UTC" in mailed(Event.WARNED, near_its_limit)


def test_warning_that_comes_when_all_is_over_offers_no_cancel(near_its_limit: Report) -> None:
    late = replace(near_its_limit, job=replace(near_its_limit.job, state=State.TIMED_OUT, finished_at=NOW))

    assert "job.cancel" in drawn(Event.WARNED, near_its_limit)
    assert "job.cancel" not in drawn(Event.WARNED, late)


def test_nothing_is_promised_where_no_more_time_can_be_given(near_its_limit: Report) -> None:
    job = replace(near_its_limit.job, more_time=near_its_limit.job.grantable)

    assert "more" not in texts.sentence(Event.WARNED, job).removeprefix("“Word count” has used most")


@pytest.mark.parametrize("event", [Event.STARTED, Event.ENDED])
def test_changed_script_is_told_at_start_and_end(report_factory: Reports, event: Event) -> None:
    words = "Its script was changed after the job was requested; the values still fit."
    changed, same = report_factory(script_changed=True), report_factory()

    for told in (spoken, mailed, drawn):
        assert words in told(event, changed)
        assert words not in told(event, same)


def test_end_says_how_many_attempts_there_were(report_factory: Reports) -> None:
    job = report_factory(state=State.FAILED, exit_code=75, attempt=3, retry_count=2).job

    assert texts.sentence(Event.ENDED, job) == "“Word count” failed with exit code 75. It took 3 attempts."
    assert texts.took(job) == "The last took 3 min 4 s."


def test_end_of_a_job_that_waited_for_another_attempt_says_so(report_factory: Reports) -> None:
    job: Job = report_factory(state=State.CANCELLED, attempt=1, retry_count=1, started_at=None).job

    assert texts.took(job) == "No other attempt was started."


@pytest.mark.parametrize("event", list(Event))
def test_every_event_makes_a_mail(
    report_factory: Reports, notification_factory: Callable[..., Notification], event: Event
) -> None:
    report: Any = report_factory(title="x\r\nBcc: eve@example.org <!channel>")

    mail = compose(notification_factory(event=event), report, MailSettings())

    assert mail["Subject"].startswith("[ScriptRunner] Job 12 ")
    assert mail["Bcc"] is None
