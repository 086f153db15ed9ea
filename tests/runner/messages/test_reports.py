"""What a message tells: its job as it was when the message was owed, whenever it is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.files import Results
from runner.jobs import Ending, Event, Job, Notification, Retries, Retrieval, State
from runner.messages import texts
from runner.messages.reports import Reporter
from runner.store import Store

JobFactory = Callable[..., Job]
RETRIEVAL = Retrieval(command="scp", password="open sesame")


@pytest.fixture
def reporter(store: Store, tmp_path: Path) -> Reporter:
    results = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    return Reporter(jobs=store.jobs, results=results, retrieve=lambda *_: RETRIEVAL)


def message(job: Job, event: Event, at: datetime) -> Notification:
    return Notification(
        id=1, job_id=job.id, event=event, channel="email", recipient="a@example.org", attempts=0, created_at=at
    )


def wrote(reporter: Reporter, job: Job) -> None:
    reporter.results.make(job.id, attempt=1)
    (reporter.results.folder(job.id) / "words.txt").write_text("a")
    reporter.results.log(job.id).write_text("done\n")


@pytest.mark.parametrize("event", [Event.STARTED, Event.WARNED])
def test_message_about_a_running_job_tells_nothing_of_results(
    reporter: Reporter, job_factory: JobFactory, clock: Any, event: Event
) -> None:
    job = job_factory(State.RUNNING)
    wrote(reporter, job)

    report = reporter.message_report(message(job, event, clock()))

    assert report is not None
    assert (report.job, report.result_count, report.log_tail, report.retrieval) == (job, 0, "", None)


def test_message_about_an_end_tells_results_log_and_how_to_fetch_them(
    reporter: Reporter, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.SUCCEEDED)
    wrote(reporter, job)

    report = reporter.message_report(message(job, Event.ENDED, clock()))

    assert report is not None
    assert [file.name for file in report.results] == ["words.txt"]
    assert (report.log_tail, report.retrieval) == ("done", RETRIEVAL)


@pytest.mark.parametrize(
    ("state", "kept", "said"),
    [
        (State.SUCCEEDED, ("words.txt", "done"), "to fetch the results:"),
        (State.SUCCEEDED, ("", "done"), None),
        (State.SUCCEEDED, ("", ""), None),
        (State.FAILED, ("words.txt", "boom"), "to fetch the log and what it had written:"),
        (State.FAILED, ("", "boom"), "to fetch the log:"),
        (State.TIMED_OUT, ("words.txt", ""), "to fetch the log and what it had written:"),
        (State.CANCELLED, ("", ""), None),
    ],
)
def test_command_is_told_where_there_is_something_to_fetch(
    reporter: Reporter, job_factory: JobFactory, state: State, kept: tuple[str, str], said: str | None
) -> None:
    job, (written, log) = job_factory(state), kept
    reporter.results.make(job.id, attempt=1)
    reporter.results.log(job.id).write_text(log)
    if written:
        (reporter.results.folder(job.id) / written).write_text("a")

    report = reporter.report(job)

    assert report.is_kept
    assert (report.retrieval is not None) == (said is not None)
    assert said is None or texts.fetching(report).endswith(said)


def test_message_about_a_retry_tells_the_attempt_that_failed_though_the_job_went_on(
    reporter: Reporter, store: Store, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.RUNNING, retries=Retries(times=2, delay=timedelta(minutes=5)))
    failed_at = clock()
    failed = Ending(state=State.FAILED, exit_code=75, reason="no such file")
    store.jobs.finish(job.id, failed, runner="here", now=failed_at, expires_at=failed_at)
    clock.move(timedelta(minutes=10))
    assert store.jobs.claim("here", executor="local", now=clock(), lease=timedelta(minutes=1))
    wrote(reporter, job)

    report = reporter.message_report(message(job, Event.RETRIED, failed_at))

    assert report is not None
    assert (report.job.state, report.job.attempt, report.job.exit_code) == (State.FAILED, 1, 75)
    assert report.job.not_before == failed_at + timedelta(minutes=5)
    assert report.log_tail == "done"


def test_there_is_nothing_to_tell_of_a_job_that_is_gone(
    reporter: Reporter, store: Store, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.SUCCEEDED)
    store.jobs.remove(job.id)

    assert reporter.message_report(message(job, Event.ENDED, clock())) is None
