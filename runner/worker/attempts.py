"""The attempts that a runner watches, and what it hears of them."""

import logging
from dataclasses import dataclass

from runner.executors import Attempt, Outcome
from runner.files import Follower
from runner.jobs import Job, Progress
from runner.system.text import span

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt that has ended, which is still to be recorded; with what its script said last, where that is new."""

    job: Job
    outcome: Outcome
    said: Progress | None = None


@dataclass(slots=True)
class RunningAttempt:
    """An attempt that runs; ``job`` is as it was last known, ``said`` what was heard and is still to be recorded."""

    job: Job
    attempt: Attempt
    follower: Follower
    said: Progress | None = None
    is_stopped: bool = False

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
        except OSError:
            _log.exception("job %d could not be given more time; the next turn tries again", requested.id)
            return False
        _log.info("job %d may run for %s", requested.id, span(limit))
        return True

    def read_progress(self) -> None:
        """Look at what was added to its log."""
        self.said = self.follower.read() or self.said

    def ended(self) -> EndedAttempt:
        """What it has come to; to be called once it has ended."""
        outcome = self.attempt.outcome()
        self.read_progress()
        return EndedAttempt(self.job, outcome, self.said)
