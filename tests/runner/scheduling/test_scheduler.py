"""Who goes next, as a pure function: turns, priorities, limits and what is kept free for those that do not fit."""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.scheduling import Limits, Running, Scheduler, Turn, Waiting, scheduler

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ONE_SLOT = Limits(slots=1)
Make = Callable[..., Any]


@pytest.fixture
def wait() -> Make:
    """Jobs that wait, each requested a second after the one before; numbers are given in that order."""
    made = 0

    def make(user: str = "ada", **parts: Any) -> Waiting:
        nonlocal made
        made += 1
        requested_at = NOW - HOUR + timedelta(seconds=made)
        usual: dict[str, Any] = {"id": made, "user_id": user, "script": "a.sh", "requested_at": requested_at}
        return Waiting(**(usual | parts))

    return make


def run(user: str = "ada", **parts: Any) -> Running:
    usual: dict[str, Any] = {"id": 1000, "user_id": user, "script": "a.sh", "started_at": NOW}
    return Running(**(usual | parts))


def queue(
    waiting: Iterable[Waiting], *running: Running, limits: Limits = ONE_SLOT, turns: dict[str, Turn] | None = None
) -> Scheduler:
    return Scheduler(limits, waiting=waiting, running=running, turns=turns or {}, now=NOW)


def order(found: Scheduler, *, minutes: int = 0) -> list[int]:
    """The numbers of the jobs in the order in which they start where one runs at once, so many minutes each."""
    numbers, now = [], NOW
    while (job := found.pick(now)) is not None:
        numbers.append(job.id)
        found.end(job.id)
        now += minutes * MINUTE
    return numbers


def picked(found: Scheduler, now: datetime = NOW) -> list[int]:
    """The numbers of the jobs that start at this moment."""
    numbers = []
    while (job := found.pick(now)) is not None:
        numbers.append(job.id)
    return numbers


@pytest.mark.parametrize("minutes", [0, 1, 600])
def test_people_take_turns(wait: Make, minutes: int) -> None:
    jobs = [wait(user) for user in ("ada", "ada", "ada", "bob", "bob", "eve")]

    assert order(queue(jobs), minutes=minutes) == [1, 4, 6, 2, 5, 3]


def test_copy_of_a_queue_goes_on_by_itself(wait: Make) -> None:
    jobs = [wait(user, script=script) for user in ("ada", "bob") for script in ("a.sh", "b.sh", "a.sh")]
    found = queue(jobs[:-1], run("eve"), limits=Limits(slots=2))
    copied = copy(found)

    copied.add(jobs[-1])
    copied.end(1000)
    from_copy = order(copied)

    assert from_copy == [1, 4, 2, 5, 3, 6]
    assert order(found) == from_copy[:-1]
    assert picked(copy(found)) == []


def test_one_job_waits_for_one_of_each_other_that_had_no_turn_since(wait: Make) -> None:
    jobs = [wait(user) for user in ("ada",) * 50 + ("bob",) * 50]
    found = queue(jobs)
    first = found.pick(NOW)
    found.end(1)
    second = found.pick(NOW)
    found.end(51)
    found.add(wait("eve", requested_at=NOW))

    assert [job.id for job in (first, second) if job] == [1, 51]
    assert order(found)[:2] == [101, 2]


def test_whoever_started_last_comes_last(wait: Make) -> None:
    turns = {
        "ada": Turn(started_at=NOW, number=8),
        "bob": Turn(started_at=NOW, number=9),
        "eve": Turn(started_at=NOW, number=7),
    }

    assert order(queue([wait(user) for user in ("ada", "bob", "eve")], turns=turns)) == [3, 1, 2]


def test_clock_that_was_put_back_keeps_nobody_waiting(wait: Make) -> None:
    turns = {"ada": Turn(started_at=NOW + HOUR, number=1)}
    jobs = [wait("ada", requested_at=NOW + HOUR), *(wait("bob", requested_at=NOW) for _ in range(9))]

    assert order(queue(jobs, turns=turns)).index(1) == 1


def test_priority_comes_first_until_waiting_makes_up_for_it(wait: Make) -> None:
    jobs = [wait("ada"), *(wait("bob", priority=2) for _ in range(9))]

    started = order(queue(jobs), minutes=20)

    assert started.index(1) == 5  # bob's starts lose to a wait that is two hours longer


def test_step_of_priority_counts_as_the_setting_says(wait: Make) -> None:
    jobs = [wait("ada"), *(wait("bob", priority=2) for _ in range(9))]

    assert order(queue(jobs, limits=Limits(slots=1, ageing=10 * HOUR)), minutes=20).index(1) == 9


def test_own_jobs_of_higher_priority_come_first_but_not_for_ever(wait: Make) -> None:
    low = wait("ada", script="low.sh", priority=-2, requested_at=NOW - 3 * HOUR)
    old, new = (wait("ada", requested_at=NOW - 2 * HOUR), wait("ada", requested_at=NOW))

    assert order(queue([low, old, new])) == [2, 1, 3]


def test_own_job_that_waited_long_enough_needs_no_turn_of_its_own(wait: Make) -> None:
    low = wait("ada", script="low.sh", priority=-2, requested_at=NOW - 9 * HOUR)
    jobs = [low, *(wait(user) for user in ("ada", "bob", "ada", "bob"))]

    assert order(queue(jobs)) == [1, 3, 2, 5, 4]


def test_job_moved_to_the_front_goes_before_its_person_s_others_alone(wait: Make) -> None:
    jobs = [wait(user) for user in ("bob", "ada", "ada", "ada")]
    jobs[2] = wait("ada", id=3, front=scheduler.front(NOW, of_all=False))
    jobs[3] = wait("ada", id=4, script="b.sh", front=scheduler.front(NOW + MINUTE, of_all=False))

    assert order(queue(jobs)) == [1, 4, 3, 2]


def test_job_moved_before_all_goes_before_all(wait: Make) -> None:
    jobs = [wait("ada", priority=10), wait("bob"), wait("bob", front=scheduler.front(NOW, of_all=True)), wait("eve")]

    assert order(queue(jobs, turns={"bob": Turn(started_at=NOW, number=1)})) == [3, 1, 4, 2]


def test_job_moved_before_all_that_cannot_start_lends_its_place_to_no_other(wait: Make) -> None:
    big = wait("bob", script="big.sh", cpus=4, front=scheduler.front(NOW, of_all=True))
    jobs = [wait("ada"), big, wait("bob")]

    found = queue(jobs, run("eve", cpus=1), limits=Limits(cpus=4))

    assert picked(found) == [2, 3]


@pytest.mark.parametrize("of_all", [True, False])
def test_moment_of_a_move_is_kept_in_the_place(of_all: bool) -> None:
    assert scheduler.moved_at(scheduler.front(NOW, of_all=of_all)) == NOW
    assert scheduler.moved_at(0) is None


def test_no_more_than_the_slots_run(wait: Make) -> None:
    found = queue([wait() for _ in range(9)], run("eve"), limits=Limits(slots=3))

    assert picked(found) == [1, 2]
    found.end(2)
    assert picked(found) == [3]


def test_no_more_of_a_person_run_than_may(wait: Make) -> None:
    jobs = [wait("ada"), wait("ada", script="b.sh"), wait("bob"), wait("eve")]

    assert picked(queue(jobs, run("eve"), limits=Limits(per_person=1))) == [1, 3]


def test_no_more_of_a_script_run_than_may_and_others_go_by(wait: Make) -> None:
    jobs = [wait(user, concurrency=2) for user in ("ada", "bob", "eve")]
    jobs.append(wait("ada", script="b.sh"))

    assert picked(queue(jobs, run("zoe"), limits=Limits())) == [1, 4]


def test_cpus_and_memory_are_never_exceeded_and_smaller_jobs_go_by(wait: Make) -> None:
    jobs = [wait("ada", cpus=3), wait("bob", cpus=2), wait("eve", memory_bytes=9), wait("eve", memory_bytes=2)]

    assert picked(queue(jobs, run(cpus=1, memory_bytes=1), limits=Limits(cpus=4, memory_bytes=9))) == [1]
    assert picked(queue(jobs, run(cpus=2, memory_bytes=1), limits=Limits(cpus=5, memory_bytes=9))) == [1]
    assert picked(queue(jobs[1:], run(cpus=2, memory_bytes=1), limits=Limits(cpus=5, memory_bytes=9))) == [2]


def test_job_that_fits_nowhere_keeps_nothing_free(wait: Make) -> None:
    jobs = [wait("ada", cpus=9, passed_at=NOW - 9 * HOUR), wait("bob"), wait("ada", script="b.sh")]

    found = queue(jobs, run("eve"), limits=Limits(cpus=4))

    assert picked(found) == [2, 3]
    assert 1 not in found.passed


def test_job_that_was_passed_for_long_is_waited_for(wait: Make) -> None:
    limits = Limits(slots=4, cpus=4, patience=30 * MINUTE)
    big, small, running = wait("ada", cpus=4), wait("bob"), run("eve", id=100, started_at=NOW - HOUR)

    early = queue([big, small], running, limits=limits)
    late = queue([replace(big, passed_at=NOW - 30 * MINUTE), small], running, limits=limits)

    assert picked(early) == [small.id]
    assert dict(early.passed) == {big.id: NOW}
    assert picked(late) == []
    late.end(running.id)
    assert picked(late) == [big.id]


def test_what_fits_beside_the_one_that_is_waited_for_still_starts(wait: Make) -> None:
    limits = Limits(slots=4, cpus=4)
    jobs = [wait("ada", cpus=3, passed_at=NOW - HOUR), *(wait(user, id=number) for number, user in enumerate("pqr", 2))]
    found = queue(jobs, run("eve", id=100, cpus=2, started_at=NOW - HOUR), limits=limits)

    assert picked(found) == [2]
    found.end(100)
    assert picked(found, NOW + MINUTE) == [1]


def test_own_job_that_is_passed_loses_no_rank_by_its_person_s_other_starts_once_patience_is_over(wait: Make) -> None:
    passed = wait("ada", script="b.sh", concurrency=1, passed_at=NOW - 2 * HOUR, requested_at=NOW - 3 * HOUR)
    rival = wait("bob", script="b.sh", concurrency=1)
    turns = {"ada": Turn(started_at=NOW, number=9), "bob": Turn(started_at=NOW - MINUTE, number=8)}

    assert order(queue([passed, rival], turns=turns)) == [1, 2]
    assert order(queue([wait("ada", id=1, passed_at=NOW), rival], turns=turns)) == [2, 1]
