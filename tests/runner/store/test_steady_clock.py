from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.jobs import Ending, Job, Retries, State
from runner.store import SteadyClock, Store
from runner.system.clock import uptime

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)
KEEP = timedelta(days=7)
RETRY = Retries(times=2, delay=timedelta(seconds=4), on=frozenset({75}))
FAILED = Ending(state=State.FAILED, exit_code=75)


@dataclass
class Machine:
    """A clock that can be set, and how long the machine has been up."""

    store: Store
    off: timedelta = timedelta()
    up: float = 1000.0
    boot: str = "first"
    steady: SteadyClock = field(init=False)

    def __post_init__(self) -> None:
        self.restart_runner()

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.up) + self.off

    def restart_runner(self) -> None:
        self.steady = self.store.steady_clock(self.now, uptime=lambda: self.up, boot=self.boot)
        self.steady.follow()

    def claim(self) -> list[Job]:
        return self.store.jobs.claim("here", executor="local", now=self.steady(), lease=LEASE)


@pytest.fixture
def machine(store: Store) -> Machine:
    return Machine(store)


@pytest.fixture
def job_of(machine: Machine, job_factory: Callable[..., Job], clock: Any) -> Callable[..., Job]:
    """Jobs that come to their state at the machine's present time."""

    def make(*arguments: Any, **parts: Any) -> Job:
        clock.moment = machine.steady()
        return job_factory(*arguments, **parts)

    return make


def put_off(machine: Machine, job_of: Callable[..., Job]) -> Job:
    job = job_of(State.RUNNING, retries=RETRY)
    now = machine.steady()
    machine.store.jobs.finish(job.id, FAILED, runner="here", now=now, expires_at=now + KEEP)
    return job


def found(machine: Machine, job: Job) -> Job:
    known = machine.store.jobs.get(job.id)
    assert known is not None
    return known


@pytest.mark.parametrize("by", [HOUR, -HOUR, 56 * 365 * 24 * HOUR])
@pytest.mark.parametrize("while_away", [False, True])
def test_next_attempt_starts_after_its_delay_however_the_clock_is_set(
    machine: Machine, job_of: Callable[..., Job], by: timedelta, *, while_away: bool
) -> None:
    job = put_off(machine, job_of)

    machine.up += 1
    machine.off = by
    if while_away:
        machine.restart_runner()
    else:
        assert machine.claim() == []  # before it is noticed
        machine.steady.follow()

    machine.up += 2.9
    assert machine.claim() == []
    machine.up += 0.1
    assert [each.id for each in machine.claim()] == [job.id]


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_running_job_has_run_for_as_long_as_it_did_and_is_warned_when_its_time_is_near(
    machine: Machine, job_of: Callable[..., Job], by: timedelta
) -> None:
    job = job_of(State.RUNNING, time_limit=20 * 60 * SECOND)

    machine.up += 60
    machine.off = by
    machine.steady.follow()

    running = found(machine, job)
    assert running.duration(machine.steady()) == 60 * SECOND
    assert running.warns_at is not None
    assert running.warns_at - machine.steady() == (job.warns_at or NOON) - (job.started_at or NOON) - 60 * SECOND
    machine.up += 60
    ended = machine.store.jobs.finish(
        job.id, Ending(state=State.SUCCEEDED), runner="here", now=machine.steady(), expires_at=machine.steady() + KEEP
    )
    assert ended is not None
    assert ended.duration(machine.now()) == 120 * SECOND
    assert ended.finished_at == machine.now()


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_lease_lasts_as_long_as_it_was_given_for(machine: Machine, job_of: Callable[..., Job], by: timedelta) -> None:
    job_of(State.RUNNING, runner="another")
    lose = machine.store.jobs.lose_abandoned

    machine.off = by
    machine.steady.follow()

    assert lose("here", reason="gone", now=machine.steady() + LEASE - SECOND, expires_at=NOON) == []
    assert len(lose("here", reason="gone", now=machine.steady() + LEASE + SECOND, expires_at=NOON)) == 1


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_message_is_tried_again_after_its_pause(machine: Machine, job_of: Callable[..., Job], by: timedelta) -> None:
    job_of(State.SUCCEEDED)
    outbox = machine.store.outbox
    (message, *_) = outbox.due(now=machine.steady(), channel="slack", limit=9)
    outbox.mark_retry(message.id, error="away", due_at=machine.steady() + 30 * SECOND)

    machine.off = by
    machine.steady.follow()

    due = [outbox.due(now=machine.steady() + after * SECOND, channel="slack", limit=9) for after in (29, 30)]
    assert [[each.id for each in batch] for batch in due] == [[], [message.id]]


@pytest.mark.parametrize("by", [365 * 24 * HOUR, -HOUR])
def test_what_has_ended_is_kept_as_long_as_it_would_have_been(
    machine: Machine, job_of: Callable[..., Job], by: timedelta
) -> None:
    job = job_of(State.SUCCEEDED)
    for channel in ("slack", "email"):
        while due := machine.store.outbox.due(now=machine.steady() + KEEP, channel=channel, limit=9):
            for message in due:
                machine.store.outbox.mark_delivered(message.id, now=machine.steady())

    machine.off = by
    machine.steady.follow()

    assert list(machine.store.jobs.expired(now=machine.steady() + KEEP - SECOND)) == []
    assert [each.id for each in machine.store.jobs.expired(now=machine.steady() + KEEP)] == [job.id]


def test_job_that_was_moved_to_the_front_after_the_clock_was_set_back_comes_first(
    machine: Machine, job_of: Callable[..., Job]
) -> None:
    jobs = [job_of() for _ in range(2)]
    machine.store.queue.move_to_front(jobs[1].id, of_all=True, now=machine.now())

    machine.off = -HOUR
    machine.up += 5
    machine.steady.follow()
    machine.store.queue.move_to_front(jobs[0].id, of_all=True, now=machine.now())

    assert [each.id for each in machine.claim()] == [jobs[0].id]


def test_what_was_asked_for_after_the_clock_was_set_forward_and_before_that_was_noticed_stays_where_it_is(
    machine: Machine, job_of: Callable[..., Job], clock: Any
) -> None:
    machine.off = HOUR
    clock.moment = machine.now()
    before = job_of()
    machine.store.jobs.cancel_queued(before.id, by="Ada", reason="", now=machine.now(), expires_at=machine.now())
    machine.up += 1
    machine.steady.follow()

    assert found(machine, before).requested_at <= machine.steady()


def test_file_is_as_old_as_it_is_when_the_clock_was_set_forward_since(machine: Machine) -> None:
    old, new = machine.now() - HOUR, machine.now()

    machine.up += 60
    machine.off = 365 * 24 * HOUR
    machine.steady.follow()
    newest = machine.now()
    machine.up += 60

    assert [machine.steady.age(moment) for moment in (old, new, newest)] == [
        HOUR + 120 * SECOND,
        120 * SECOND,
        60 * SECOND,
    ]


def test_after_another_start_of_the_machine_its_clock_is_all_there_is(
    machine: Machine, job_of: Callable[..., Job]
) -> None:
    job = put_off(machine, job_of)
    due = found(machine, job).not_before

    machine.boot, machine.up, machine.off = "second", 5.0, 2 * HOUR
    machine.restart_runner()

    assert found(machine, job).not_before == due
    assert machine.steady() == machine.now()


def test_clock_that_is_only_a_little_off_moves_nothing(machine: Machine, job_of: Callable[..., Job]) -> None:
    job = put_off(machine, job_of)
    due = found(machine, job).not_before

    machine.off = 1.9 * SECOND
    machine.steady.follow()

    assert found(machine, job).not_before == due


def test_machine_that_slept_has_let_its_time_pass(machine: Machine, job_of: Callable[..., Job]) -> None:
    job = put_off(machine, job_of)

    machine.up += 3600  # CLOCK_BOOTTIME goes on, and the clock with it
    machine.steady.follow()

    assert [each.id for each in machine.claim()] == [job.id]


def test_real_clocks_stay_together(store: Store) -> None:
    steady = store.steady_clock(lambda: datetime.now(UTC), uptime=uptime, boot="this")

    steady.follow()

    assert abs(steady() - datetime.now(UTC)) < timedelta(seconds=2)
