"""The store: every change of a job is one conditional statement, and nothing that was promised is lost."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.errors import StoreError
from runner.jobs import TRANSITIONS, Ending, Event, Job, JobFilter, Requester, Retries, State
from runner.scheduling import Limits
from runner.store import NewJob, Store
from runner.store.engine import Database

MakeJob = Callable[..., Job]
Clock = Any
LEASE = timedelta(minutes=1)
KEEP = timedelta(days=7)
DELAY = timedelta(minutes=5)
FINAL = [state for state in State if state.is_final]
PAIRS = [(old, new) for old in State for new in State]
ALLOWED = [(old, new) for old, new in PAIRS if new in TRANSITIONS[old]]
FORBIDDEN = [(old, new) for old, new in PAIRS if new not in TRANSITIONS[old]]


def asking(new: State) -> dict[str, object]:
    """What a job asks for that is to go to that state: another attempt, or more than it may have."""
    if new is State.QUEUED:
        return {"retries": Retries(times=1, delay=DELAY)}
    return {"cpus": 2} if new is State.FAILED else {}


def move(store: Store, job: Job, new: State, now: datetime) -> Job | None:
    """Try to bring the job there, by the way that leads there."""
    match job.state, new:
        case _, State.RUNNING:
            return next(iter(store.jobs.claim("here", executor="local", now=now, lease=LEASE)), None)
        case State.QUEUED, State.CANCELLED:
            return store.jobs.cancel_queued(job.id, by="Ada", reason="so", now=now, expires_at=now + KEEP)
        case State.QUEUED, State.FAILED:
            return next(iter(store.jobs.refuse_excess(Limits(cpus=1), now=now, expires_at=now + KEEP)), None)
        case _:
            ending = Ending(state=State.FAILED if new is State.QUEUED else new, reason="so")
            return store.jobs.finish(job.id, ending, runner="here", now=now, expires_at=now + KEEP)


def owed(store: Store, now: datetime) -> list[tuple[int, Event, str]]:
    """All messages that are owed, as far as each may be sent before the next."""
    found: list[tuple[int, Event, str]] = []
    for channel in ("slack", "email"):
        while due := store.outbox.due(now=now, channel=channel, limit=100):
            found.extend((each.job_id, each.event, channel) for each in due)
            for each in due:
                store.outbox.mark_delivered(each.id, now=now)
    return found


def get(store: Store, job: Job) -> Job:
    found = store.jobs.get(job.id)
    assert found is not None
    return found


@pytest.mark.parametrize(("old", "new"), ALLOWED)
def test_allowed_change_happens(store: Store, job_factory: MakeJob, clock: Clock, old: State, new: State) -> None:
    job = job_factory(old, **asking(new))

    changed = move(store, job, new, clock())

    assert changed == get(store, job)
    assert changed.state is new


@pytest.mark.parametrize(("old", "new"), FORBIDDEN)
def test_forbidden_change_changes_nothing(
    store: Store, job_factory: MakeJob, clock: Clock, old: State, new: State
) -> None:
    job = job_factory(old, **asking(new))
    owed(store, clock())
    if old is State.QUEUED:
        other = job_factory()
        assert other.state is State.QUEUED

    changed = move(store, job, new, clock() + LEASE)

    assert changed is None
    assert get(store, job) == job
    assert owed(store, clock() + LEASE) == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED])
def test_only_a_queued_job_is_cancelled_at_once(store: Store, job_factory: MakeJob, clock: Clock, state: State) -> None:
    job = job_factory(state)

    assert store.jobs.cancel_queued(job.id, by="Eve", reason="so", now=clock(), expires_at=clock()) is None
    assert get(store, job) == job


@pytest.mark.parametrize("state", [state for state in State if state is not State.RUNNING])
def test_only_a_running_job_is_asked_to_stop(store: Store, job_factory: MakeJob, clock: Clock, state: State) -> None:
    job = job_factory(state)

    assert store.jobs.request_cancel(job.id, by="Eve", now=clock()) is None
    assert get(store, job) == job


def test_first_to_cancel_is_remembered(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job = job_factory(State.RUNNING)
    store.jobs.request_cancel(job.id, by="Ada", now=clock())

    store.jobs.request_cancel(job.id, by="Bob", now=clock() + LEASE)

    assert (get(store, job).cancel_requested_by, get(store, job).cancel_requested_at) == ("Ada", clock())
    assert [each.id for each in store.jobs.requests("here")] == [job.id]
    assert store.jobs.requests("there") == []


def test_start_and_end_are_owed_on_every_channel(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job = job_factory(State.SUCCEEDED)

    assert owed(store, clock()) == [
        (job.id, Event.STARTED, "slack"),
        (job.id, Event.ENDED, "slack"),
        (job.id, Event.STARTED, "email"),
        (job.id, Event.ENDED, "email"),
    ]


def test_job_cancelled_in_the_queue_owes_its_end_alone(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job = job_factory()

    store.jobs.cancel_queued(job.id, by="Ada", reason="so", now=clock(), expires_at=clock())

    assert owed(store, clock()) == [(job.id, Event.ENDED, "slack"), (job.id, Event.ENDED, "email")]


def test_change_whose_messages_cannot_be_written_does_not_happen(
    tmp_path: Path, job_factory: MakeJob, clock: Clock
) -> None:
    job = job_factory()

    def nowhere(*_: object) -> dict[str, str]:
        raise LookupError("no address")

    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=nowhere)
    with pytest.raises(LookupError):
        store.jobs.claim("here", executor="local", now=clock(), lease=LEASE)

    assert get(store, job).state is State.QUEUED
    store.close()


def test_jobs_of_a_person_are_claimed_in_the_order_of_their_numbers(
    store: Store, job_factory: MakeJob, clock: Clock
) -> None:
    jobs = [job_factory().id for _ in range(5)]

    claimed = [job for _ in range(5) for job in store.jobs.claim("here", executor="local", now=clock(), lease=LEASE)]

    assert [job.id for job in claimed] == jobs
    assert {(job.attempt, job.started_at) for job in claimed} == {(1, clock())}
    assert store.jobs.claim("here", executor="local", now=clock(), lease=LEASE) == []


CLAIM_ALL = """
import sys
from datetime import UTC, datetime, timedelta
from runner.store import Store

store = Store(sys.argv[1], addresses=lambda *_: {"slack": "U1"})
mine = {"executor": "local", "lease": timedelta(minutes=1)}
print("ready", flush=True)
sys.stdin.readline()
while jobs := store.jobs.claim(sys.argv[2], now=datetime.now(UTC), at_most=3, **mine):
    for job in jobs:
        print(job.id)
"""


def test_processes_that_claim_at_once_never_get_the_same_job(tmp_path: Path, job_factory: MakeJob) -> None:
    jobs = [job_factory().id for _ in range(80)]

    claimed = together(CLAIM_ALL, *((f"sqlite:///{tmp_path}/jobs.db", f"runner-{number}") for number in range(4)))

    assert sorted(int(job) for part in claimed for job in part) == jobs


OPEN_ALL = """
import sys
from runner.store import Store

print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    Store(f"sqlite:///{sys.argv[1]}/{number}.db", addresses=lambda *_: {}).close()
    print(number)
"""


def test_processes_open_a_new_database_at_once(tmp_path: Path) -> None:
    opened = together(OPEN_ALL, *((str(tmp_path),) for _ in range(4)))

    assert opened == [[str(number) for number in range(20)]] * 4


def together(program: str, *arguments: tuple[str, ...]) -> list[list[str]]:
    """What each of several processes prints, one for each tuple of arguments, after all were let go at once."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", program, *each], **pipes) for each in arguments]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return printed


def test_submission_that_arrives_twice_makes_one_job(store: Store, job_factory: MakeJob) -> None:
    first = job_factory(submission="view:x", values={"a": "1"})

    again = job_factory(submission="view:x", values={"a": "2"})

    assert again == first
    assert store.jobs.count() == 1


def test_submission_that_arrives_many_times_at_once_makes_one_job(store: Store, job_factory: MakeJob) -> None:
    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(lambda _: job_factory(submission="view:x"), range(64)))

    assert len({job.id for job in made}) == 1
    assert store.jobs.count() == 1


def test_row_that_the_database_refuses_is_not_taken_for_a_submission_seen_before(
    store: Store, clock: Clock, person_factory: Callable[..., Requester]
) -> None:
    new = NewJob(submission="1", script=None, title="A", values={}, inputs=(), requester=person_factory())  # type: ignore[arg-type]

    with pytest.raises(Exception, match="NOT NULL"):
        store.jobs.submit(new, now=clock())


def test_values_come_back_as_they_went_in(store: Store, job_factory: MakeJob) -> None:
    values = {"text": "'; DROP TABLE jobs; --\n\x00é👩‍💻", "größe": ""}

    job = job_factory(values=values, inputs=["~/a b", "c"])

    assert get(store, job).values == values
    assert store.jobs.inputs_in_use() == {(job.requester.user_id, "~/a b"), (job.requester.user_id, "c")}


@pytest.mark.parametrize("state", FINAL)
def test_inputs_of_a_finished_job_are_no_longer_in_use(store: Store, job_factory: MakeJob, state: State) -> None:
    job_factory(state, inputs=["a"])

    assert store.jobs.inputs_in_use() == set()


def test_runner_holds_on_to_its_own_jobs_alone(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    own = job_factory(State.RUNNING, runner="here")
    job_factory(State.RUNNING, runner="there")
    job_factory(State.SUCCEEDED, runner="here")
    job_factory()
    clock.move(LEASE * 2)

    assert [job.id for job in store.jobs.renew("here", now=clock(), lease=LEASE)] == [own.id]


def test_job_whose_runner_let_its_lease_run_out_is_lost_and_told_by_another(
    store: Store, job_factory: MakeJob, clock: Clock
) -> None:
    left = job_factory(State.RUNNING, runner="gone")
    clock.move(LEASE / 2)
    job_factory(State.RUNNING, runner="there")
    job_factory(State.RUNNING, runner="here")
    clock.move(LEASE / 2 + timedelta(seconds=1))

    lost = store.jobs.lose_abandoned("here", reason="gone", now=clock(), expires_at=clock() + KEEP)

    assert [(job.id, job.state, job.reason) for job in lost] == [(left.id, State.LOST, "gone")]
    assert store.jobs.renew("gone", now=clock(), lease=LEASE) == []
    told = store.outbox.of("here").due(now=clock(), channel="slack", limit=9)
    assert left.id in {notification.job_id for notification in told}


def test_held_job_is_not_lost(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job_factory(State.RUNNING, runner="here")
    clock.move(LEASE * 0.9)
    store.jobs.renew("here", now=clock(), lease=LEASE)
    clock.move(LEASE * 0.9)

    assert store.jobs.lose_abandoned("there", reason="gone", now=clock(), expires_at=clock()) == []


def test_each_runner_sends_the_messages_of_its_own_jobs_and_one_of_them_those_of_no_runner(
    store: Store, job_factory: MakeJob, clock: Clock
) -> None:
    jobs = {runner: job_factory(State.RUNNING, runner=runner).id for runner in ("here", "there")}
    never_ran = job_factory().id
    store.jobs.cancel_queued(never_ran, by="Ada", reason="", now=clock(), expires_at=clock() + KEEP)

    def due(runner: str) -> set[int]:
        found = store.outbox.of(runner).due(now=clock(), channel="slack", limit=9)
        return {notification.job_id for notification in found}

    assert due("here") == {jobs["here"], never_ran}
    assert due("there") == {jobs["there"]}
    clock.move(timedelta(days=1))
    assert due("there") == {jobs["here"], jobs["there"], never_ran}, "what is left lying is sent by any"


def test_attempt_is_counted_once(store: Store, job_factory: MakeJob) -> None:
    job = job_factory(State.RUNNING)

    again = store.jobs.retry(job, executor="another")

    assert again == replace(job, attempt=2, executor="another")
    assert store.jobs.retry(job, executor="local") is None
    assert get(store, job).attempt == 2


def test_job_that_is_to_be_cancelled_gets_no_other_attempt(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job = job_factory(State.RUNNING)
    store.jobs.request_cancel(job.id, by="Ada", now=clock())

    assert store.jobs.retry(job, executor="local") is None


def test_pages_are_of_one_person_or_of_all_newest_first(
    store: Store, job_factory: MakeJob, person_factory: Callable[..., Requester]
) -> None:
    ada, bob = person_factory("Ada"), person_factory("Bob")
    jobs = [job_factory(requester=person).id for person in (ada, bob, ada, bob, ada)]

    of_ada = JobFilter(user_id=ada.user_id)
    assert [job.id for job in store.jobs.page(limit=3, before=jobs[4])] == [jobs[3], jobs[2], jobs[1]]
    assert [job.id for job in store.jobs.page(limit=2, after=jobs[1])] == [jobs[3], jobs[2]]
    assert [job.id for job in store.jobs.page(of_ada, limit=2)] == [jobs[4], jobs[2]]
    assert [store.jobs.count(), store.jobs.count(user_id=ada.user_id)] == [5, 3]
    assert store.jobs.count(states=[State.RUNNING]) == 0


@pytest.mark.parametrize("number", [-1, 0, 12, 2**31, 2**63, 10**30])
def test_number_of_no_job_is_none(store: Store, job_factory: MakeJob, number: int) -> None:
    job_factory()

    assert store.jobs.get(number) is None


@pytest.mark.parametrize("state", State)
def test_job_expires_once_it_is_finished_its_time_is_over_and_all_was_told(
    store: Store, job_factory: MakeJob, clock: Clock, state: State
) -> None:
    job = job_factory(state)

    clock.move(KEEP)
    assert store.jobs.expired(now=clock()) == []  # its messages are owed
    owed(store, clock())
    assert store.jobs.expired(now=clock() - timedelta(seconds=1)) == []
    assert [each.id for each in store.jobs.expired(now=clock())] == ([job.id] if state.is_final else [])


def test_message_that_was_given_up_keeps_no_job(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job = job_factory(State.SUCCEEDED)
    clock.move(KEEP)
    for channel in ("slack", "email"):
        while due := store.outbox.due(now=clock(), channel=channel, limit=10):
            for each in due:
                store.outbox.mark_undeliverable(each.id, now=clock(), error="gone")

    assert [each.id for each in store.jobs.expired(now=clock())] == [job.id]


def test_numbers_that_are_no_jobs_are_not_known(store: Store, job_factory: MakeJob) -> None:
    jobs = [job_factory().id for _ in range(3)]

    assert store.jobs.known([jobs[2], jobs[0], 99, 0, -1, 10**200]) == {jobs[0], jobs[2]}
    assert store.jobs.known(range(1, 100_000)) == set(jobs)
    assert store.jobs.known([]) == set()


def test_those_that_have_ended_are_found_among_numbers(store: Store, job_factory: MakeJob) -> None:
    jobs = [job_factory(state).id for state in (State.FAILED, State.SUCCEEDED, State.RUNNING, State.QUEUED)]

    assert store.jobs.ended([*jobs[1:], 99, 10**200]) == {jobs[1]}
    assert store.jobs.ended([]) == set()


def test_jobs_of_several_numbers_are_those_that_are_there(store: Store, job_factory: MakeJob) -> None:
    jobs = [job_factory() for _ in range(3)]

    assert store.jobs.several([jobs[2].id, 99, jobs[0].id]) == [jobs[0], jobs[2]]
    assert store.jobs.several([]) == []


@pytest.mark.parametrize("state", State)
def test_only_finished_jobs_can_be_removed(store: Store, job_factory: MakeJob, clock: Clock, state: State) -> None:
    job = job_factory(state)

    store.jobs.remove(job.id)

    assert (store.jobs.get(job.id) is None) == state.is_final
    assert store.jobs.known([job.id]) == (set() if state.is_final else {job.id})
    if state.is_final:
        assert owed(store, clock()) == []


def test_number_of_a_removed_job_is_never_given_again(store: Store, job_factory: MakeJob) -> None:
    removed = job_factory(State.SUCCEEDED)
    store.jobs.remove(removed.id)

    assert job_factory().id > removed.id


def test_message_put_off_is_due_later_and_holds_up_the_next_of_its_job_and_channel_alone(
    store: Store, job_factory: MakeJob, clock: Clock
) -> None:
    job, other = job_factory(State.SUCCEEDED), job_factory(State.RUNNING)
    start = store.outbox.due(now=clock(), channel="slack", limit=1)[0]

    store.outbox.mark_retry(start.id, due_at=clock() + LEASE, error="down")

    assert owed(store, clock()) == [
        (other.id, Event.STARTED, "slack"),
        (job.id, Event.STARTED, "email"),
        (other.id, Event.STARTED, "email"),
        (job.id, Event.ENDED, "email"),
    ]
    assert store.outbox.next_due(channel="slack") == clock() + LEASE
    assert owed(store, clock() + LEASE) == [(job.id, Event.STARTED, "slack"), (job.id, Event.ENDED, "slack")]


def test_message_that_was_given_up_lets_the_next_of_its_job_and_channel_through(
    store: Store, job_factory: MakeJob, clock: Clock
) -> None:
    job = job_factory(State.SUCCEEDED)
    start = store.outbox.due(now=clock(), channel="slack", limit=5)[0]

    store.outbox.mark_undeliverable(start.id, now=clock(), error="no such person")

    assert [each.event for each in store.outbox.due(now=clock(), channel="slack", limit=5)] == [Event.ENDED]
    assert [(each.error, each.is_given_up) for each in store.outbox.troubles(job_id=job.id)] == [
        ("no such person", True)
    ]


def test_message_that_was_settled_is_not_settled_again(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job_factory(State.RUNNING)
    start = store.outbox.due(now=clock(), channel="slack", limit=5)[0]
    store.outbox.mark_delivered(start.id, now=clock())

    store.outbox.mark_retry(start.id, due_at=clock(), error="too late")
    store.outbox.mark_undeliverable(start.id, now=clock(), error="too late")

    assert store.outbox.due(now=clock(), channel="slack", limit=5) == []
    assert store.outbox.troubles() == []


def test_four_hundred_changes_at_once_are_all_kept(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    job_factory(State.RUNNING)
    start = store.outbox.due(now=clock(), channel="slack", limit=1)[0]

    with ThreadPoolExecutor(16) as threads:
        for _ in range(400):
            threads.submit(store.outbox.mark_retry, start.id, due_at=clock(), error="down")

    assert store.outbox.due(now=clock(), channel="slack", limit=1)[0].attempts == 400


def test_times_come_back_aware_and_in_utc(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    clock.moment = datetime(2026, 7, 1, 0, 30, 0, 123456, tzinfo=timezone(timedelta(hours=9)))

    job = job_factory(State.SUCCEEDED)

    assert job.requested_at == clock()
    for moment in (job.requested_at, job.started_at, job.finished_at, job.expires_at):
        assert moment is not None
        assert moment.tzinfo is UTC


def test_time_without_a_zone_is_refused(store: Store, job_factory: MakeJob, clock: Clock) -> None:
    clock.moment = datetime(2026, 7, 1)  # noqa: DTZ001  # on purpose

    with pytest.raises(StoreError, match="has no time zone"):
        job_factory()


@pytest.mark.parametrize(("version", "words"), [(99, "a newer ScriptRunner"), (0, "an older ScriptRunner")])
def test_database_of_another_version_is_refused(tmp_path: Path, version: int, words: str) -> None:
    Database(f"sqlite:///{tmp_path}/jobs.db").close()
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute("UPDATE schema_version SET version = ?", (version,))
    connection.close()

    with pytest.raises(StoreError, match=rf"jobs\.db was written by {words}: its tables have version {version}"):
        Database(f"sqlite:///{tmp_path}/jobs.db")


def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_text("dear diary\n" * 100)

    with pytest.raises(StoreError, match=r"jobs\.db cannot be used: file is not a database"):
        Database(f"sqlite:///{tmp_path}/jobs.db")

    assert (tmp_path / "jobs.db").read_text() == "dear diary\n" * 100


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="SQLite needs a file"):
        Database(url)


def test_database_that_stays_locked_is_told_in_words(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/jobs.db", patience=timedelta(milliseconds=10))
    other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match=r"^The database cannot be used: database is locked\.$"), database.writing():
        pass

    other.close()
    database.close()


def test_database_is_private_whatever_the_umask(tmp_path: Path) -> None:
    program = """
import os, sys
os.umask(0)
from runner.store.engine import Database
with Database(f"sqlite:///{sys.argv[1]}/new/deeper/jobs.db").writing():
    for folder, _, files in os.walk(sys.argv[1] + "/new"):
        for path in (folder, *(os.path.join(folder, file) for file in files)):
            print(oct(os.stat(path).st_mode & 0o777), os.path.basename(path))
"""
    printed = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)

    assert sorted(printed.stdout.splitlines()) == [
        "0o600 jobs.db",
        "0o600 jobs.db-shm",
        "0o600 jobs.db-wal",
        "0o700 deeper",
        "0o700 new",
    ]
