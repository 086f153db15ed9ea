"""People are reminded of files before they are deleted, once for each date, and keep them longer or delete them."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.errors import Refused, ScriptRunnerError
from runner.files import private
from runner.jobs import WEEK, Ending, Event, Job, Notification, State
from runner.messages import slack_message
from runner.messages.reports import Report
from tests.support.machine.settled import settle_messages

Make = Callable[..., Any]
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
KEEP = timedelta(days=7)


@dataclass
class Place:
    """A runner whose jobs have ended and were told of."""

    runner: Any
    clock: Any

    def job(self, *, result: str = "of days", **submitted: Any) -> Job:
        job: Job = self.runner.submit("work.sh", **submitted)
        jobs, results = self.runner.store.jobs, self.runner.assembly.results
        jobs.claim("here", executor="local", now=self.clock(), lease=KEEP)
        results.make(job.id, attempt=1)
        results.log(job.id).write_text("a log")
        if result:
            (results.folder(job.id) / "result").write_text(result)
        name = self.runner.assembly.reminders().runner
        jobs.lose_abandoned(name, reason="Gone.", now=self.clock() + 2 * KEEP, expires_at=self.clock() + KEEP)
        self.settle()
        return self.now(job)

    def settle(self) -> None:
        settle_messages(self.runner.store, now=self.clock())

    def now(self, job: Job) -> Job:
        found: Job = self.runner.job(job)
        return found

    def pass_days(self, days: float) -> None:
        self.clock.move(DAY * days)

    def remind(self) -> int:
        told: int = self.runner.assembly.reminders().remind()
        return told

    def reminders(self) -> list[Notification]:
        due = self.runner.store.outbox.due(now=self.clock(), channel="slack", limit=1000)
        return [each for each in due if each.event is Event.EXPIRING]

    def report(self, job: Job) -> Report:
        [reminder] = [each for each in self.reminders() if each.job_id == job.id]
        report: Report | None = self.runner.assembly.service()._reporter.message_report(reminder)  # noqa: SLF001
        assert report is not None
        return report

    def keep(self, job: Job, person: Any = None) -> Job:
        kept, _ = self.runner.service.retention.keep(person or self.runner.person, job.id, kept_longer=job.kept_longer)
        assert isinstance(kept, Job)
        return kept

    def delete(self, job: Job, person: Any = None) -> None:
        self.runner.service.retention.delete(person or self.runner.person, job.id)

    def clean(self) -> list[str]:
        removed: list[str] = self.runner.assembly.cleaner().clean()
        return removed

    def has_files(self, job: Job) -> bool:
        exists: bool = self.runner.assembly.results.exists(job.id)
        return exists


@pytest.fixture
def place_of(runner_factory: Make, clock: Any) -> Callable[..., Place]:
    def make(**settings: Any) -> Place:
        clock.moment = datetime.now(UTC)
        runner = runner_factory(access={"admins": ["root@example.org"]}, **settings)
        runner.put("work.sh", "#!/bin/sh\n##~~ input {required: false} - a file\n")
        return Place(runner, clock)

    return make


@pytest.fixture
def place(place_of: Callable[..., Place]) -> Place:
    return place_of()


def buttons(report: Report) -> list[tuple[str, str]]:
    blocks = [block.to_dict() for block in slack_message.blocks(Event.EXPIRING, report)]
    return [
        (each["text"]["text"], each["value"])
        for block in blocks
        for each in block.get("elements", ())
        if each.get("type") == "button"
    ]


def test_requester_is_reminded_once_a_day_before_files_are_deleted(place: Place) -> None:
    job = place.job()

    place.pass_days(5.9)
    assert place.remind() == 0
    place.pass_days(0.2)
    assert [place.remind(), place.remind()] == [1, 0]

    [reminder] = place.reminders()
    assert (reminder.job_id, reminder.recipient) == (job.id, "U0ADA")
    report = place.report(job)
    assert slack_message.text(Event.EXPIRING, report).startswith(f"🗑️ Job {job.id} will be deleted soon: ")
    assert "result (7 B)" in slack_message.text(Event.EXPIRING, report)
    assert buttons(report) == [
        ("Keep a week longer", f"{job.id} 0"),
        ("Delete now", f"{job.id}"),
        ("Details", f"{job.id}"),
    ]


def test_nobody_is_reminded_where_a_log_is_all_there_is(place: Place) -> None:
    job = place.job(result="")
    place.pass_days(6.5)

    assert place.remind() == 0
    place.pass_days(0.5)
    assert place.clean() == [f"job {job.id} with its results"]


@pytest.mark.parametrize(("brought", "is_told"), [(DAY, True), (-DAY, False)])
def test_input_of_the_person_s_own_is_something_to_delete_where_it_goes_too(
    place: Place, brought: timedelta, *, is_told: bool
) -> None:
    path = place.runner.assembly.inbox.folder / "U0ADA" / "a.txt"
    private.make_private(path.parent)
    path.write_text("a")
    place.job(result="", values={"input": "~/a.txt"})
    moment = (place.clock() - brought).timestamp()
    os.utime(path, (moment, moment))
    place.pass_days(6.5)

    assert place.remind() == is_told


def test_ten_thousand_jobs_of_one_day_are_told_of_in_one_message(place: Place) -> None:
    first = [place.job() for _ in range(12)]
    place.pass_days(0.5)
    later = [place.job() for _ in range(3)]
    place.pass_days(5.6)

    assert place.remind() == 15
    place.pass_days(0.5)
    assert place.remind() == 0
    assert [each.job_id for each in place.reminders()] == [first[0].id]
    report = place.report(first[0])
    assert (report.expiring.count, len(report.expiring.jobs)) == (15, 10)
    assert len(slack_message.blocks(Event.EXPIRING, report)) <= 50
    text = slack_message.text(Event.EXPIRING, report)
    assert "The files of 15 jobs will be deleted soon" in text
    assert "and 5 more" in text
    assert place.now(later[0]).reminder == first[0].id


def test_what_is_told_of_too_late_is_kept_for_a_day_from_then_on(place: Place) -> None:
    job = place.job()
    place.pass_days(30)

    assert place.clean() == []
    assert place.now(job).expires_at == place.clock() + DAY
    place.pass_days(1)
    assert place.clean() == []  # for its message is owed
    place.settle()
    assert place.clean() == [f"job {job.id} with its results"]


def test_files_are_kept_a_week_longer_for_each_press_up_to_the_limit(place_of: Callable[..., Place]) -> None:
    place = place_of(retention={"longest_kept": "17d"})
    job = place.job()
    place.pass_days(6.5)
    place.remind()
    assert job.expires_at is not None

    kept = place.keep(place.now(job))
    assert (kept.kept_longer, kept.kept_by) == (WEEK, "Ada")
    again = place.keep(kept)

    assert again.kept_longer == 10 * DAY
    with pytest.raises(ScriptRunnerError, match="as long as may be already"):
        place.keep(again)
    place.pass_days(2)
    assert place.clean() == []
    place.pass_days(8.1)
    assert place.remind() == 1


def test_second_press_of_the_same_button_adds_nothing(place: Place) -> None:
    job = place.job()
    kept = place.keep(job)

    with pytest.raises(ScriptRunnerError, match=f"Job {job.id} is kept longer already, by Ada: nothing was added"):
        place.keep(job)

    assert place.now(job) == kept


def test_two_who_press_at_once_add_one_week(place: Place) -> None:
    job = place.job()
    outcomes: list[object] = []

    def press() -> None:
        try:
            outcomes.append(place.keep(job))
        except ScriptRunnerError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(each, Job) for each in outcomes) == 1
    assert place.now(job).kept_longer == WEEK


def test_job_past_its_time_is_not_kept(place: Place) -> None:
    job = place.job()
    place.pass_days(7)

    with pytest.raises(ScriptRunnerError, match=f"The time of job {job.id} is over"):
        place.keep(job)


def test_requester_and_administrators_keep_and_delete_and_nobody_else(place: Place, person_factory: Make) -> None:
    job = place.job()
    bob, root = person_factory("Bob"), person_factory("Root")

    for act in (place.keep, place.delete):
        with pytest.raises(Refused, match=f"There is no job {job.id} that you may see"):
            act(job, bob)
    assert place.keep(job, root).kept_by == "Root"
    place.delete(job, root)
    assert not place.has_files(job)


def test_results_that_take_what_their_requester_may_have_are_not_kept_longer(place_of: Callable[..., Place]) -> None:
    place = place_of(disk={"max_results_per_person": "2M"})
    job = place.job()
    place.runner.store.jobs.set_results_size(job.id, 3_000_000)

    with pytest.raises(ScriptRunnerError, match=r"Ada's results take 3\.0 MB of the 2\.0 MB"):
        place.keep(job)
    place.delete(job)
    assert place.runner.store.jobs.results_bytes("U0ADA") == 0


def test_deleted_files_are_gone_and_the_reminder_says_so(place: Place) -> None:
    job = place.job()
    place.pass_days(6.5)
    place.remind()
    place.settle()
    assert place.reminders() == []

    place.delete(job)

    report = place.report(job)
    assert buttons(report) == [("Details", f"{job.id}")]
    assert f"Job {job.id} has no files any more" in slack_message.text(Event.EXPIRING, report)
    assert not place.has_files(job)
    with pytest.raises(ScriptRunnerError, match=f"The files of job {job.id} are deleted already"):
        place.delete(job)
    with pytest.raises(ScriptRunnerError, match=f"The files of job {job.id} are deleted already"):
        place.keep(job)


def test_reminder_of_a_job_that_is_kept_says_until_when(place: Place) -> None:
    first, second = place.job(), place.job()
    place.pass_days(6.5)
    place.remind()
    place.settle()

    place.keep(place.now(second))

    report = place.report(first)
    assert [value for words, value in buttons(report) if words != "Details"] == [f"{first.id} 0", f"{first.id}"]
    assert f"Job {second.id} · Work · is kept longer. They are kept until" in slack_message.text(Event.EXPIRING, report)


def test_files_are_deleted_though_messages_and_files_are_still_owed(place: Place) -> None:
    job: Job = place.runner.submit("work.sh")
    with pytest.raises(ScriptRunnerError, match=f"Job {job.id} has not ended"):
        place.delete(job)
    place.runner.store.jobs.claim("here", executor="local", now=place.clock(), lease=KEEP)
    place.runner.store.jobs.finish(
        job.id,
        Ending(state=State.SUCCEEDED),
        runner="here",
        now=place.clock(),
        expires_at=place.clock() + KEEP,
    )

    place.delete(job)

    assert place.now(job).deleted_at == place.clock()


def test_inputs_that_no_other_job_used_are_deleted_with_the_results(place: Place) -> None:
    folder = place.runner.assembly.inbox.folder
    private.make_private(folder / "U0ADA")
    paths = [folder / "U0ADA" / name for name in ("own.txt", "both.txt")] + [folder / "shared.txt"]
    for path in paths:
        path.write_text("a")
    own, both = place.job(values={"input": "~/own.txt"}), place.job(values={"input": "~/both.txt"})
    shared = place.job(values={"input": "shared.txt"})
    place.job(values={"input": "~/both.txt"})

    for job in (own, both, shared):
        place.delete(job)

    assert [path.exists() for path in paths] == [False, True, True]


def test_inputs_of_a_job_that_is_kept_longer_stay_with_it(place: Place) -> None:
    path = place.runner.assembly.inbox.folder / "U0ADA" / "own.txt"
    private.make_private(path.parent)
    path.write_text("a")
    job = place.job(values={"input": "~/own.txt"})
    place.keep(job)
    place.pass_days(8)

    place.clean()
    assert path.exists()
    place.delete(job)
    assert not path.exists()


def test_cleanup_ends_what_somebody_who_was_killed_began_to_delete(place: Place) -> None:
    job = place.job()
    place.runner.store.expiry.begin_deletion(job.id, now=place.clock())

    with pytest.raises(ScriptRunnerError, match="are deleted already"):
        place.keep(job)
    assert place.clean() == [f"what was left of the deleted files of job {job.id}"]
    assert place.clean() == []
    assert not place.has_files(job)
    assert place.now(job).results_bytes == 0


def test_cleanup_and_a_press_at_the_same_moment_leave_no_kept_job_without_files(place: Place) -> None:
    job = place.job()
    place.pass_days(6.5)
    place.remind()
    place.settle()
    place.pass_days(1)
    threads = [threading.Thread(target=place.clean)]
    threads[0].start()
    try:
        place.keep(place.runner.store.jobs.get(job.id) or job)
    except ScriptRunnerError:
        is_kept = False
    else:
        is_kept = True
    threads[0].join()

    assert not is_kept
    assert place.runner.store.jobs.get(job.id) is None


def test_clock_that_is_set_changes_neither_what_time_is_left_nor_what_a_button_does(place: Place) -> None:
    job = place.job()
    steady = place.runner.store.steady_clock(place.clock, uptime=lambda: 1000.0, boot="one")
    steady.follow()

    place.pass_days(365)
    steady.follow()

    assert place.remind() == 0
    assert job.expires_at is not None
    assert place.keep(job).expires_at == job.expires_at + 365 * DAY + WEEK
