"""How much may run at once, and what is left of that; pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may run at once; None is without limit.

    A job that was first in its turn for longer than ``patience`` and did not fit is no longer overtaken by what would
    keep it from fitting.
    """

    slots: int | None = None
    per_person: int | None = None
    cpus: int | None = None
    memory_bytes: int | None = None
    ageing: timedelta = timedelta(hours=1)
    patience: timedelta = timedelta(minutes=30)

    def excess(self, *, cpus: int, memory_bytes: int) -> bool:
        """Whether a job that asks for so much could not even run alone."""
        return _is_over(self.cpus, cpus) or _is_over(self.memory_bytes, memory_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a job counts for while it runs, and how long it may.

    ``concurrency`` is how many of its script may run at once, ``time_limit`` includes what was added to it.
    """

    id: int
    user_id: str
    script: str
    cpus: int = 1
    memory_bytes: int = 0
    concurrency: int | None = None
    time_limit: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Load):
    """A job that runs."""

    started_at: datetime


class Room:
    """What is taken of the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scripts: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._count = self._cpus = self._memory_bytes = 0

    def take(self, job: Load) -> None:
        """Count a job that starts."""
        self._add(job, 1)

    def give_back(self, job: Load) -> None:
        """Count it no longer."""
        self._add(job, -1)

    @property
    def is_full(self) -> bool:
        """Whether all slots are taken."""
        return _is_over(self._limits.slots, self._count + 1)

    def admits(self, job: Load) -> bool:
        """Whether one more may run by number: of all, of its person and of its script."""
        return not (
            self.is_full
            or _is_over(self._limits.per_person, self._people[job.user_id] + 1)
            or _is_over(job.concurrency, self._scripts[job.script] + 1)
        )

    def holds(self, job: Load) -> bool:
        """Whether it fits into what is left."""
        return not (
            _is_over(self._limits.cpus, self._cpus + job.cpus)
            or _is_over(self._limits.memory_bytes, self._memory_bytes + job.memory_bytes)
        )

    def _add(self, job: Load, sign: int) -> None:
        self._count += sign
        self._scripts[job.script] += sign
        self._people[job.user_id] += sign
        self._cpus += sign * job.cpus
        self._memory_bytes += sign * job.memory_bytes


def _is_over(limit: int | None, number: int) -> bool:
    return limit is not None and number > limit
