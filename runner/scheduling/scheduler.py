"""Which job starts next: fair among people, within the limits, and without any that waits for ever; pure.

Jobs of one person and one script are a line. The first jobs of all lines are ranked by how long they wait and by their
priority, a step of which counts as much as waiting for ``ageing``. Waiting counts from a person's last start, so people
take turns; whoever has one job waits for at most one job of each other person of the same priority. A turn goes to the
oldest of the person's own jobs that can run, in which priority counts in the same way.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runner.scheduling.limits import Limits, Load, Room, Running

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
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


class Scheduler:
    """The jobs that wait and those that run. ``pick`` takes out what starts next.

    It serves as well where only the first job of each line was added, if the next is added after each pick. A copy
    begins as the queue stands, and goes on by itself.
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
        self._turns = {user: (min(turn.started_at, now), turn.number) for user, turn in turns.items()}
        self._next_number = 1 + max((turn.number for turn in turns.values()), default=0)
        self._lines: dict[str, list[_Ranked]] = {}
        self._firsts: list[_Ranked] = []
        self._passed: dict[int, datetime] = {}
        self._now = now
        self.add(*waiting)

    def __getstate__(self) -> dict[str, object]:
        """What a copy begins with. A person's lines are replaced, never changed: both may have them in common."""
        names = ("_running", "_turns", "_lines", "_firsts", "_passed")
        return self.__dict__ | {name: getattr(self, name).copy() for name in names} | {"_room": self._taken()}

    @property
    def passed(self) -> Mapping[int, datetime]:
        """The jobs that were overtaken for the first time since this queue was made, and when."""
        return self._passed

    def add(self, *jobs: Waiting) -> None:
        """Put jobs into their lines."""
        changed: dict[str, dict[str, _Backlog]] = {}
        for job in reversed(jobs):  # they mostly come in order, so that each goes before those so far
            own = changed.get(job.user_id)
            if own is None:
                known = self._lines.get(job.user_id)
                own = changed[job.user_id] = (
                    {line.job.script: line for line in self._take_out(job.user_id)} if known else {}
                )
            own[job.script] = self._with(job, own.get(job.script))
        for user_id, own in changed.items():
            self._firsts.append(self._put_back(user_id, own.values()))
        self._firsts.sort()

    def end(self, job_id: int) -> None:
        """A job runs no longer."""
        job, _ = self._running.pop(job_id)
        self._room.give_back(job)

    def pick(self, now: datetime) -> Waiting | None:
        """The job that starts now, counted as running from here on; None where none can."""
        self._now = max(now, self._now)
        if self._room.is_full or (line := self._next()) is None:
            return None
        self._start(line)
        return line.job

    def _taken(self) -> Room:
        room = Room(self._limits)
        for job, _ in self._running.values():
            room.take(job)
        return room

    def _next(self) -> "_Backlog | None":
        """The line whose first job starts."""
        if not self._firsts:
            return None
        room, first = self._room, self._firsts[0][-1].job
        if room.fits(first):
            return self._next_of(first.user_id, None)
        lines = [ranked for own in self._lines.values() for ranked in own]
        if not room.admits(first) or not room.could_hold(first):
            able = [each for each in lines if room.admits(each[-1].job) and room.could_hold(each[-1].job)]
            if not able:
                return None
            first = min(able)[-1].job
        beside = None if room.holds(first) else self._kept_free_for(first)
        able = [each for each in lines if room.fits(each[-1].job) and (beside is None or beside.fits(each[-1].job))]
        return self._next_of(min(able)[-1].job.user_id, beside) if able else None

    def _next_of(self, user_id: str, beside: Room | None) -> "_Backlog":
        """The line of a person whose turn it is; at least one of them can go on."""
        own = self._lines[user_id]
        if len(own) == 1:
            return own[0][-1]
        lines = iter(sorted([ranked[-1] for ranked in own], key=self._own_order))
        while not self._room.fits((line := next(lines)).job) or (beside is not None and not beside.fits(line.job)):
            if self._room.could_hold(line.job):
                self._pass(line.job)
        return line

    def _start(self, line: "_Backlog") -> None:
        job = line.job
        lines = self._take_out(job.user_id)
        lines.remove(line)
        if line.rest is not None:
            lines.append(line.rest)
        self._turns[job.user_id] = self._now, self._next_number
        self._next_number += 1
        self._running[job.id] = job, self._now
        self._room.take(job)
        if lines:
            insort(self._firsts, self._put_back(job.user_id, lines))

    def _take_out(self, user_id: str) -> list["_Backlog"]:
        """A person's lines, which have no rank until they are put back."""
        own = self._lines.pop(user_id)
        del self._firsts[0 if self._firsts[0] is own[0] else bisect_left(self._firsts, own[0])]
        return [ranked[-1] for ranked in own]

    def _put_back(self, user_id: str, lines: Iterable["_Backlog"]) -> "_Ranked":
        """Rank a person's lines; the first of them is to be put among the others' first ones."""
        turn = self._turns.get(user_id)
        own = [self._rank_of(line, turn) for line in lines]
        if len(own) > 1:
            own.sort()
        self._lines[user_id] = own
        return own[0]

    def _with(self, job: Waiting, line: "_Backlog | None") -> "_Backlog":
        """The line with one more job."""
        before: list[Waiting] = []
        while line is not None and (line.job.front, line.job.id) < (job.front, job.id):
            before.append(line.job)
            line = line.rest
        line = _Backlog(job, line)
        for each in reversed(before):
            line = _Backlog(each, line)
        return line

    def _own_order(self, line: "_Backlog") -> tuple[int, datetime, int]:
        job = line.job
        since = job.requested_at - job.priority * self._limits.ageing if job.priority else job.requested_at
        return job.front, since, job.id

    def _rank_of(self, line: "_Backlog", turn: tuple[datetime, int] | None) -> "_Ranked":
        job = line.job
        since, number = min(self._now, job.requested_at), 0
        if turn is not None:
            last, number = turn
            if passed_at := self._passed_at(job):
                last = min(last, passed_at + self._limits.patience)
            since = max(since, last)
        if job.priority:
            since -= job.priority * self._limits.ageing
        ahead = job.front if job.front <= -_OF_ALL else 0
        return ahead, since, number, job.front, job.id, line

    def _pass(self, job: Waiting) -> None:
        if self._passed_at(job) is None:
            self._passed[job.id] = self._now

    def _passed_at(self, job: Waiting) -> datetime | None:
        return job.passed_at or self._passed.get(job.id)

    def _kept_free_for(self, job: Waiting) -> Room | None:
        """What is left beside a job that does not fit and what started since others are to make room for it."""
        self._pass(job)
        passed_at = self._passed_at(job)
        if passed_at is None or self._now - passed_at < self._limits.patience:
            return None
        room = Room(self._limits)
        for each, started_at in self._running.values():
            if started_at >= passed_at + self._limits.patience:
                room.take(each)
        room.take(job)
        return room


class _Backlog:
    """The jobs of one person and script from ``job`` on; it never changes, so queues can have it in common."""

    __slots__ = ("job", "rest")

    def __init__(self, job: Waiting, rest: "_Backlog | None") -> None:
        self.job = job
        self.rest = rest


_Ranked = tuple[int, datetime, int, int, int, _Backlog]
"""A line behind what its place among all depends on."""
