"""What a message tells: its job as it was when the message was owed, whenever it is sent."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.files import Results, SharingSettings, list_results
from runner.jobs import Ending, Event, Job, Notification, Retries, Retrieval, State
from runner.messages import texts
from runner.messages.outlook import Outlook
from runner.messages.reports import Expiring, Reporter
from runner.store import Store

JobFactory = Callable[..., Job]
RETRIEVAL = Retrieval(command="scp", password="open sesame")


@pytest.fixture
def reporter(store: Store, tmp_path: Path) -> Reporter:
    results = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    return Reporter(
        jobs=store.jobs,
        results=results,
        retrieve=lambda *_: RETRIEVAL,
        foresee=lambda _: Outlook(place=3),
        expiring=lambda _: Expiring(),
        for_watchers=lambda report: replace(report, retrieval=None),
        unreached=lambda _: [("#assembly", "archived")],
        clock=lambda: datetime(2026, 3, 4, 10, tzinfo=UTC),
        sharing=SharingSettings(),
        unsent=store.files.unsent,
    )


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


def test_tens_of_thousands_of_results_are_counted_to_the_last_with_their_log_or_without(
    reporter: Reporter, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.SUCCEEDED)
    wrote(reporter, job)
    for number in range(20_000):
        os.close(os.open(reporter.results.folder(job.id) / str(number), os.O_CREAT, 0o600))
    reporter.results.publish_log(job.id)

    report = reporter.message_report(message(job, Event.ENDED, clock()))

    assert report is not None
    assert (texts.result_count(report), report.are_more) == ("20,001", False)
    assert texts.results(report)[-1] == f"and {20_001 - texts.RESULTS_SHOWN:,} more"


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


WORDS_OF_MISSING = {
    State.SUCCEEDED: "Missing, though the script was to write them: b.csv, c",
    State.CANCELLED: "Not written when it was cancelled: b.csv, c",
    State.FAILED: "Not written: b.csv, c",
    State.TIMED_OUT: "Not written: b.csv, c",
    State.LOST: "Not written: b.csv, c",
}


@pytest.mark.parametrize("state", WORDS_OF_MISSING)
def test_outputs_that_were_not_written_are_said_to_be_missing_once_the_job_has_ended(
    reporter: Reporter, job_factory: JobFactory, state: State
) -> None:
    job = job_factory(state, outputs=("a.csv", "folder", "empty", "b.csv", "c", "b.csv"))
    reporter.results.make(job.id, attempt=1)
    folder = reporter.results.folder(job.id)
    (folder / "folder").mkdir()
    (folder / "a.csv").write_text("a")
    (folder / "empty").touch()

    assert texts.missing(reporter.report(job)) == WORDS_OF_MISSING[state]
    assert reporter.report(replace(job, state=State.RUNNING)).missing == ()


def test_nothing_is_said_to_be_missing_where_all_was_written_or_nothing_can_be(
    reporter: Reporter, job_factory: JobFactory
) -> None:
    never_began = job_factory(State.CANCELLED, outputs=("a.csv",))
    written = job_factory(State.SUCCEEDED, outputs=("words.txt",))
    wrote(reporter, written)

    assert texts.missing(reporter.report(never_began)) == ""
    assert texts.missing(reporter.report(written)) == ""


def test_of_many_missing_outputs_the_first_are_named_and_the_rest_is_counted(
    reporter: Reporter, job_factory: JobFactory
) -> None:
    job = job_factory(State.FAILED, outputs=tuple("abcdefgh"))
    reporter.results.make(job.id, attempt=1)

    assert texts.missing(reporter.report(job)) == "Not written: a, b, c, d, e, and 3 more"


def test_results_are_told_with_the_beginning_of_their_checksums_once_these_are_known(
    reporter: Reporter, job_factory: JobFactory
) -> None:
    job = job_factory(State.SUCCEEDED)
    wrote(reporter, job)
    before = reporter.report(job)

    for _ in list_results(reporter.results, job.id):
        pass

    known = reporter.report(job)
    assert texts.results(before, with_checksums=True) == ["words.txt (1 B)"]
    assert texts.checking(before) == "Checksums (SHA-256) of the results are not made yet."
    assert texts.results(known, with_checksums=True) == ["words.txt (1 B, SHA-256 ca978112ca1b…)"]
    assert texts.results(known) == ["words.txt (1 B)"]
    assert texts.checking(known) == "To check what you fetched, in its folder: sha256sum -c SHA256SUMS"
    assert texts.result_count(known) == "1"


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


@pytest.mark.parametrize(("show", "shown"), [("stdout", "done"), ("words.txt", "a"), ("gone.txt", ""), (None, "")])
def test_message_about_an_end_shows_what_its_script_wants_shown(
    reporter: Reporter, job_factory: JobFactory, clock: Any, show: str | None, shown: str
) -> None:
    job = job_factory(State.SUCCEEDED, show=show)
    wrote(reporter, job)

    report = reporter.message_report(message(job, Event.ENDED, clock()))

    assert report is not None
    assert texts.shown(report) == shown


def test_message_about_an_end_has_the_first_small_table_that_is_sent(
    reporter: Reporter, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.SUCCEEDED, share=("*.csv",))
    wrote(reporter, job)
    (reporter.results.folder(job.id) / "a.tsv").write_text("x\ty\n1\t2\n")
    (reporter.results.folder(job.id) / "b.csv").write_text("x,y\n1,2\n")

    report = reporter.message_report(message(job, Event.ENDED, clock()))

    assert report is not None
    assert report.table is not None
    assert (report.table.name, report.table.rows) == ("b.csv", [["x", "y"], ["1", "2"]])
    assert [file.name for file in report.sharing.sent] == ["b.csv"]
    assert report.sharing.kept_back == dict.fromkeys(["a.tsv", "words.txt"], "its script does not share it")
