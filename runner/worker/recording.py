"""Records what ended attempts mean for their jobs, and how far those that run say they are."""

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta

from cachetools import TTLCache

from runner.executors import EndedBy, Outcome
from runner.executors.attempt_records import AttemptFiles
from runner.files import Results
from runner.jobs import Job, State
from runner.store import JobStore
from runner.system.boot import boot_id
from runner.system.clock import uptime
from runner.worker.attempts import EndedAttempt, WatchedAttempts
from runner.worker.endings import ending, is_refused_by_disk

_log = logging.getLogger(__name__)
PROGRESS_INTERVAL = timedelta(seconds=1)
_MOST_STARTS = 3
_MOST_BEGINNINGS = 20
_DISK_PAUSE = timedelta(seconds=10)
_MOST_COUNTED = 10_000
_AGE_SECONDS = 7 * 24 * 3600
_MAY_BE_CANCELLED = frozenset({EndedBy.STOP, EndedBy.NEVER_BEGAN})


class OutcomeRecorder:
    """Has jobs of this runner end, wait for another attempt, or run on in one where nothing of the script has run.

    What begins anew is for ``executor`` to start. How often each job was started here is counted, so that one whose
    attempts never begin ends at last.
    """

    def __init__(self, jobs: JobStore, results: Results, *, runner: str, executor: str, retention: timedelta) -> None:
        self._jobs = jobs
        self._results = results
        self._runner = runner
        self._executor = executor
        self._retention = retention
        # A job that another runner has by then is never noted: its count goes with its age.
        self._starts: TTLCache[int, int, float] = TTLCache(_MOST_COUNTED, _AGE_SECONDS, timer=time.monotonic)

    def count_start(self, job_id: int) -> None:
        """Count one more attempt to start the job here."""
        self._starts[job_id] = self._starts.get(job_id, 0) + 1

    def record(self, ended: EndedAttempt, now: datetime) -> Job | None:
        """Write down how an attempt ended; what became of its job, None where it is not ours any more."""
        job, outcome = ended.job, ended.outcome
        if is_refused_by_disk(outcome):
            back = self._put_back(job, outcome, now)
            if back is not None:
                return back
        if outcome.ended_by is EndedBy.NEVER_BEGAN and self._may_begin_again(job):
            again = self._jobs.retry(job, executor=self._executor)
            if again is not None:
                return again
        known = job
        if outcome.ended_by in _MAY_BE_CANCELLED:
            known = self._jobs.get(job.id) or job
        if ended.said is not None:
            self._jobs.set_progress(job.id, ended.said, runner=self._runner)
        is_gone = not self._results.exists(job.id)
        end = ending(known, outcome, stopped_for=ended.stopped_for, is_folder_gone=is_gone)
        end = replace(end, ended_at=_ended_at(job, outcome, now))
        became = self._jobs.finish(job.id, end, runner=self._runner, now=now, expires_at=now + self._retention)
        if became is None or became.state.is_final:
            self._results.publish_log(job.id)
        return became

    def _put_back(self, job: Job, outcome: Outcome, now: datetime) -> Job | None:
        """Let the job wait for the disk; the number of an attempt that left records is not given again."""
        _log.warning("job %d waits: the disk takes nothing (%s)", job.id, outcome.error)
        left_records = AttemptFiles(self._results.records(job.id), job.attempt).state.exists()
        return self._jobs.put_back(
            job,
            runner=self._runner,
            not_before=now + _DISK_PAUSE,
            attempt=job.attempt if left_records else job.attempt - 1,
        )

    def note(self, job: Job, became: Job | None) -> None:
        """Log what was recorded, once it is on the disk; a job that does not begin again at once is counted anew."""
        if became is None or became.state is not State.RUNNING:
            self._starts.pop(job.id, None)
        if became is None or became.state.is_final:
            self._results.publish_log(job.id, is_folder_made=True)  # not before: that it was gone is recorded now
        if became is None:
            _log.warning("job %d is no longer this runner's: its end is left to whoever has it", job.id)
        elif became.state.is_final:
            _log.info("job %d %s", job.id, became.state)
        elif became.retry_count == job.retry_count:
            return  # it waits for the disk, as was said
        else:
            _log.warning("job %d: attempt %d failed; another follows", job.id, job.attempt)

    def _may_begin_again(self, job: Job) -> bool:
        """Attempts that never began because a runner was killed are no sign that the next one will not: fewer count."""
        return self._starts.get(job.id, 0) < _MOST_STARTS and job.attempt - job.retry_count < _MOST_BEGINNINGS


def _ended_at(job: Job, outcome: Outcome, now: datetime) -> datetime | None:
    """When the script ended, which may have been long ago, with no runner there or no database; None: nobody knows."""
    if outcome.moment is None or job.started_at is None:
        return None
    if outcome.moment.boot == boot_id():
        at = now - timedelta(seconds=uptime() - outcome.moment.uptime_seconds)
    else:
        at = outcome.moment.at
    return min(now, max(at, job.started_at))


class ProgressRecorder:
    """Records what running scripts say, however often they say it, once in ``PROGRESS_INTERVAL``."""

    def __init__(self, jobs: JobStore, *, runner: str) -> None:
        self._jobs = jobs
        self._runner = runner
        self._looked_at = time.monotonic()

    def collect(self, attempts: WatchedAttempts, now: datetime) -> None:
        """Record what was said since the last look; what cannot be recorded is kept for the next."""
        if time.monotonic() - self._looked_at < PROGRESS_INTERVAL.total_seconds():
            return
        self._looked_at = time.monotonic()
        news = attempts.read_progress(now)
        if news:
            with self._jobs.at_once():
                for watched in news:
                    if watched.said is not None:
                        self._jobs.set_progress(watched.job.id, watched.said, runner=self._runner)
        for watched in news:
            watched.said = None
