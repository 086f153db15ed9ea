"""Leases say whose a job is: renewed by the runner that has it, and let go of where nobody renews them."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from runner.jobs import Job, State
from runner.store import Store
from runner.worker.leases import Leases
from tests.support.slack.person import wait_for

JobFactory = Callable[..., Job]
LEASE = timedelta(minutes=1)


@pytest.fixture
def leases(store: Store, clock: Any) -> Leases:
    return Leases(store.jobs, runner="here", duration=LEASE, clock=clock)


def test_leases_are_due_at_first_and_then_three_times_in_a_lease(leases: Leases, clock: Any) -> None:
    assert leases.are_due(clock())
    leases.renew(clock())

    assert not leases.are_due(clock() + LEASE / 3 - timedelta(seconds=1))
    assert leases.are_due(clock() + LEASE / 3)


def test_leases_are_due_where_the_clock_was_set_back(leases: Leases, clock: Any) -> None:
    leases.renew(clock())

    assert leases.are_due(clock() - timedelta(seconds=1))


def test_renewing_finds_ones_own_running_jobs(leases: Leases, job_factory: JobFactory, clock: Any) -> None:
    job_factory(State.SUCCEEDED)
    mine, _ = job_factory(State.RUNNING), job_factory(State.RUNNING, runner="there")

    assert [job.id for job in leases.renew(clock())] == [mine.id]


def test_doubt_lasts_until_the_next_renewal(leases: Leases, clock: Any) -> None:
    assert leases.are_in_doubt
    leases.renew(clock())
    assert not leases.are_in_doubt

    leases.doubt()

    assert leases.are_in_doubt
    assert leases.are_due(clock())


def test_job_is_confirmed_while_nobody_can_have_taken_it_to_be_lost(
    leases: Leases, job_factory: JobFactory, clock: Any
) -> None:
    leases.renew(clock())
    job = job_factory(State.RUNNING)
    clock.move(LEASE / 2 - timedelta(seconds=1))
    assert leases.confirm(job)

    clock.move(timedelta(seconds=1))

    assert not leases.confirm(job)
    assert leases.are_in_doubt


def test_job_of_another_runner_is_not_lost_before_that_was_watched_for_a_whole_lease(
    leases: Leases, store: Store, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.RUNNING, runner="there")
    clock.move(timedelta(days=1))

    assert leases.lose_abandoned(clock(), expires_at=clock()) == []

    found = store.jobs.get(job.id)
    assert found is not None
    assert found.state is State.RUNNING


def test_job_of_a_runner_that_is_gone_is_lost_and_says_why(store: Store, job_factory: JobFactory, clock: Any) -> None:
    short = timedelta(seconds=0.05)
    leases = Leases(store.jobs, runner="here", duration=short, clock=clock)
    began = time.monotonic()
    gone, mine = job_factory(State.RUNNING, runner="there"), job_factory(State.RUNNING)
    clock.move(timedelta(days=1))
    wait_for(lambda: time.monotonic() - began > short.total_seconds(), what="watched for a whole lease")

    lost = leases.lose_abandoned(clock(), expires_at=clock())

    assert [(job.id, job.state) for job in lost] == [(gone.id, State.LOST)]
    assert str(lost[0].reason).startswith("The runner that took it has not been heard of for ")
    assert [job.id for job in leases.renew(clock())] == [mine.id]


def test_jobs_left_running_are_kept_for_a_day(
    leases: Leases, store: Store, job_factory: JobFactory, clock: Any
) -> None:
    job = job_factory(State.RUNNING)

    leases.release_on_exit()

    hours = timedelta(hours=1)
    nearly, later = clock() + 24 * hours - timedelta(seconds=1), clock() + 25 * hours
    assert store.jobs.lose_abandoned("there", reason="gone", now=nearly, expires_at=later) == []
    assert [one.id for one in store.jobs.lose_abandoned("there", reason="gone", now=later, expires_at=later)] == [
        job.id
    ]
