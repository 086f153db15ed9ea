"""Which job starts next: fair among people, within the limits, and without any that waits for ever; pure.

Jobs of one person and one script are a line. The first jobs of all lines are ranked by how long they wait and by their
priority, a step of which counts as much as waiting for ``ageing``. Waiting counts from a person's last start, so people
take turns; whoever has one job waits for at most one job of each other person of the same priority. A turn goes to the
oldest of the person's own jobs that can run, in which priority counts in the same way.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from runner.limits import Limits, Load, Room, Running

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SEVERAL = 8  # lines that are put into their places faster by sorting all
_OF_ALL = 10**18  # more than the microseconds of any year that datetime knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Load):
    """A job that may start; ``front`` is less than 0 where it was moved, ``passed_at`` when it was first overtaken."""

    requested_at: datetime
    priority: int = 0
    front: int = 0
    passed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When a person's last job started, and the number of that start among all."""

    started_at: datetime
    number: int


def front(now: datetime, *, of_all: bool) -> int:
    """The place of a job that is moved before its person's jobs, or before all, and before what was moved earlier."""
    place = -((now - _EPOCH) // _MICROSECOND)
    return place - _OF_ALL if of_all else place


def moved_at(place: int) -> datetime | None:
    """When a job came to this place; None where it was not moved."""
    return None if place == 0 else _EPOCH + (-place % _OF_ALL) * _MICROSECOND


class Queue:
    """The jobs that wait and those that run. ``pick`` takes out what starts next.

    It serves as well where only the first job of each line was added, if the next is added after each pick.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        waiting: Iterable[Waiting],
        running: Iterable[Running],
        turns: Mapping[str, Turn],
        now: datetime,
    ) -> None:
        self._limits = limits
        self._running: dict[int, tuple[Load, datetime]] = {job.id: (job, job.started_at) for job in running}
        self._room = self._taken()
        # A clock that was put back must not keep anybody waiting until it is where it was.
        self._turns = {
            user: turn if turn.started_at <= now else replace(turn, started_at=now) for user, turn in turns.items()
        }
        self._next_number = 1 + max((turn.number for turn in turns.values()), default=0)
        self._lines: dict[str, dict[str, _Line]] = {}
        self._shared: set[str] = set()
        self._ranked: list[tuple[_Rank | None, _Line]] = []
        self._passed: dict[int, datetime] = {}
        self._now = now
        self.add(*waiting)

    def __getstate__(self) -> dict[str, object]:
        """What a copy begins with: it stands as this queue does, and goes on by itself."""
        self._shared = set(self._lines)
        names = ("_running", "_turns", "_lines", "_shared", "_ranked", "_passed")
        return self.__dict__ | {name: getattr(self, name).copy() for name in names} | {"_room": self._taken()}

    @property
    def passed(self) -> Mapping[int, datetime]:
        """The jobs that were overtaken for the first time since this queue was made, and when."""
        return self._passed

    def add(self, *jobs: Waiting) -> None:
        """Put jobs into their lines."""
        changed = {}
        for job in jobs:
            own = self._own(job.user_id)
            line = own.get(job.script)
            if line is None:
                line = own[job.script] = _Line([])
            heappush(line.jobs, (job.front, job.id, job))
            changed[id(line)] = line
        self._rank(*changed.values())

    def end(self, job_id: int) -> None:
        """A job runs no longer."""
        job, _ = self._running.pop(job_id)
        self._room.give_back(job)

    def pick(self, now: datetime) -> Waiting | None:
        """The job that starts now, counted as running from here on; None where none can."""
        self._now = max(now, self._now)
        if self._room.is_full:
            return None
        beside: Room | None = None
        is_first = True
        for job in self._in_order():
            if self._room.holds(job) and (beside is None or (beside.admits(job) and beside.holds(job))):
                is_only = len(self._lines[job.user_id]) == 1
                chosen = job if is_only else min(self._runnable(job.user_id, beside), key=self._own_order)
                self._start(chosen)
                return chosen
            if is_first:
                self._pass(job)
                beside = self._reserved_for(job)
            is_first = False
        return None

    def _taken(self) -> Room:
        room = Room(self._limits)
        for job, _ in self._running.values():
            room.take(job)
        return room

    def _in_order(self) -> Iterator[Waiting]:
        """The first jobs of all lines that no number of jobs keeps from running, whether they fit or not."""
        for _, line in self._ranked:
            job = line.first
            if self._room.admits(job) and not self._is_hopeless(job):
                yield job

    def _runnable(self, user_id: str, beside: Room | None) -> Iterator[Waiting]:
        for line in self._lines[user_id].values():
            job = line.first
            rooms = (self._room,) if beside is None else (self._room, beside)
            if all(room.admits(job) and room.holds(job) for room in rooms):
                yield job

    def _start(self, job: Waiting) -> None:
        own = self._own(job.user_id)
        for line in own.values():
            is_passed = line.first is not job and self._own_order(line.first) < self._own_order(job)
            if is_passed and not self._is_hopeless(line.first):
                self._pass(line.first)
            self._unrank(line)
        heappop(own[job.script].jobs)
        if not own[job.script].jobs:
            del own[job.script]
        self._turns[job.user_id] = Turn(started_at=self._now, number=self._next_number)
        self._next_number += 1
        self._rank(*own.values())
        self._running[job.id] = job, self._now
        self._room.take(job)

    def _own(self, user_id: str) -> dict[str, "_Line"]:
        """A person's lines, to be changed; until then a queue and its copies have them in common."""
        if user_id in self._shared:
            self._shared.remove(user_id)
            shared = self._lines[user_id]
            self._lines[user_id] = {script: _Line(line.jobs.copy(), line.rank) for script, line in shared.items()}
        return self._lines.setdefault(user_id, {})

    def _rank(self, *lines: "_Line") -> None:
        """Put lines to where their first jobs belong among the others."""
        for line in lines:
            self._unrank(line)
            line.rank = self._rank_of(line.first)
        if len(lines) > _SEVERAL:
            self._ranked.extend((line.rank, line) for line in lines if line.rank is not None)
            self._ranked.sort()
            return
        for line in lines:
            insort(self._ranked, (line.rank, line))

    def _unrank(self, line: "_Line") -> None:
        if line.rank is not None:
            del self._ranked[bisect_left(self._ranked, (line.rank,))]
            line.rank = None

    def _rank_of(self, job: Waiting) -> "_Rank":
        turn = self._turns.get(job.user_id)
        since = min(self._now, job.requested_at)
        if turn is not None:
            last = turn.started_at
            if passed_at := self._passed_at(job):
                last = min(last, passed_at + self._limits.patience)
            since = max(since, last)
        if job.priority:
            since -= job.priority * self._limits.ageing
        ahead = job.front if job.front <= -_OF_ALL else 0
        return (ahead, since, turn.number if turn else 0, job.front, job.id)

    def _own_order(self, job: Waiting) -> tuple[int, datetime, int]:
        return job.front, job.requested_at - job.priority * self._limits.ageing, job.id

    def _pass(self, job: Waiting) -> None:
        if self._passed_at(job) is None:
            self._passed[job.id] = self._now

    def _passed_at(self, job: Waiting) -> datetime | None:
        return job.passed_at or self._passed.get(job.id)

    def _reserved_for(self, job: Waiting) -> Room | None:
        """What is left beside the job and what started since others are to make room for it."""
        passed_at = self._passed_at(job)
        if passed_at is None or self._now - passed_at < self._limits.patience:
            return None
        room = Room(self._limits)
        for each, started_at in self._running.values():
            if started_at >= passed_at + self._limits.patience:
                room.take(each)
        room.take(job)
        return room

    def _is_hopeless(self, job: Waiting) -> bool:
        return self._limits.excess(cpus=job.cpus, memory_bytes=job.memory_bytes)


_Rank = tuple[int, datetime, int, int, int]


class _Line:
    """The jobs of one person and script, and the rank of the first."""

    __slots__ = ("jobs", "rank")

    def __init__(self, jobs: list[tuple[int, int, Waiting]], rank: _Rank | None = None) -> None:
        self.jobs = jobs
        self.rank = rank

    @property
    def first(self) -> Waiting:
        return self.jobs[0][2]
