"""The attempts that a runner watches, and what it hears of them."""

import logging
import selectors
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from runner.executors import Attempt, Outcome
from runner.files import Follower, Results
from runner.jobs import Job, Progress
from runner.system.lasting_faults import LastingFaults
from runner.system.text import span

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt that has ended, which is still to be recorded; with what its script said last, where that is new."""

    job: Job
    outcome: Outcome
    said: Progress | None = None
    stopped_for: str | None = None


@dataclass(slots=True)
class RunningAttempt:
    """An attempt that runs; ``job`` is as it was last known, ``said`` what was heard and is still to be recorded.

    ``stopped_for`` is why we stopped it ourselves, if we did.
    """

    job: Job
    attempt: Attempt
    follower: Follower
    said: Progress | None = None
    is_stopped: bool = False
    faults: LastingFaults = field(default_factory=lambda: LastingFaults(_log))
    stopped_for: str | None = None
    percent: int | None = None
    percent_after: timedelta | None = None

    def stop(self) -> None:
        """Have it stopped; once is enough."""
        if not self.is_stopped:
            _log.info("job %d is being stopped", self.job.id)
            self.attempt.stop()
            self.is_stopped = True

    def handle_requests(self, requested: Job) -> bool:
        """Do what people asked for, more time or its end; False where that has to be tried again."""
        is_given = requested.more_time == self.job.more_time or self.extend(requested)
        if is_given:
            self.job = requested
        if requested.cancel_requested_at is not None:
            self.stop()
        return is_given

    def extend(self, requested: Job) -> bool:
        """Pass on the time that a job was given; False where that has to be tried again."""
        if requested.time_limit is None:
            return True  # it was requested before limits were kept, when no time could be given
        limit = requested.time_limit + requested.more_time
        try:
            self.attempt.extend(limit)
        except OSError as error:
            message = f"job {requested.id} could not be given more time; the next turn tries again"
            self.faults.met("extend", error, message)
            return False
        self.faults.over("extend")
        _log.info("job %d may run for %s", requested.id, span(limit))
        return True

    def read_progress(self, now: datetime) -> None:
        """Look at what was added to its log."""
        said = self.follower.read()
        if said is None:
            return
        if said.percent != self.percent:
            self.percent, self.percent_after = said.percent, now - (self.job.started_at or now)
        self.said = replace(said, percent_after=self.percent_after)

    def ended(self) -> EndedAttempt:
        """What it has come to; to be called once it has ended."""
        outcome = self.attempt.outcome()
        return EndedAttempt(self.job, outcome, self.follower.read() or self.said, self.stopped_for)


class WatchedAttempts:
    """The attempts that a runner sees to, by job: those that run, and those whose end is still to be recorded.

    Whoever waits for one to end waits until its descriptor is readable.
    """

    def __init__(self, results: Results) -> None:
        self.running: dict[int, RunningAttempt] = {}
        self.ended: dict[int, EndedAttempt] = {}
        self._results = results
        self._selector = selectors.EpollSelector()

    def __contains__(self, job_id: int) -> bool:
        return job_id in self.running or job_id in self.ended

    def fileno(self) -> int:
        """A descriptor that is readable while one that runs has ended and was not collected."""
        return self._selector.fileno()

    def watch(self, job: Job, attempt: Attempt) -> None:
        """Watch an attempt that was started now."""
        self._add(job, attempt, self._follower(job, is_begun=job.retry_count > 0))

    def adopt(self, job: Job, found: Attempt | Outcome) -> None:
        """Take up what was found of an attempt that nobody watched; it may have gone on speaking meanwhile."""
        follower = self._follower(job, is_begun=True)
        if isinstance(found, Outcome):
            self.ended[job.id] = EndedAttempt(job, found, follower.read())
            return
        _log.info("job %d adopted", job.id)
        self._add(job, found, follower)
        if job.more_time:
            self.running[job.id].extend(job)  # it may have been given while no runner looked

    def stop_for(self, job_id: int, reason: str) -> None:
        """Have one stopped for this reason, which is told also where it has just ended by that."""
        if (running := self.running.get(job_id)) is not None:
            _log.warning("job %d is stopped: %s", job_id, reason)
            running.stopped_for = reason
            running.stop()
        elif (ended := self.ended.get(job_id)) is not None:
            self.ended[job_id] = replace(ended, stopped_for=reason)

    def note_end(self, job: Job, outcome: Outcome) -> None:
        """Note how one ended that could not be watched."""
        self.ended[job.id] = EndedAttempt(job, outcome)

    def collect_ended(self) -> None:
        """Part those that have ended from those that run."""
        for key, _ in self._selector.select(0):
            watched = self.running.pop(key.data)
            self._selector.unregister(watched.attempt)
            self.ended[key.data] = watched.ended()

    def move(self, by: timedelta) -> None:
        """Have their beginnings move with the clock."""
        for watched in self.running.values():
            if watched.job.started_at is not None:
                watched.job = replace(watched.job, started_at=watched.job.started_at + by)

    def read_progress(self, now: datetime) -> list[RunningAttempt]:
        """Look at the logs of those that run; those whose scripts have said something that is still to be recorded."""
        for watched in self.running.values():
            watched.read_progress(now)
        return [watched for watched in self.running.values() if watched.said is not None]

    def _add(self, job: Job, attempt: Attempt, follower: Follower) -> None:
        known = job.progress or Progress()
        self.running[job.id] = RunningAttempt(
            job, attempt, follower, percent=known.percent, percent_after=known.percent_after
        )
        self._selector.register(attempt, selectors.EVENT_READ, job.id)

    def _follower(self, job: Job, *, is_begun: bool) -> Follower:
        return Follower(self._results.log(job.id), job.progress, is_begun=is_begun)
