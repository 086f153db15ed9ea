"""Which jobs are this runner's: leases that it renews while it lives, and those that other runners let run out."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from runner.errors import StoreError
from runner.jobs import Job
from runner.store import JobStore
from runner.system.clock import Clock, Jumps
from runner.system.text import span

_log = logging.getLogger(__name__)
_AWAY = timedelta(days=1)


class Leases:
    """The leases of one runner, whose name marks its jobs in this life and the last.

    They are in doubt until they were renewed, and again where ``doubt`` says so: the next renewal then comes at once.
    """

    def __init__(self, jobs: JobStore, *, runner: str, duration: timedelta, clock: Clock) -> None:
        self.interval = duration / 3
        """How often they are renewed."""
        self._jobs = jobs
        self._runner = runner
        self._duration = duration
        self._clock = clock
        self._renewed_at: datetime | None = None
        self._jumps = Jumps(clock(), at_most=duration / 2)

    @property
    def are_in_doubt(self) -> bool:
        """Whether there may be jobs of ours that nobody looks after."""
        return self._renewed_at is None

    def are_due(self, now: datetime) -> bool:
        """Whether it is time to renew them, also where the clock was set back."""
        return self._renewed_at is None or not timedelta(0) <= now - self._renewed_at < self.interval

    def renew(self, now: datetime) -> list[Job]:
        """Renew them all; the jobs that are ours. Whatever else we watch was taken to be lost meanwhile."""
        self._jumps.look(now)
        held = self._jobs.renew(self._runner, now=now, lease=self._duration)
        self._renewed_at = now
        return held

    def doubt(self) -> None:
        """Have them renewed at the next turn: there may be a job of ours that nobody looks after."""
        self._renewed_at = None

    def confirm(self, job: Job) -> bool:
        """Whether we cannot have been suspended so long that another runner took the job to be lost; else doubt."""
        known = max(moment for moment in (self._renewed_at, job.started_at) if moment is not None)
        if self._clock() - known < self._duration / 2:
            return True
        _log.warning("job %d waits until it is known to be this runner's still", job.id)
        self.doubt()
        return False

    def lose_abandoned(self, now: datetime, *, expires_at: datetime) -> list[Job]:
        """Record as lost the jobs of runners that have not renewed theirs while we have watched for the whole of one.

        This runner is to tell of those that are returned.
        """
        if self._jumps.steady_for() < self._duration:
            return []  # leases that seem to be over say nothing
        reason = f"The runner that took it has not been heard of for {span(self._duration)}."
        lost = self._jobs.lose_abandoned(self._runner, reason=reason, now=now, expires_at=expires_at)
        for job in lost:
            _log.warning("job %d lost: its runner let the lease run out", job.id)
        return lost

    def release_on_exit(self) -> None:
        """Keep the jobs that run on ours for a day: an upgrade may take its time, and nobody else sees how they end."""
        with suppress(StoreError):
            self._jobs.renew(self._runner, now=self._clock(), lease=_AWAY)
