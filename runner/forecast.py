"""When jobs are going to start and end, as past runs of their scripts say; pure.

The queue is played many times, each time with other durations drawn from the past; what comes out in the middle eight
of ten plays is the range that is told. That the future may bring new jobs is not in it.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random

from runner.fairness import Queue, Turn, Waiting
from runner.limits import Limits, Load, Running

_PLAYS = 40
_LEAST_PLAYS = 9
_STARTS = 4_000
"""How many starts are played at most, over all plays: some 30 ms."""

_SHORTEST_SECONDS = 0.01
_DRAWS = 20
_USUAL_SPREAD = 0.5
"""How much durations of one script differ where few runs are known: the standard deviation of their logarithms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The queue as it stands. ``waiting`` are the first jobs of all lines; lines in ``cut`` go on behind theirs.

    ``delayed`` may start at a later moment only. ``pasts`` are the durations of earlier jobs, by script.
    """

    running: Sequence[Running]
    waiting: Sequence[Waiting]
    turns: Mapping[str, Turn]
    limits: Limits
    pasts: Mapping[str, Sequence[timedelta]]
    delayed: Sequence[tuple[datetime, Waiting]] = ()
    cut: Collection[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A moment that is not known exactly; ``latest`` is None where nothing can be said."""

    earliest: datetime
    latest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to be expected of a job: its place among those that wait, and when it starts and ends.

    ``place`` is 0 for a job that runs, ``start`` None for one. ``run_count`` is how many past runs of the script are
    known; where there are none, the range of the end is little more than the time limit.
    """

    place: int
    start: Range | None
    end: Range
    run_count: int


def forecasts(scene: Scene, wanted: Collection[int], *, now: datetime, chance: Random) -> dict[int, Forecast]:
    """What is to be expected of each of these jobs; one that has too many others before it to tell is absent."""
    most = max(1, len(scene.waiting) + len(scene.delayed))
    play_count = max(_LEAST_PLAYS, min(_PLAYS, _STARTS // most))
    pasts = _pasts(scene)
    plays = [_Play(scene, pasts, now=now, chance=chance).until(wanted) for _ in range(play_count)]
    found = {number: [play[number] for play in plays if number in play] for number in wanted}
    return {number: _forecast(scene, each, play_count) for number, each in found.items() if each}


def places(scene: Scene, wanted: Collection[int], *, now: datetime) -> dict[int, int]:
    """The places of these jobs among those that wait, from 1, if all run as long as is usual; those that are known."""
    found = _Play(scene, _pasts(scene), now=now, chance=None).until(wanted)
    return {number: found[number].place for number in wanted if number in found}


def _pasts(scene: Scene) -> dict[str, "_Past"]:
    """What is known of each script whose jobs run or wait."""
    scripts = {job.script for job in (*scene.running, *scene.waiting, *(job for _, job in scene.delayed))}
    return {script: _Past(scene.pasts.get(script, ())) for script in sorted(scripts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    script: str
    place: int
    start: datetime
    end: datetime


class _Play:
    """One possible future; the usual one where there is no ``chance``."""

    def __init__(self, scene: Scene, pasts: Mapping[str, "_Past"], *, now: datetime, chance: Random | None) -> None:
        self._scene = scene
        self._now = now
        self._runs = {script: _Runs(past, chance) for script, past in pasts.items()}
        self._queue = Queue(scene.limits, waiting=(), running=scene.running, turns=scene.turns, now=now)
        self._left = dict.fromkeys(scene.cut, 0)
        for job in scene.waiting:
            self._add(job)
        self._arrivals = [(moment, job.id, job) for moment, job in scene.delayed]
        heapify(self._arrivals)
        self._ends: list[tuple[datetime, int]] = []

    def until(self, wanted: Collection[int]) -> dict[int, _Found]:
        """Play until the starts and ends of those jobs are known, or as far as anything is known of the queue."""
        found: dict[int, _Found] = {}
        for running in self._scene.running:
            end = running.started_at + self._duration(running, passed=self._now - running.started_at)
            found[running.id] = _Found(script=running.script, place=0, start=running.started_at, end=end)
            heappush(self._ends, (end, running.id))
        missing = set(wanted) - set(found)
        starts = self._starts() if missing else iter(())
        for count, (job, start) in enumerate(starts, 1):
            end = start + self._duration(job)
            found[job.id] = _Found(script=job.script, place=count, start=start, end=end)
            heappush(self._ends, (end, job.id))
            missing.discard(job.id)
            if not missing:
                break
        return found

    def _starts(self) -> Iterator[tuple[Waiting, datetime]]:
        """The jobs that start, one after another, until the end of a line that goes on unseen."""
        while True:
            while (job := self._queue.pick(self._now)) is not None:
                yield job, self._now
                if self._is_seen_through(job):
                    return
            if not self._go_on():
                return

    def _go_on(self) -> bool:
        """Move to the next moment at which anything changes; False where nothing does."""
        moments = [heap[0][0] for heap in (self._ends, self._arrivals) if heap]
        if not moments:
            return False
        self._now = max(self._now, min(moments))
        while self._ends and self._ends[0][0] <= self._now:
            self._queue.end(heappop(self._ends)[1])
        while self._arrivals and self._arrivals[0][0] <= self._now:
            self._add(heappop(self._arrivals)[2])
        return True

    def _add(self, job: Waiting) -> None:
        self._queue.add(job)
        if (job.user_id, job.script) in self._left:
            self._left[job.user_id, job.script] += 1

    def _is_seen_through(self, job: Waiting) -> bool:
        line = (job.user_id, job.script)
        if line not in self._left:
            return False
        self._left[line] -= 1
        return self._left[line] == 0

    def _duration(self, job: Load, *, passed: timedelta = timedelta()) -> timedelta:
        known, limit = max(0.0, passed.total_seconds()), job.time_limit.total_seconds()
        seconds = self._runs[job.script].seconds(passed=known, limit=limit)
        return timedelta(seconds=max(known, min(seconds, limit)))


class _Past:
    """How long jobs of a script ran so far.

    Logarithms are kept, since durations of one script differ by factors.
    """

    def __init__(self, durations: Sequence[timedelta]) -> None:
        self.logs = sorted(math.log(max(_SHORTEST_SECONDS, each.total_seconds())) for each in durations)
        count = max(1, len(self.logs))
        mean = sum(self.logs) / count
        spread = math.sqrt((_USUAL_SPREAD**2 + sum((each - mean) ** 2 for each in self.logs)) / count)
        self.blur = spread * 0.9 * count**-0.2  # Silverman's rule for the width of a kernel
        self.doubt = spread * count**-0.5


class _Runs:
    """How long jobs of a script run in one play: not just as long as the known ones, for few do not tell all.

    What is usual for the script is drawn once, then each job's difference from that.
    """

    def __init__(self, past: _Past, chance: Random | None) -> None:
        self._past = past
        self._chance = chance
        self._shift = 0.0 if chance is None else chance.gauss(0, past.doubt)
        self._guess = 0.5 if chance is None else chance.random()

    def seconds(self, *, passed: float, limit: float) -> float:
        """How long a job runs that ran some time already."""
        if self._chance is None:
            return max(math.exp(self._usual(limit)), passed * 1.5)
        for _ in range(_DRAWS):
            if (seconds := math.exp(self._drawn(self._chance, limit))) > passed:
                return seconds
        return passed * (1 + self._chance.expovariate(2))  # longer than ever: nobody knows how much

    def _usual(self, limit: float) -> float:
        """The median; without any known run, anything between a second and the limit."""
        logs = self._past.logs
        return logs[len(logs) // 2] if logs else self._guess * math.log(max(1.0, limit))

    def _drawn(self, chance: Random, limit: float) -> float:
        if not self._past.logs:
            return chance.gauss(self._usual(limit), _USUAL_SPREAD)
        return chance.choice(self._past.logs) + self._shift + chance.gauss(0, self._past.blur)


def _forecast(scene: Scene, found: Sequence[_Found], play_count: int) -> Forecast:
    unknown = play_count - len(found)
    place = sorted(each.place for each in found)[len(found) // 2]
    return Forecast(
        place=place,
        start=None if place == 0 else _range([each.start for each in found], unknown=unknown),
        end=_range([each.end for each in found], unknown=unknown),
        run_count=len(scene.pasts.get(found[0].script, ())),
    )


def _range(moments: Iterable[datetime], *, unknown: int) -> Range:
    known = sorted(moments)
    low = max(0, (len(known) + unknown) // 10 - 1)
    high = len(known) + unknown - 1 - low
    return Range(earliest=known[min(low, len(known) - 1)], latest=known[high] if high < len(known) else None)
