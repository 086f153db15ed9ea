"""How much may run at once, and what is left of that; pure."""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.system.text import size


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
        return cpus > _most(self.cpus) or memory_bytes > _most(self.memory_bytes)


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
class Reported:
    """What share of its work, from 0 to 1, a job said that it had done, and how long it had run by then."""

    share: float
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Load):
    """A job that runs, and how far it said that it was, if it did."""

    started_at: datetime
    reported: Reported | None = None


class Room:
    """What is taken of the limits."""

    def __init__(self, limits: Limits) -> None:
        self._slots, self._per_person = _most(limits.slots), _most(limits.per_person)
        self._most_cpus, self._most_memory_bytes = _most(limits.cpus), _most(limits.memory_bytes)
        self._scripts: defaultdict[str, int] = defaultdict(int)
        self._people: defaultdict[str, int] = defaultdict(int)
        self._count = self._cpus = self._memory_bytes = 0

    def take(self, job: Load) -> None:
        """Count a job that starts."""
        self._count += 1
        self._scripts[job.script] += 1
        self._people[job.user_id] += 1
        self._cpus += job.cpus
        self._memory_bytes += job.memory_bytes

    def give_back(self, job: Load) -> None:
        """Count it no longer."""
        self._count -= 1
        self._scripts[job.script] -= 1
        self._people[job.user_id] -= 1
        self._cpus -= job.cpus
        self._memory_bytes -= job.memory_bytes

    @property
    def is_full(self) -> bool:
        """Whether all slots are taken."""
        return self._count >= self._slots

    def admits(self, job: Load) -> bool:
        """Whether one more may run by number: of all, of its person and of its script."""
        return (
            self._count < self._slots
            and self._people.get(job.user_id, 0) < self._per_person
            and (job.concurrency is None or self._scripts.get(job.script, 0) < job.concurrency)
        )

    def holds(self, job: Load) -> bool:
        """Whether it fits into what is left."""
        return (
            self._cpus + job.cpus <= self._most_cpus
            and self._memory_bytes + job.memory_bytes <= self._most_memory_bytes
        )

    def could_hold(self, job: Load) -> bool:
        """Whether it would fit if nothing were taken."""
        return job.cpus <= self._most_cpus and job.memory_bytes <= self._most_memory_bytes

    def fits(self, job: Load) -> bool:
        """Whether it may run, by number and by what it takes."""
        return self.admits(job) and self.holds(job)


def excess(limits: Limits, *, cpus: int, memory_bytes: int | None) -> str | None:
    """Why a job that asks for so much can never run; None where it can."""
    if limits.cpus is not None and cpus > limits.cpus:
        return f"asks for {cpus} CPUs, and all jobs together may have {limits.cpus}"
    if limits.memory_bytes is not None and (memory_bytes or 0) > limits.memory_bytes:
        return (
            f"asks for {size(memory_bytes or 0)} of memory, and all jobs together may have {size(limits.memory_bytes)}"
        )
    return None


def _most(limit: int | None) -> float:
    return math.inf if limit is None else limit
