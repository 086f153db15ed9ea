"""When jobs are going to start and end, as past runs of their scripts say; pure.

The queue is played many times, each time with other durations drawn from the past; what comes out in the middle eight
of ten plays is the range that is told. That the future may bring new jobs is not in it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import chain
from random import Random

from runner.scheduling.fixed_order import FixedOrder, is_fixed
from runner.scheduling.limits import Limits, Load, Running
from runner.scheduling.runtimes import DrawnRuntimes, Promise, Runtimes, RuntimesByScript
from runner.scheduling.scheduler import Scheduler, Turn, Waiting

_PLAYS = 40
_LEAST_PLAYS = 9
_STARTS = 2_000
"""How many starts are played at most, over all plays: some 20 ms."""

_AHEAD = 2  # how many times as many starts as are asked for are looked at to know which come first


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The queue as it stands. ``waiting`` are the first jobs of all lines; lines in ``cut`` go on behind theirs.

    ``delayed`` may start at a later moment only. ``runtimes`` are the durations of earlier jobs, by script.
    """

    running: Sequence[Running]
    waiting: Sequence[Waiting]
    turns: Mapping[str, Turn]
    limits: Limits
    runtimes: Mapping[str, Sequence[timedelta]]
    delayed: Sequence[tuple[datetime, Waiting]] = ()
    cut: Collection[tuple[str, str]] = ()

    @property
    def jobs(self) -> Iterator[Load]:
        """All that run or wait here."""
        return chain(self.running, self.waiting, (job for _, job in self.delayed))

    def with_another(self, job: Waiting, runtimes: Sequence[timedelta]) -> "Scene":
        """The queue with one job more and past runs of its script; as it is where it is too far back in its line."""
        if (job.user_id, job.script) in self.cut:
            return self
        return replace(self, waiting=[*self.waiting, job], runtimes={**self.runtimes, job.script: runtimes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A moment that is not known exactly; ``latest`` is None where nothing can be said."""

    earliest: datetime
    latest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to be expected of a job: its place among those that wait, and when it starts and ends.

    ``place`` is 0 for a job that runs, ``start`` None for one. ``run_count`` is how many past runs of the script are
    known; where there are none, and the job says nothing of itself, nothing can be said of its end, nor of what waits
    for it. ``is_reported`` is whether the end follows from what the job says.
    """

    place: int
    start: Range | None
    end: Range
    run_count: int
    is_reported: bool = False


def forecasts(scene: Scene, wanted: Collection[int], *, now: datetime, chance: Random) -> dict[int, Forecast]:
    """What is to be expected of each of these jobs; one that has too many others before it to tell is absent."""
    seen = {job.id for job in scene.jobs}.intersection(wanted)
    if len(seen) == 1 and (alone := _alone(scene)) is not None:
        return {alone.id: _forecast_alone(alone, scene.runtimes.get(alone.script, ()), now=now, chance=chance)}
    return _forecasts(scene, _plays(scene, now=now, chance=chance), seen, now) if seen else {}


def first_forecasts(
    scene: Scene, among: Collection[int], *, at_most: int, now: datetime, chance: Random
) -> dict[int, Forecast]:
    """What is to be expected of those of these jobs that run, and of so many of them that start next."""
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
    return _forecasts(scene, plays, [*running, *following], now)


def places(scene: Scene, wanted: Collection[int], *, now: datetime) -> dict[int, int]:
    """The places of these jobs among those that wait, from 1, if all run as long as is usual; those that are known."""
    if (alone := _alone(scene)) is not None:
        return {alone.id: 1} if alone.id in wanted else {}
    play = _Play(scene, _queue(scene, now), RuntimesByScript(scene.runtimes), now=now, chance=None)
    play.see(wanted)
    return {number: play.found[number].place for number in wanted if number in play.found}


@dataclass(frozen=True, slots=True)
class _Found:
    """A job's place, start and end, in seconds from now; either may follow from a mere guess."""

    place: int
    start: float
    end: float
    is_start_guessed: bool = False
    is_end_guessed: bool = False


def _alone(scene: Scene) -> Waiting | None:
    """The only job of the queue, which starts at once whatever is drawn; None where there are others, or none."""
    if scene.running or scene.delayed or len(scene.waiting) != 1:
        return None
    (job,) = scene.waiting
    return None if scene.limits.excess(cpus=job.cpus, memory_bytes=job.memory_bytes) else job


def _forecast_alone(job: Waiting, runtimes: Sequence[timedelta], *, now: datetime, chance: Random) -> Forecast:
    past, limit = Runtimes(runtimes), job.time_limit.total_seconds()
    lots = [Random(chance.getrandbits(64)) for _ in range(_PLAYS)]  # noqa: S311  # as foreseeable as ``chance``
    spans = [DrawnRuntimes(past, lot).span(passed=0.0, limit=limit) for lot in lots]
    found = [_Found(1, 0.0, span, is_end_guessed=not runtimes) for span in spans]
    return _forecast(found, _PLAYS, run_count=len(runtimes), now=now)


def _plays(scene: Scene, *, now: datetime, chance: Random) -> list["_Play"]:
    most = max(1, len(scene.waiting) + len(scene.delayed))
    count = max(_LEAST_PLAYS, min(_PLAYS, _STARTS // most))
    queue, runtimes = _fixed_order(scene, now) or _queue(scene, now), RuntimesByScript(scene.runtimes)
    lots = [Random(chance.getrandbits(64)) for _ in range(count)]  # noqa: S311  # as foreseeable as ``chance``
    return [_Play(scene, copy(queue), runtimes, now=now, chance=lot) for lot in lots]


def _fixed_order(scene: Scene, now: datetime) -> FixedOrder | None:
    """The queue where the order of starts is the same in all plays; None where it may not be."""
    if scene.delayed or not is_fixed(scene.limits, scene.waiting, scene.running, now=now):
        return None
    queue = Scheduler(scene.limits, waiting=scene.waiting, running=(), turns=scene.turns, now=now)
    return FixedOrder(queue, scene.limits, waiting=scene.waiting, running=scene.running, now=now)


def _queue(scene: Scene, now: datetime) -> Scheduler:
    return Scheduler(scene.limits, waiting=scene.waiting, running=scene.running, turns=scene.turns, now=now)


class _Play:
    """One possible future, seen as far as is asked for; the usual one where there is no ``chance``.

    ``found`` are the jobs whose starts and ends are known by then, in the order in which they start. Moments are
    seconds from now.
    """

    def __init__(
        self,
        scene: Scene,
        queue: Scheduler | FixedOrder,
        runtimes: RuntimesByScript,
        *,
        now: datetime,
        chance: Random | None,
    ) -> None:
        self._now = now
        self._passed = 0.0
        self._chance = chance
        self._runtimes = runtimes
        self._runs: dict[str, DrawnRuntimes] = {}
        self._queue = queue
        self._is_timeless = isinstance(queue, FixedOrder)  # what starts is the same at any moment
        self._left = dict.fromkeys(scene.cut, 0)
        for job in scene.waiting if scene.cut else ():
            self._count(job)
        self._changes: list[tuple[float, int, bool, Waiting | None]] = [
            ((moment - now).total_seconds(), job.id, False, job) for moment, job in scene.delayed
        ]
        heapify(self._changes)
        self.found: dict[int, _Found] = {}
        self._is_guess = False  # whether something has ended by now of which that is but guessed
        for running in scene.running:
            self._note(running, 0, (running.started_at - now).total_seconds())
        self._moment, self._place, self._is_over = now, 0, False

    def see(self, wanted: Collection[int]) -> None:
        """Play until the starts and ends of these jobs are known, or as far as anything is known of the queue."""
        missing = set(wanted) - self.found.keys()
        while missing and (number := self._start()) is not None:
            missing.discard(number)

    def see_first(self, count: int, among: Collection[int]) -> None:
        """Play until so many of these jobs have started."""
        while count and (number := self._start()) is not None:
            count -= number in among

    def _start(self) -> int | None:
        """The job that starts next; None once a line goes on unseen, or nothing more starts.

        No generator: one that is kept here and has ``self`` would be garbage that lies about until it is searched for,
        with all that was drawn.
        """
        while not self._is_over:
            if (job := self._queue.pick(self._moment)) is not None:
                self._place += 1
                self._note(job, self._place, self._passed)
                self._is_over = bool(self._left) and self._count_down(job)
                return job.id
            self._is_over = not self._go_on()
        return None

    def _note(self, job: Load, place: int, start: float) -> None:
        runs = self._runs.get(job.script)
        if runs is None:
            runs = self._runs[job.script] = DrawnRuntimes(self._runtimes.of(job.script), self._chance)
        passed = self._passed - start if self._passed > start else 0.0
        promise = _promise(job)
        end = start + runs.span(passed=passed, limit=job.time_limit.total_seconds(), promise=promise)
        is_guess = self._is_guess or not (promise or self._runtimes.of(job.script).logs)
        self.found[job.id] = _Found(place, start, end, is_start_guessed=self._is_guess, is_end_guessed=is_guess)
        heappush(self._changes, (end, job.id, is_guess, None))

    def _go_on(self) -> bool:
        """Move to the next moment at which a job ends or joins its line; False where there is none."""
        changes = self._changes
        if not changes:
            return False
        self._passed = max(self._passed, changes[0][0])
        if not self._is_timeless:
            self._moment = self._now + timedelta(seconds=self._passed)
        while changes and changes[0][0] <= self._passed:
            _, number, is_guess, job = heappop(changes)
            self._is_guess |= is_guess
            if job is None:
                self._queue.end(number)
            else:
                self._queue.add(job)
                self._count(job)
        return True

    def _count(self, job: Waiting) -> None:
        if (job.user_id, job.script) in self._left:
            self._left[job.user_id, job.script] += 1

    def _count_down(self, job: Waiting) -> bool:
        line = (job.user_id, job.script)
        if line not in self._left:
            return False
        self._left[line] -= 1
        return self._left[line] == 0


def _usual_places(plays: Sequence[_Play], numbers: Iterable[int]) -> dict[int, int]:
    """The places in the middle, of those of these jobs that were seen in most plays."""
    middle = len(plays) // 2
    found = {number: [play.found[number].place for play in plays if number in play.found] for number in numbers}
    return {number: sorted(each)[middle] for number, each in found.items() if len(each) > middle}


def _forecasts(scene: Scene, plays: Sequence[_Play], wanted: Collection[int], now: datetime) -> dict[int, Forecast]:
    for play in plays:
        play.see(wanted)
    jobs = {job.id: job for job in scene.jobs}
    found = {number: [play.found[number] for play in plays if number in play.found] for number in wanted}
    made: dict[int, Forecast] = {}
    for number, each in found.items():
        if each:
            past, promise = scene.runtimes.get(jobs[number].script, ()), _promise(jobs[number])
            is_reported = promise is not None and promise.counts_beside(Runtimes(past))
            forecast = _forecast(each, len(plays), run_count=len(past), now=now)
            made[number] = replace(forecast, is_reported=is_reported)
    return made


def _promise(job: Load) -> Promise | None:
    """How long a job runs as it says itself; None where it said nothing."""
    if not isinstance(job, Running) or job.reported is None or job.reported.share <= 0:
        return None
    return Promise(min(1.0, job.reported.share), job.reported.after.total_seconds())


def _forecast(found: Sequence[_Found], play_count: int, *, run_count: int, now: datetime) -> Forecast:
    place = sorted(each.place for each in found)[len(found) // 2]
    starts = [(each.start, each.is_start_guessed) for each in found]
    ends = [(each.end, each.is_end_guessed) for each in found]
    return Forecast(
        place=place,
        start=None if place == 0 else _range(starts, play_count, now),
        end=_range(ends, play_count, now),
        run_count=run_count,
    )


def _range(found: Sequence[tuple[float, bool]], play_count: int, now: datetime) -> Range:
    """The middle eight of ten plays, in some of which nothing is known, or no more than a guess."""
    low = max(0, play_count // 10 - 1)
    high = play_count - 1 - low
    moments = sorted(moment for moment, _ in found)
    known = sorted(moment for moment, is_guess in found if not is_guess)
    earliest, latest = moments[min(low, len(moments) - 1)], known[high] if high < len(known) else None
    return Range(
        earliest=now + timedelta(seconds=earliest),
        latest=None if latest is None else now + timedelta(seconds=latest),
    )
