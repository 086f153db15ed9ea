"""What is told of a job's start and end, and how often that comes true."""

import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

import pytest

from runner.scheduling import Forecast, Limits, Range, Reported, Running, Scene, Scheduler, Turn, Waiting
from runner.scheduling.forecast import first_forecasts, forecasts, places

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WORLDS = 20


def lot(seed: float) -> Random:
    return Random(seed)  # noqa: S311  # the same every time


def waiting(number: int, user: str = "ada", **parts: Any) -> Waiting:
    usual: dict[str, Any] = {"id": number, "user_id": user, "script": "a.sh", "requested_at": NOW}
    return Waiting(**(usual | parts))


def running(number: int, user: str = "eve", **parts: Any) -> Running:
    usual: dict[str, Any] = {"id": number, "user_id": user, "script": "a.sh", "started_at": NOW}
    return Running(**(usual | parts))


def scene(*jobs: Running | Waiting, past: Sequence[timedelta] = (), slots: int = 1, **parts: Any) -> Scene:
    usual: dict[str, Any] = {"turns": {}, "limits": Limits(slots=slots), "runtimes": {"a.sh": past}}
    return Scene(
        running=[job for job in jobs if isinstance(job, Running)],
        waiting=[job for job in jobs if isinstance(job, Waiting)],
        **(usual | parts),
    )


def told(found: Scene, wanted: int) -> Forecast:
    return forecasts(found, [wanted], now=NOW, chance=lot(1))[wanted]


def bounds(of: Range | None) -> tuple[datetime, datetime]:
    """The first and the last moment of a range that has both."""
    assert of is not None
    assert of.latest is not None
    return of.earliest, of.latest


def holds(of: Range, moment: datetime) -> bool:
    """Whether a moment lies in the range, of which the end may be open."""
    return of.earliest <= moment and (of.latest is None or moment <= of.latest)


def earliest_start(found: Scene, wanted: int) -> datetime:
    return bounds(told(found, wanted).start)[0]


def test_job_that_can_start_is_told_to_start_now() -> None:
    found = told(scene(waiting(1), past=[MINUTE] * 9), 1)

    assert (found.place, bounds(found.start)) == (1, (NOW, NOW))
    assert found.run_count == 9
    earliest, latest = bounds(found.end)
    assert NOW + MINUTE / 2 < earliest < NOW + MINUTE < latest < NOW + 2 * MINUTE


def test_place_is_that_of_the_real_order() -> None:
    jobs: list[Running | Waiting] = [running(9), *(waiting(number) for number in (1, 2, 3)), waiting(4, "bob")]

    found = scene(*jobs, past=[MINUTE] * 9)

    assert [told(found, number).place for number in (9, 1, 4, 2, 3)] == [0, 1, 2, 3, 4]
    assert places(found, [9, 1, 4, 2, 3], now=NOW) == {9: 0, 1: 1, 4: 2, 2: 3, 3: 4}


def test_start_is_told_as_later_the_more_jobs_are_before() -> None:
    found = scene(running(9), *(waiting(number) for number in range(1, 6)), past=[MINUTE] * 9)

    for number in range(1, 6):
        earliest, latest = bounds(told(found, number).start)
        assert earliest < NOW + number * MINUTE < latest
        assert latest - earliest < 2 * MINUTE


def test_job_that_ran_longer_than_ever_is_told_to_go_on_up_to_its_limit() -> None:
    job = running(9, started_at=NOW - HOUR, time_limit=HOUR + MINUTE)

    found = told(scene(job, past=[MINUTE] * 9), 9)

    assert (found.place, found.start) == (0, None)
    earliest, latest = bounds(found.end)
    assert NOW <= earliest <= latest <= NOW + MINUTE


def test_of_the_end_of_a_script_that_never_ran_nothing_is_said() -> None:
    found = told(scene(running(9, time_limit=10 * HOUR)), 9)

    assert (found.run_count, found.end.latest) == (0, None)
    assert found.end.earliest < NOW + MINUTE


def test_job_asked_for_alone_whose_script_never_ran_starts_now_and_ends_nobody_knows_when() -> None:
    found = told(scene(waiting(1, time_limit=10 * HOUR)), 1)

    assert bounds(found.start) == (NOW, NOW)
    assert found.end.latest is None


def test_of_what_waits_for_a_script_that_never_ran_nothing_is_said_but_that_it_waits() -> None:
    found = scene(running(9, time_limit=10 * HOUR), waiting(1), waiting(2))

    assert (told(found, 1).place, told(found, 2).place) == (1, 2)
    assert [made.latest for number in (1, 2) if (made := told(found, number).start)] == [None, None]


def test_start_that_waits_for_no_script_that_never_ran_is_told() -> None:
    jobs: list[Running | Waiting] = [running(8, script="new.sh", time_limit=10 * HOUR), running(9), waiting(1)]

    found = told(scene(*jobs, past=[MINUTE] * 9, slots=3), 1)

    assert bounds(found.start) == (NOW, NOW)
    assert bounds(found.end)[1] < NOW + 2 * MINUTE


def test_end_follows_from_what_a_job_says_of_itself() -> None:
    seconds = timedelta(seconds=1)
    job = running(
        9, started_at=NOW - 8 * seconds, time_limit=12 * HOUR, reported=Reported(share=0.13, after=8 * seconds)
    )

    found = told(scene(job), 9)

    earliest, latest = bounds(found.end)
    assert found.is_reported
    assert NOW + 20 * seconds < earliest < NOW + 53 * seconds < latest < NOW + 2 * MINUTE


def test_what_a_job_says_counts_for_more_than_what_others_took() -> None:
    job = running(9, started_at=NOW - HOUR, reported=Reported(share=0.5, after=HOUR))

    found = told(scene(job, past=[MINUTE] * 30), 9)

    earliest, latest = bounds(found.end)
    assert NOW + HOUR / 3 < earliest < NOW + HOUR < latest < NOW + 2 * HOUR


def test_first_percent_counts_for_less_than_what_others_took() -> None:
    job = running(9, started_at=NOW - MINUTE, reported=Reported(share=0.01, after=MINUTE))

    found = told(scene(job, past=[2 * MINUTE] * 30), 9)

    assert not found.is_reported
    assert bounds(found.end)[1] < NOW + 3 * MINUTE


def test_what_waits_starts_when_a_job_ends_as_it_says() -> None:
    job = running(9, started_at=NOW - 9 * MINUTE, time_limit=12 * HOUR, reported=Reported(share=0.9, after=9 * MINUTE))

    earliest, latest = bounds(told(scene(job, waiting(1)), 1).start)

    assert NOW + MINUTE / 3 < earliest < NOW + MINUTE < latest < NOW + 2 * MINUTE


def test_job_that_said_it_was_done_is_not_told_to_take_half_as_long_again() -> None:
    job = running(9, started_at=NOW - HOUR - MINUTE, time_limit=12 * HOUR, reported=Reported(share=1, after=HOUR))

    assert bounds(told(scene(job), 9).end)[1] < NOW + 5 * MINUTE


@pytest.mark.parametrize("share", [0, -1])
def test_no_share_of_the_work_says_nothing(share: float) -> None:
    assert told(scene(running(9, reported=Reported(share=share, after=MINUTE))), 9).end.latest is None


def test_same_queue_gives_the_same_forecast() -> None:
    found = scene(running(9), waiting(1), past=[MINUTE, HOUR])

    assert told(found, 1) == told(found, 1)


def test_attempt_that_is_put_off_starts_no_earlier() -> None:
    found = scene(past=[MINUTE], delayed=[(NOW + HOUR, waiting(1))])

    assert earliest_start(found, 1) == NOW + HOUR


def test_limits_hold_in_the_future_too() -> None:
    limits = Limits(slots=9, cpus=4)
    jobs: list[Running | Waiting] = [running(9, cpus=4), waiting(1, cpus=4), waiting(2, "bob", cpus=4)]

    found = scene(*jobs, past=[MINUTE] * 9, limits=limits)

    assert NOW < earliest_start(found, 1) < earliest_start(found, 2)


def test_behind_the_part_of_a_line_that_is_seen_nothing_is_told() -> None:
    found = scene(*(waiting(number) for number in (1, 2)), waiting(3, "bob"), past=[MINUTE], cut=[("ada", "a.sh")])

    assert set(forecasts(found, [1, 2, 3, 7], now=NOW, chance=lot(1))) == {1, 2, 3}
    assert 7 not in places(found, [7], now=NOW)


def test_job_that_can_never_run_is_told_nothing() -> None:
    found = scene(waiting(1, cpus=9), past=[MINUTE], limits=Limits(cpus=4))

    assert forecasts(found, [1], now=NOW, chance=lot(1)) == {}


def crowd(seed: int) -> Scene:
    """A queue of several people's jobs, some of which run, are put off or go on unseen."""
    chance = lot(seed)
    jobs = [
        waiting(number, chance.choice("pqrs"), script=chance.choice(["a.sh", "b.sh", "c.sh"]))
        for number in range(1, chance.randint(2, 60))
    ]
    runs = [running(number, chance.choice("pqrs"), script="b.sh") for number in range(100, 100 + chance.randint(0, 3))]
    cut = {(job.user_id, job.script) for job in jobs[-3:]} if chance.random() < 0.5 else ()
    delayed = [(NOW + chance.randint(1, 9) * MINUTE, waiting(200, "eve"))]
    runtimes = {"a.sh": [MINUTE, HOUR], "b.sh": [2 * MINUTE] * 9}
    return scene(*jobs, *runs, slots=3, cut=cut, delayed=delayed, runtimes=runtimes)


@pytest.mark.parametrize("seed", range(8), indirect=True)
@pytest.mark.parametrize("at_most", [1, 5, 100])
def test_jobs_that_start_next_are_told_what_they_are_told_among_all(seed: int, at_most: int) -> None:
    found = crowd(seed)
    numbers = [job.id for job in (*found.running, *found.waiting, *(job for _, job in found.delayed))]
    everything = forecasts(found, numbers, now=NOW, chance=lot(1))
    waits = [number for number in numbers if number < 100]

    first = first_forecasts(found, numbers, at_most=at_most, now=NOW, chance=lot(1))

    assert {number: everything[number] for number in first} == first
    assert {job.id for job in found.running} <= set(first)
    told = sorted(made.place for number, made in first.items() if made.place)
    assert told == sorted(made.place for made in everything.values() if made.place)[: len(told)]
    assert len(told) == at_most or found.cut or len(told) == len(waits) + 1


def test_job_is_told_the_same_whoever_else_is_asked_for() -> None:
    found = crowd(1)

    alone = [told(found, job.id) for job in found.waiting[:9]]

    together = forecasts(found, [job.id for job in found.waiting], now=NOW, chance=lot(1))
    assert alone == [together[job.id] for job in found.waiting[:9]]


def test_of_some_of_the_jobs_those_are_told_that_start_next() -> None:
    found = scene(running(9), *(waiting(number) for number in range(1, 9)), past=[MINUTE] * 9)

    assert set(first_forecasts(found, [7, 8, 3], at_most=2, now=NOW, chance=lot(1))) == {3, 7}


@dataclass
class World:
    """A machine whose people, scripts and durations are drawn by lot, and what was told and came true in it."""

    chance: Random
    newcomers: bool
    slots: int = 2
    told: list[tuple[str, Forecast, datetime, int]] = field(default_factory=list)
    starts: dict[int, datetime] = field(default_factory=dict)
    ends: dict[int, datetime] = field(default_factory=dict)

    def live(self) -> None:
        """From a queue with a history until it is empty; every so often all that wait or run are told."""
        chance = self.chance
        self.scripts = {f"{name}.sh": (chance.uniform(1, 8), chance.uniform(0.05, 0.9)) for name in "abcde"}
        self.runtimes = {
            script: [self.duration(script) for _ in range(chance.choice([0, 1, 2, 5, 10, 30]))]
            for script in self.scripts
        }
        self.jobs: dict[int, Waiting] = {}
        self.turns: dict[str, Turn] = {}
        self.queue = Scheduler(Limits(slots=self.slots), waiting=(), running=(), turns={}, now=NOW)
        self.now = NOW
        for _ in range(chance.randint(1, 40)):
            self.come()
        ending: list[tuple[datetime, int]] = []
        started = 0
        while True:
            while (job := self.queue.pick(self.now)) is not None:
                self.starts[job.id] = self.now
                self.turns[job.user_id] = Turn(started_at=self.now, number=(started := started + 1))
                heappush(ending, (self.now + self.duration(job.script), job.id))
            if not ending:
                return
            if chance.random() < 0.3:
                self.tell()
            if self.newcomers and len(self.jobs) < 80 and chance.random() < 0.3:
                self.come()
            self.now, number = heappop(ending)
            self.ends[number] = self.now
            self.queue.end(number)
            script = self.jobs[number].script
            self.runtimes[script] = [self.now - self.starts[number], *self.runtimes[script]][:30]

    def come(self) -> None:
        user, script = self.chance.choice("pqrs"), self.chance.choice(sorted(self.scripts))
        job = waiting(len(self.jobs) + 1, user, script=script, requested_at=self.now)
        self.jobs[job.id] = job
        self.queue.add(job)

    def tell(self) -> None:
        waits = [job for number, job in self.jobs.items() if number not in self.starts]
        runs = [
            running(number, self.jobs[number].user_id, script=self.jobs[number].script, started_at=self.starts[number])
            for number in self.starts
            if number not in self.ends
        ]
        found = Scene(
            running=runs,
            waiting=waits,
            turns=dict(self.turns),
            limits=Limits(slots=self.slots),
            runtimes={script: list(past) for script, past in self.runtimes.items()},
        )
        for job in self.chance.sample([*waits, *runs], min(3, len(waits) + len(runs))):
            made = forecasts(found, [job.id], now=self.now, chance=lot(self.chance.random()))[job.id]
            self.told.append((job.script, made, self.now, job.id))

    def duration(self, script: str) -> timedelta:
        mean, spread = self.scripts[script]
        return timedelta(seconds=min(86_400, math.exp(self.chance.gauss(mean, spread))))

    def kept(self) -> Iterator[tuple[bool, bool, float]]:
        """Of each forecast of a wait: whether start and end came within, and how wide the range of the start was."""
        for _, made, moment, number in self.told:
            end = holds(made.end, self.ends[number])
            if made.start is None:
                yield True, end, math.nan
            else:
                wait = max(self.starts[number] - moment, timedelta(seconds=1))
                width = (made.start.latest - made.start.earliest) / wait if made.start.latest else math.inf
                yield holds(made.start, self.starts[number]), end, width


@pytest.mark.parametrize("seed", [20260304], indirect=True)
@pytest.mark.parametrize(("newcomers", "floor"), [(False, 0.75), (True, 0.65)], ids=["known queue", "newcomers"])
def test_ranges_come_true(newcomers: bool, floor: float, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[tuple[bool, bool, float]] = []
    for number in range(WORLDS):
        world = World(lot(seed + number), newcomers)
        world.live()
        kept.extend(world.kept())

    waits = [each for each in kept if not math.isnan(each[2])]
    starts = sum(start for start, _, _ in waits) / len(waits)
    ends = sum(end for _, end, _ in kept) / len(kept)
    widths = sorted(width for _, _, width in waits if math.isfinite(width))
    with capsys.disabled():
        print(  # noqa: T201  # how far off it is, for whoever runs this
            f"\nforecasts (seeds {seed} to {seed + WORLDS - 1}, {'with' if newcomers else 'without'} newcomers): of "
            f"{len(waits)} starts {starts:.0%} and of {len(kept)} ends {ends:.0%} came within the range told; "
            f"the range of a start is {widths[len(widths) // 2]:.2f} of the wait (median)"
        )
    assert min(starts, ends) >= floor
    assert widths[len(widths) // 2] < 2


GARBAGE = """
import gc
import sys
from datetime import UTC, datetime, timedelta
from random import Random

from runner.scheduling import Limits, Running, Scene, Waiting, forecast

now = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
running = [Running(id=1, user_id="U0ADA", script="a.sh", started_at=now)]
waiting = [Waiting(id=n, user_id=f"U{n % 3}", script="a.sh", requested_at=now) for n in range(2, 12)]
scene = Scene(running=running, waiting=waiting, turns={}, limits=Limits(slots=2, per_person=1), runtimes={})


def foresee():
    forecast.forecasts(scene, [11], now=now, chance=Random(0))
    forecast.first_forecasts(scene, [each.id for each in waiting], at_most=3, now=now, chance=Random(0))


foresee()
gc.collect()
gc.disable()
before = sys.getallocatedblocks()
for _ in range(100):
    foresee()
print(sys.getallocatedblocks() - before)
"""


def test_forecast_leaves_nothing_behind_that_has_to_be_searched_for() -> None:
    left = int(subprocess.run([sys.executable, "-c", GARBAGE], stdout=subprocess.PIPE, check=True).stdout)

    assert left < 10_000, "of 100 forecasts"
