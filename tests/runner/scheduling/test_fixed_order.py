"""An order of starts that is found out once tells the same as one that is played anew each time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from runner.scheduling import Limits, Running, Scene, Scheduler, Turn, Waiting, front
from runner.scheduling.fixed_order import FixedOrder, is_fixed
from runner.scheduling.forecast import first_forecasts, forecasts

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEVER = NOW + timedelta(days=36_500)
PEOPLE, SCRIPTS = "pqrst", ("a.sh", "b.sh", "c.sh")
ONE: dict[str, Any] = {"id": 1, "user_id": "ada", "script": "a.sh"}


def lot(seed: float) -> Random:
    return Random(seed)  # noqa: S311  # the same every time


def crowd(seed: int) -> Scene:
    """A queue in which only slots are scarce, or one person alone waits, who may not have all of them.

    Some jobs were moved, some lines go on unseen.
    """
    chance = lot(seed)
    slots, priority = chance.randint(1, 5), chance.choice([0, 0, 3])
    who = chance.choice([PEOPLE, "p"])

    def parts(number: int, who: str = PEOPLE) -> dict[str, Any]:
        cpus, script = chance.randint(1, 4), chance.choice(SCRIPTS)
        return {"id": number, "user_id": chance.choice(who), "script": script, "cpus": cpus, "concurrency": slots}

    def place() -> int:
        moved = front(NOW - chance.randint(0, 50) * MINUTE, of_all=chance.random() < 0.5)
        return moved if chance.random() < 0.2 else 0

    waiting = [
        Waiting(
            **parts(number, who), requested_at=NOW - chance.randint(0, 9) * MINUTE, front=place(), priority=priority
        )
        for number in range(1, chance.randint(2, 70))
    ]
    running = [
        Running(**parts(number), started_at=NOW - chance.randint(0, 90) * MINUTE)
        for number in range(100, 100 + chance.randint(0, slots + 2))
    ]
    people = chance.sample(PEOPLE, 3)
    turns = {each: Turn(started_at=NOW + chance.randint(-9, 2) * MINUTE, number=n) for n, each in enumerate(people, 1)}
    runtimes = {"a.sh": [MINUTE, 60 * MINUTE], "b.sh": [2 * MINUTE] * 9}
    share = chance.choice([None, slots] if who == PEOPLE else [None, slots, *range(1, slots)])
    limits = Limits(slots=slots, cpus=4 * slots, per_person=share)
    cut = {(job.user_id, job.script) for job in waiting[-3:]} if chance.random() < 0.5 else ()
    return Scene(running=running, waiting=waiting, turns=turns, limits=limits, runtimes=runtimes, cut=cut)


@pytest.mark.parametrize("seed", range(90), indirect=True)
def test_settled_order_is_told_as_if_it_were_played_anew_each_time(seed: int) -> None:
    settled = crowd(seed)
    first, *others = settled.waiting
    played = replace(settled, waiting=[replace(first, passed_at=NEVER), *others])  # which counts for nothing by itself
    numbers = [job.id for job in (*settled.running, *settled.waiting)]

    told = [
        (
            forecasts(each, numbers, now=NOW, chance=lot(seed)),
            first_forecasts(each, numbers, at_most=5, now=NOW, chance=lot(seed)),
        )
        for each in (settled, played)
    ]

    known = [is_fixed(each.limits, each.waiting, each.running, now=NOW) for each in (settled, played)]
    assert known == [True, False]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "change",
    [
        {"priority": 1},
        {"cpus": 2},
        {"memory_bytes": 6},
        {"concurrency": 1},
        {"requested_at": NOW + MINUTE},
        {"passed_at": NOW},
    ],
    ids=lambda change: next(iter(change)),
)
def test_order_is_not_settled_where_how_long_jobs_run_may_change_it(change: dict[str, Any]) -> None:
    limits = Limits(slots=2, cpus=3, memory_bytes=10)
    jobs = [Waiting(**ONE, requested_at=NOW), Waiting(**(ONE | {"id": 2}), requested_at=NOW)]

    assert is_fixed(limits, jobs, (), now=NOW)
    assert not is_fixed(limits, [jobs[0], replace(jobs[1], **change)], (), now=NOW)


@pytest.mark.parametrize("limits", [Limits(), Limits(slots=2, cpus=1)])
def test_order_is_not_settled_where_not_only_slots_are_scarce(limits: Limits) -> None:
    assert not is_fixed(limits, [Waiting(**ONE, requested_at=NOW)], (), now=NOW)


@pytest.mark.parametrize(("other", "is_settled"), [("ada", True), ("bob", False)])
def test_order_of_one_person_alone_is_settled_also_where_they_may_not_have_all_slots(
    other: str, *, is_settled: bool
) -> None:
    jobs = [
        Waiting(**(ONE | {"id": number, "user_id": who}), requested_at=NOW) for number, who in enumerate(["ada", other])
    ]

    assert is_fixed(Limits(slots=2, per_person=1), jobs, (), now=NOW) is is_settled


def test_settled_queue_takes_no_more_jobs() -> None:
    jobs = [Waiting(**ONE, requested_at=NOW)]
    limits = Limits(slots=1)
    queue = Scheduler(limits, waiting=jobs, running=(), turns={}, now=NOW)

    with pytest.raises(RuntimeError, match="takes no more jobs"):
        FixedOrder(queue, limits, waiting=jobs, running=(), now=NOW).add(*jobs)
