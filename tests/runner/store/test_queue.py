"""The queue in the database: who starts, what is rearranged, attempts, and what is for the runner of a job alone."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import StoreError
from runner.jobs import AttemptRecord, Ending, Event, Job, Progress, Requester, Retries, State, Usage
from runner.scheduling import Limits
from runner.scheduling.forecast import places
from runner.store import Store

Make = Callable[..., Job]
LEASE = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
TWICE = Retries(times=2, delay=5 * MINUTE, on=frozenset({75}))
AGAIN = Ending(state=State.FAILED, reason="so", exit_code=75)


def claim(store: Store, clock: Any, runner: str = "here", **parts: Any) -> list[int]:
    return [job.id for job in store.jobs.claim(runner, executor="local", now=clock(), lease=LEASE, **parts)]


def finish(store: Store, clock: Any, job: Job, ending: Ending, runner: str = "here") -> Job | None:
    return store.jobs.finish(job.id, ending, runner=runner, now=clock(), expires_at=clock() + LEASE)


def get(store: Store, job: Job) -> Job:
    found = store.jobs.get(job.id)
    assert found
    return found


def owed(store: Store, clock: Any) -> list[tuple[int, Event]]:
    """What is told by Slack from now on."""
    found: list[tuple[int, Event]] = []
    while due := store.outbox.due(now=clock(), channel="slack", limit=99):
        found.extend((each.job_id, each.event) for each in due)
        for each in due:
            store.outbox.mark_delivered(each.id, now=clock())
    return found


def test_as_many_as_are_asked_for_are_claimed_in_turns_of_people(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    people = [person_factory(name) for name in ("Ada", "Bob", "Eve")]
    jobs = [job_factory(requester=person, script=script).id for person in people for script in ("a.sh", "a.sh", "b.sh")]

    assert claim(store, clock, at_most=4) == [jobs[0], jobs[3], jobs[6], jobs[1]]
    assert claim(store, clock, at_most=99) == [jobs[4], jobs[7], jobs[2], jobs[5], jobs[8]]


def test_turns_are_remembered_from_claim_to_claim(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    ada = [job_factory(requester=person_factory("Ada")).id for _ in range(3)]
    bob = [job_factory(requester=person_factory("Bob")).id for _ in range(3)]

    claimed = [number for _ in range(6) for number in claim(store, clock)]

    assert claimed == [ada[0], bob[0], ada[1], bob[1], ada[2], bob[2]]


def test_what_is_overtaken_is_remembered_and_then_waited_for(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    limits = Limits(slots=4, cpus=4)
    long = job_factory(State.RUNNING, requester=person_factory("Zoe"))
    big = job_factory(requester=person_factory("Ada"), cpus=4)
    small = [job_factory(requester=person_factory("Bob")) for _ in range(2)]

    assert claim(store, clock, limits=limits) == [small[0].id]
    clock.move(limits.patience)
    assert claim(store, clock, limits=limits) == []
    for job in (long, small[0]):
        finish(store, clock, job, Ending(state=State.SUCCEEDED))
    assert claim(store, clock, limits=limits, at_most=2) == [big.id]


CLAIM_AND_END = """
import sys
from datetime import UTC, datetime, timedelta
from runner.jobs import Ending, State
from runner.scheduling import Limits
from runner.store import Store

store = Store(sys.argv[1], addresses=lambda *_: {"slack": "U1"})
name, limits = sys.argv[2], Limits(slots=6, per_person=2)


def claim():
    mine = {"executor": "local", "lease": timedelta(minutes=1), "limits": limits}
    return store.jobs.claim(name, now=datetime.now(UTC), at_most=3, **mine)


claimed = claim()
print("ready", flush=True)
sys.stdin.readline()
misses = 0
while misses < 200:
    misses = 0 if claimed else misses + 1
    for job in claimed:
        assert job.attempt == job.retry_count + 1, job
        print(job.id, job.attempt, flush=True)
        now = datetime.now(UTC)
        failed = Ending(state=State.FAILED, exit_code=75)
        assert store.jobs.finish(job.id, failed, runner=name, now=now, expires_at=now) is not None
        assert store.jobs.finish(job.id, failed, runner=name, now=now, expires_at=now) is None
    claimed = claim()
"""


def test_runners_that_hammer_one_database_never_get_the_same_attempt_twice(
    tmp_path: Path, job_factory: Make, person_factory: Callable[..., Requester], store: Store
) -> None:
    chance = random.Random(4)  # noqa: S311  # the same every time
    once = Retries(times=1, delay=timedelta(microseconds=1))
    people = [person_factory(f"P{number}") for number in range(4)]
    jobs = [job_factory(requester=chance.choice(people), retries=once) for _ in range(120)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    url = f"sqlite:///{tmp_path}/jobs.db"
    runners = [subprocess.Popen([sys.executable, "-c", CLAIM_AND_END, url, f"runner-{n}"], **pipes) for n in range(2)]
    for runner in runners:
        assert runner.stdout
        assert runner.stdout.readline() == "ready\n"
    for runner in runners:
        assert runner.stdin
        runner.stdin.write("\n")
        runner.stdin.flush()

    printed = [runner.communicate(timeout=100)[0].splitlines() for runner in runners]

    assert [runner.returncode for runner in runners] == [0, 0]
    attempts = Counter(line for part in printed for line in part)
    assert attempts == Counter(f"{job.id} {attempt}" for job in jobs for attempt in (1, 2))
    assert all(printed), "both had their share"
    assert store.jobs.count(states=[State.FAILED]) == len(jobs)


def test_end_is_recorded_by_the_runner_that_has_the_job_alone(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory(State.RUNNING, runner="there")

    assert finish(store, clock, job, Ending(state=State.SUCCEEDED), "here") is None
    assert store.jobs.warn(job.id, runner="here", now=clock()) is None
    assert store.jobs.set_progress(job.id, Progress(percent=5), runner="here") is False
    assert store.jobs.requests("here") == []
    assert get(store, job) == job
    assert finish(store, clock, job, Ending(state=State.SUCCEEDED), "there") is not None


def test_what_happens_at_once_happens_together_or_not_at_all(store: Store, job_factory: Make, clock: Any) -> None:
    running = job_factory(State.RUNNING)
    waiting = job_factory()

    def break_off() -> None:
        with store.jobs.at_once():
            finish(store, clock, running, Ending(state=State.SUCCEEDED))
            assert claim(store, clock) == [waiting.id]
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert [get(store, running).state, get(store, waiting).state] == [State.RUNNING, State.QUEUED]
    with store.jobs.at_once():
        finish(store, clock, running, Ending(state=State.SUCCEEDED))
        claim(store, clock)
    assert [get(store, running).state, get(store, waiting).state] == [State.SUCCEEDED, State.RUNNING]


def test_nothing_is_claimed_while_the_queue_is_paused(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory()
    store.queue.pause("disk", by="Root", now=clock())
    store.queue.pause("new disk", by="Eve", now=clock())

    paused = store.queue.paused()

    assert claim(store, clock) == []
    assert paused is not None
    assert (paused.reason, paused.paused_by, paused.paused_at) == ("new disk", "Eve", clock())
    assert [store.queue.resume(), store.queue.resume(), store.queue.paused()] == [True, False, None]
    assert claim(store, clock) == [job.id]


def test_job_that_is_held_starts_when_it_is_released_at_its_old_place(
    store: Store, job_factory: Make, clock: Any
) -> None:
    first, second, third = (job_factory() for _ in range(3))

    held = store.queue.hold(first.id, by="Ada", now=clock())

    assert held is not None
    assert (held.held_by, held.held_at) == ("Ada", clock())
    assert store.queue.hold(first.id, by="Eve", now=clock()) is None
    assert [job.id for job in store.queue.held(at_most=9)] == [first.id]
    assert claim(store, clock) == [second.id]
    released = store.queue.release(first.id)
    assert released is not None
    assert (released.held_by, released.held_at, store.queue.release(first.id)) == (None, None, None)
    assert claim(store, clock, at_most=2) == [first.id, third.id]


def test_job_moved_to_the_front_starts_next(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    ada = [job_factory(requester=person_factory("Ada")) for _ in range(3)]
    bob = [job_factory(requester=person_factory("Bob")) for _ in range(3)]
    moved = store.queue.move_to_front(ada[2].id, of_all=False, now=clock())
    assert moved is not None
    assert moved.front_at == clock()
    clock.move(MINUTE)
    store.queue.move_to_front(bob[1].id, of_all=True, now=clock())

    assert claim(store, clock, at_most=9) == [job.id for job in (bob[1], ada[2], bob[0], ada[0], bob[2], ada[1])]


@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED])
def test_only_what_waits_is_held_released_or_moved(store: Store, job_factory: Make, clock: Any, state: State) -> None:
    job = job_factory(state)

    assert store.queue.hold(job.id, by="Ada", now=clock()) is None
    assert store.queue.release(job.id) is None
    assert store.queue.move_to_front(job.id, of_all=True, now=clock()) is None
    assert get(store, job) == job


def test_failed_attempt_is_recorded_and_another_follows_after_the_delay(
    store: Store, job_factory: Make, clock: Any
) -> None:
    job = job_factory(State.RUNNING, retries=TWICE)
    started, usage = clock(), Usage(peak_memory_bytes=5, cpu_time=timedelta(seconds=2.5))
    store.jobs.set_progress(job.id, Progress(percent=50, table={"a": "b"}), runner="here")
    clock.move(MINUTE)

    again = finish(store, clock, job, Ending(state=State.FAILED, reason="so", exit_code=75, usage=usage))

    assert again is not None
    assert (again.state, again.retry_count, again.not_before) == (State.QUEUED, 1, clock() + TWICE.delay)
    assert (again.started_at, again.exit_code, again.reason, again.progress) == (None, None, None, None)
    first = AttemptRecord(
        number=1, started_at=started, finished_at=clock(), state=State.FAILED, reason="so", exit_code=75, usage=usage
    )
    assert store.jobs.attempts(job.id) == [first]
    assert owed(store, clock) == [(job.id, Event.STARTED), (job.id, Event.RETRIED)]
    assert claim(store, clock) == []
    clock.move(TWICE.delay)
    [second] = store.jobs.claim("there", executor="local", now=clock(), lease=LEASE)
    assert (second.id, second.attempt, second.not_before) == (job.id, 2, None)
    finish(store, clock, job, Ending(state=State.SUCCEEDED, exit_code=0), "there")
    last = AttemptRecord(number=2, started_at=clock(), finished_at=clock(), state=State.SUCCEEDED, exit_code=0)
    assert store.jobs.attempts(job.id) == [first, last]
    assert owed(store, clock) == [(job.id, Event.ENDED)]


def test_attempts_end_when_the_script_wants_no_more(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory(State.RUNNING, retries=TWICE)
    for _ in range(2):
        finish(store, clock, job, AGAIN)
        clock.move(TWICE.delay)
        assert claim(store, clock) == [job.id]

    ended = finish(store, clock, job, AGAIN)

    assert ended is not None
    assert (ended.state, ended.exit_code, ended.retry_count) == (State.FAILED, 75, 2)
    assert [attempt.number for attempt in store.jobs.attempts(job.id)] == [1, 2, 3]


def test_job_that_is_to_be_cancelled_is_not_attempted_again(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory(State.RUNNING, retries=TWICE)
    store.jobs.request_cancel(job.id, by="Ada", now=clock())

    ended = finish(store, clock, job, AGAIN)

    assert ended is not None
    assert ended.state is State.FAILED


def test_job_that_waits_for_another_attempt_can_be_cancelled_and_held(
    store: Store, job_factory: Make, clock: Any
) -> None:
    cancelled, held = (job_factory(State.RUNNING, retries=TWICE) for _ in range(2))
    for job in (cancelled, held):
        finish(store, clock, job, AGAIN)

    assert store.queue.hold(held.id, by="Ada", now=clock())
    assert store.jobs.cancel_queued(cancelled.id, by="Ada", reason="so", now=clock(), expires_at=clock())

    clock.move(TWICE.delay)
    assert claim(store, clock, at_most=9) == []
    store.queue.release(held.id)
    assert claim(store, clock, at_most=9) == [held.id]
    assert [attempt.number for attempt in store.jobs.attempts(cancelled.id)] == [1]


def test_another_attempt_keeps_its_person_s_place(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    again = job_factory(State.RUNNING, retries=TWICE, requester=person_factory("Ada"))
    bob = [job_factory(requester=person_factory("Bob")) for _ in range(3)]
    clock.move(MINUTE)
    finish(store, clock, again, AGAIN)
    assert claim(store, clock) == [bob[0].id]
    clock.move(TWICE.delay)

    assert claim(store, clock, at_most=9) == [again.id, bob[1].id, bob[2].id]


def test_warning_is_owed_once_for_each_limit(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory(State.RUNNING, time_limit=10 * MINUTE, grantable=10 * MINUTE)
    owed(store, clock)

    warned = store.jobs.warn(job.id, runner="here", now=clock())

    assert warned is not None
    assert warned.warned_at == clock()
    assert store.jobs.warn(job.id, runner="here", now=clock()) is None
    granted = store.jobs.grant_time(job.id, 4 * MINUTE)
    assert granted is not None
    assert (granted.more_time, granted.warned_at, granted.stops_at) == (4 * MINUTE, None, clock() + 14 * MINUTE)
    assert store.jobs.warn(job.id, runner="here", now=clock()) is not None
    assert owed(store, clock) == [(job.id, Event.WARNED)] * 2
    assert [each.id for each in store.jobs.requests("here")] == [job.id]


def test_no_more_time_is_granted_than_the_script_allows(store: Store, job_factory: Make) -> None:
    job = job_factory(State.RUNNING, grantable=10 * MINUTE)
    none = job_factory(State.RUNNING)
    waiting = job_factory(grantable=10 * MINUTE)

    assert store.jobs.grant_time(job.id, 11 * MINUTE) is None
    assert store.jobs.grant_time(job.id, 6 * MINUTE) is not None
    assert store.jobs.grant_time(job.id, 6 * MINUTE) is None
    assert store.jobs.grant_time(job.id, 4 * MINUTE) is not None
    assert store.jobs.grant_time(none.id, timedelta(seconds=1)) is None
    assert store.jobs.grant_time(waiting.id, MINUTE) is None
    assert get(store, job).more_time == 10 * MINUTE


def test_what_a_job_asks_for_comes_back_as_it_went_in(store: Store, job_factory: Make) -> None:
    asked = {
        "script_digest": "ab" * 32,
        "priority": -3,
        "cpus": 4,
        "memory_bytes": 2**40,
        "time_limit": timedelta(days=2, seconds=0.5),
        "grantable": timedelta(hours=4),
        "retries": TWICE,
    }

    job = job_factory(**asked)

    assert {name: getattr(job, name) for name in asked} == asked


def test_progress_and_usage_come_back_as_they_went_in(store: Store, job_factory: Make, clock: Any) -> None:
    job = job_factory(State.RUNNING)
    progress = Progress(percent=7, status="é\n", label="\u0000", table={"rows": "12"})

    assert store.jobs.set_progress(job.id, progress, runner="here")

    assert get(store, job).progress == progress
    usage = Usage(peak_memory_bytes=2**40, cpu_time=timedelta(seconds=1.25))
    ended = finish(store, clock, job, Ending(state=State.SUCCEEDED, usage=usage))
    assert ended is not None
    assert (ended.peak_memory_bytes, ended.cpu_time) == (2**40, timedelta(seconds=1.25))
    assert ended.progress == progress
    assert not store.jobs.set_progress(job.id, progress, runner="here")


@pytest.mark.parametrize("limits", [Limits(cpus=4), Limits(memory_bytes=4), Limits(cpus=4, memory_bytes=4)])
def test_jobs_that_ask_for_more_than_is_given_now_are_refused_and_told(
    store: Store, job_factory: Make, clock: Any, limits: Limits
) -> None:
    running = job_factory(State.RUNNING, cpus=9, memory_bytes=9)
    fitting, big = job_factory(cpus=4, memory_bytes=4), job_factory(cpus=5, memory_bytes=5)
    owed(store, clock)

    refused = store.jobs.refuse_excess(limits, now=clock(), expires_at=clock() + LEASE)

    assert [job.id for job in refused] == [big.id]
    assert refused[0].state is State.FAILED
    assert "It asks for 5" in (refused[0].reason or "")
    assert [get(store, job).state for job in (running, fitting)] == [State.RUNNING, State.QUEUED]
    assert owed(store, clock) == [(big.id, Event.ENDED)]
    assert store.jobs.refuse_excess(Limits(), now=clock(), expires_at=clock()) == []


def test_count_ends_where_it_is_told_to(store: Store, job_factory: Make) -> None:
    for _ in range(5):
        job_factory()

    assert [store.jobs.count(at_most=3), store.jobs.count(at_most=5), store.jobs.count(at_most=9)] == [3, 5, 5]
    assert store.jobs.count(user_id="U0ADA", states=[State.QUEUED], at_most=2) == 2


def test_person_is_forgotten_with_the_last_of_their_jobs(store: Store, job_factory: Make, clock: Any) -> None:
    first, second = (job_factory(State.SUCCEEDED) for _ in range(2))
    waiting = job_factory()

    def turns() -> int:
        return len(store.queue.look(limits=Limits(), now=clock()).scene.turns)

    store.jobs.remove(first.id)
    assert turns() == 1
    store.jobs.remove(second.id)
    assert turns() == 1, "one still waits"
    store.jobs.cancel_queued(waiting.id, by="Ada", reason="so", now=clock(), expires_at=clock())
    store.jobs.remove(waiting.id)
    job_factory()
    assert turns() == 0


def test_forecast_sees_the_beginnings_of_all_lines_and_the_place_of_those_behind_is_told_roughly(
    store: Store, job_factory: Make, person_factory: Callable[..., Requester], clock: Any
) -> None:
    bob = [job_factory(requester=person_factory("Bob")) for _ in range(230)]
    ada = [job_factory(requester=person_factory("Ada")) for _ in range(2)]
    limits = Limits(slots=1)

    seen = store.queue.look(limits=limits, now=clock()).scene

    assert seen.cut == {("U0BOB", "a.sh")}
    assert places(seen, [job.id for job in (bob[0], *ada)], now=clock()) == {bob[0].id: 1, ada[0].id: 2, ada[1].id: 4}
    assert bob[-1].id not in {job.id for job in seen.jobs}
    assert store.queue.rough_place(bob[-1]) == 232


def test_forecast_knows_what_runs_what_is_put_off_and_what_ran_before(
    store: Store, job_factory: Make, clock: Any
) -> None:
    job_factory(State.RUNNING, script="old.sh")
    done = job_factory(State.RUNNING)
    clock.move(MINUTE)
    finish(store, clock, done, Ending(state=State.SUCCEEDED))
    again = job_factory(State.RUNNING, retries=TWICE, time_limit=MINUTE)
    finish(store, clock, again, AGAIN)
    held = job_factory()
    store.queue.hold(held.id, by="Ada", now=clock())

    scene = store.queue.look(limits=Limits(), now=clock()).scene

    assert [job.script for job in scene.running] == ["old.sh"]
    assert scene.waiting == []
    assert [(moment, job.id, job.time_limit) for moment, job in scene.delayed] == [
        (clock() + TWICE.delay, again.id, MINUTE)
    ]
    assert scene.runtimes == {"old.sh": [], "a.sh": [MINUTE]}


def test_forecast_knows_the_latest_runs_of_each_script(store: Store, job_factory: Make, clock: Any) -> None:
    for seconds in range(1, 41):
        for script, count in (("a.sh", 1), ("b.sh", 2)):
            done = job_factory(State.RUNNING, script=script)
            clock.move(count * timedelta(seconds=seconds))
            finish(store, clock, done, Ending(state=State.SUCCEEDED if seconds % 8 else State.FAILED))
    for script in ("a.sh", "b.sh", "new.sh"):
        job_factory(script=script)

    runtimes = store.queue.look(limits=Limits(), now=clock()).scene.runtimes

    assert {script: sorted(past) for script, past in runtimes.items()} == {
        script: sorted(store.jobs.runtimes(script)) for script in ("a.sh", "b.sh", "new.sh")
    }
    assert [len(runtimes[script]) for script in ("a.sh", "b.sh", "new.sh")] == [30, 30, 0]


def test_store_that_cannot_be_had_says_so_within_a_longer_change(store: Store, job_factory: Make, clock: Any) -> None:
    job_factory()

    with pytest.raises(StoreError), store.jobs.at_once():
        store.jobs.claim("here", executor="local", now=clock().replace(tzinfo=None), lease=LEASE)

    assert claim(store, clock) != []
