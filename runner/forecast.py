"""When jobs are going to start and end, as past runs of their scripts say; pure.

The queue is played many times, each time with other durations drawn from the past; what comes out in the middle eight
of ten plays is the range that is told. That the future may bring new jobs is not in it.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random
from typing import NamedTuple

from runner.fairness import Queue, Turn, Waiting
from runner.limits import Limits, Load, Running

_PLAYS = 40
_LEAST_PLAYS = 9
_STARTS = 2_000
"""How many starts are played at most, over all plays: some 20 ms."""

_AHEAD = 2  # how many times as many starts as are asked for are looked at to know which come first

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
    plays = _plays(scene, now=now, chance=chance)
    return _forecasts(scene, plays, wanted)


def first_forecasts(
    scene: Scene, among: Collection[int], *, at_most: int, now: datetime, chance: Random
) -> dict[int, Forecast]:
    """The same of those of these jobs that run, and of so many of them that start next."""
    plays = _plays(scene, now=now, chance=chance)
    running = {job.id for job in scene.running}.intersection(among)
    waiting = set(among) - running
    for play in plays:
        play.see_first(_AHEAD * at_most, waiting)
    known = _usual_places(plays, waiting)
    if len(known) < at_most:
        for play in plays:
            play.see(waiting)
        known = _usual_places(plays, waiting)
    following = sorted(known, key=lambda number: (known[number], number))[:at_most]
    return _forecasts(scene, plays, [*running, *following])


def places(scene: Scene, wanted: Collection[int], *, now: datetime) -> dict[int, int]:
    """The places of these jobs among those that wait, from 1, if all run as long as is usual; those that are known."""
    play = _Play(scene, _queue(scene, now), _Pasts(scene), now=now, chance=None)
    play.see(wanted)
    return {number: play.found[number].place for number in wanted if number in play.found}


class _Found(NamedTuple):
    script: str
    place: int
    start: datetime
    end: datetime


def _plays(scene: Scene, *, now: datetime, chance: Random) -> list["_Play"]:
    most = max(1, len(scene.waiting) + len(scene.delayed))
    count = max(_LEAST_PLAYS, min(_PLAYS, _STARTS // most))
    queue, pasts = _queue(scene, now), _Pasts(scene)
    lots = [Random(chance.getrandbits(64)) for _ in range(count)]  # noqa: S311  # as foreseeable as ``chance``
    return [_Play(scene, copy(queue), pasts, now=now, chance=lot) for lot in lots]


def _queue(scene: Scene, now: datetime) -> Queue:
    return Queue(scene.limits, waiting=scene.waiting, running=scene.running, turns=scene.turns, now=now)


class _Play:
    """One possible future, seen as far as is asked for; the usual one where there is no ``chance``.

    ``found`` are the jobs whose starts and ends are known by then, in the order in which they start.
    """

    def __init__(self, scene: Scene, queue: Queue, pasts: "_Pasts", *, now: datetime, chance: Random | None) -> None:
        self._now = now
        self._chance = chance
        self._pasts = pasts
        self._runs: dict[str, _Runs] = {}
        self._queue = queue
        self._left = dict.fromkeys(scene.cut, 0)
        for job in scene.waiting:
            self._count(job)
        self._arrivals = [(moment, job.id, job) for moment, job in scene.delayed]
        heapify(self._arrivals)
        self._ends: list[tuple[datetime, int]] = []
        self.found: dict[int, _Found] = {}
        for running in scene.running:
            self._note(running, 0, running.started_at)
        self._starts = self._in_turn()

    def see(self, wanted: Collection[int]) -> None:
        """Play until the starts and ends of these jobs are known, or as far as anything is known of the queue."""
        missing = set(wanted) - self.found.keys()
        while missing and (number := next(self._starts, None)) is not None:
            missing.discard(number)

    def see_first(self, count: int, among: Collection[int]) -> None:
        """Play until so many of these jobs have started."""
        while count and (number := next(self._starts, None)) is not None:
            count -= number in among

    def _in_turn(self) -> Iterator[int]:
        """The jobs that start, one after another, until the end of a line that goes on unseen."""
        place = 0
        while True:
            while (job := self._queue.pick(self._now)) is not None:
                place += 1
                self._note(job, place, self._now)
                yield job.id
                if self._is_seen_through(job):
                    return
            if not self._go_on():
                return

    def _note(self, job: Load, place: int, start: datetime) -> None:
        end = start + self._duration(job, passed=self._now - start)
        self.found[job.id] = _Found(job.script, place, start, end)
        heappush(self._ends, (end, job.id))

    def _go_on(self) -> bool:
        """Move to the next moment at which anything changes; False where nothing does."""
        moments = [heap[0][0] for heap in (self._ends, self._arrivals) if heap]
        if not moments:
            return False
        self._now = max(self._now, min(moments))
        while self._ends and self._ends[0][0] <= self._now:
            self._queue.end(heappop(self._ends)[1])
        while self._arrivals and self._arrivals[0][0] <= self._now:
            job = heappop(self._arrivals)[2]
            self._queue.add(job)
            self._count(job)
        return True

    def _count(self, job: Waiting) -> None:
        if (job.user_id, job.script) in self._left:
            self._left[job.user_id, job.script] += 1

    def _is_seen_through(self, job: Waiting) -> bool:
        line = (job.user_id, job.script)
        if line not in self._left:
            return False
        self._left[line] -= 1
        return self._left[line] == 0

    def _duration(self, job: Load, *, passed: timedelta) -> timedelta:
        known, limit = max(0.0, passed.total_seconds()), job.time_limit.total_seconds()
        if job.script not in self._runs:
            self._runs[job.script] = _Runs(self._pasts.of(job.script), self._chance)
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


class _Pasts:
    """What is known of the scripts of a scene, worked out for those that are asked for, once for all plays."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._found: dict[str, _Past] = {}

    def of(self, script: str) -> _Past:
        """What is known of this one."""
        if script not in self._found:
            self._found[script] = _Past(self._scene.pasts.get(script, ()))
        return self._found[script]


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
        return (
            self._past.logs[int(len(self._past.logs) * chance.random())]
            + self._shift
            + chance.gauss(0, self._past.blur)
        )


def _usual_places(plays: Sequence[_Play], numbers: Iterable[int]) -> dict[int, int]:
    """The places in the middle, of those of these jobs that were seen in most plays."""
    middle = len(plays) // 2
    found = {number: [play.found[number].place for play in plays if number in play.found] for number in numbers}
    return {number: sorted(each)[middle] for number, each in found.items() if len(each) > middle}


def _forecasts(scene: Scene, plays: Sequence[_Play], wanted: Collection[int]) -> dict[int, Forecast]:
    for play in plays:
        play.see(wanted)
    found = {number: [play.found[number] for play in plays if number in play.found] for number in wanted}
    return {number: _forecast(scene, each, len(plays)) for number, each in found.items() if each}


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
