"""The order in which jobs start where it depends on nothing but the queue as it stands; pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from runner.scheduling.limits import Limits, Load, Running
from runner.scheduling.scheduler import Scheduler, Waiting


def is_fixed(limits: Limits, waiting: Sequence[Waiting], running: Sequence[Running], *, now: datetime) -> bool:
    """Whether the order in which these jobs start is the same however long any of them runs.

    It is where every job fits as soon as a slot is free, so that none is overtaken, and where people's turns are ranked
    by their last starts alone, so that only the order of those counts, not the time between them. Where one person may
    not have all slots, only if nobody else waits.
    """
    slots = limits.slots
    if slots is None or not waiting:
        return False
    if limits.per_person is not None and limits.per_person < slots and len({job.user_id for job in waiting}) > 1:
        return False
    everything: tuple[Load, ...] = (*waiting, *running)
    cpus, memory_bytes = max(job.cpus for job in everything), max(job.memory_bytes for job in everything)
    return (
        not limits.excess(cpus=slots * cpus, memory_bytes=slots * memory_bytes)
        and len({job.priority for job in waiting}) == 1
        and all(
            job.passed_at is None and job.requested_at <= now and (job.concurrency is None or job.concurrency >= slots)
            for job in waiting
        )
    )


class FixedOrder:
    """A queue whose order is settled: where a slot is free, whoever is next starts. Nobody joins it.

    Copies find out the order together, as far as any of them needs it.
    """

    def __init__(
        self,
        queue: Scheduler,
        limits: Limits,
        *,
        waiting: Sequence[Waiting],
        running: Sequence[Running],
        now: datetime,
    ) -> None:
        self._queue = queue
        self._now = now
        self._order: list[Waiting] = []
        self._picked = 0
        slots, people = limits.slots or 0, {job.user_id for job in waiting}
        self._others = frozenset(job.id for job in running if job.user_id not in people)
        self._free = slots - len(running)
        # Of several people each may have all slots, so that these are what they have in common.
        share = slots if limits.per_person is None or len(people) > 1 else limits.per_person
        self._left = share - (len(running) - len(self._others))

    def add(self, *_jobs: Waiting) -> NoReturn:
        """RuntimeError: with another job, the order may be another."""
        raise RuntimeError("a queue whose order is settled takes no more jobs")

    def pick(self, _now: datetime) -> Waiting | None:
        """The job that starts; None where no slot is free, or none waits."""
        if min(self._free, self._left) <= 0 or (self._picked == len(self._order) and not self._find_next()):
            return None
        self._free -= 1
        self._left -= 1
        self._picked += 1
        return self._order[self._picked - 1]

    def end(self, job_id: int) -> None:
        """A job runs no longer."""
        self._free += 1
        self._left += job_id not in self._others

    def _find_next(self) -> bool:
        job = self._queue.pick(self._now)
        if job is None:
            return False
        self._queue.end(job.id)
        self._order.append(job)
        return True
