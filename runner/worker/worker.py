"""Takes jobs from the queue, starts and watches them, and records how they end."""

import logging
import select
import selectors
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.errors import ScriptRunnerError, StoreError
from runner.executors import Attempt, EndedBy, Executor, NotSeen, Outcome
from runner.files import Follower, Results
from runner.jobs import Job, State
from runner.scheduling import Limits
from runner.store import JobStore
from runner.system.boot import BootRecord
from runner.system.clock import Clock, IdleSignal, Jumps
from runner.system.text import span
from runner.system.wakeup import WakeupSocket
from runner.worker.attempts import EndedAttempt, RunningAttempt
from runner.worker.endings import ending
from runner.worker.launch import OrderWriter

_log = logging.getLogger(__name__)
_AWAY = timedelta(days=1)
_POLL = timedelta(seconds=5)
_BETWEEN_LOOKS = timedelta(seconds=1)
_AFTER_TROUBLE = timedelta(seconds=1)
_MOST_STARTS = 3
_MOST_BEGINNINGS = 20
_MAY_BE_CANCELLED = frozenset({EndedBy.STOP, EndedBy.NEVER_BEGAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What a worker works with; ``name`` marks the jobs that are its own, in this life and the last.

    ``idle_signal`` tells others when it has nothing to do.
    """

    name: str
    jobs: JobStore
    orders: OrderWriter
    results: Results
    executor: Executor
    wakeup_socket: WakeupSocket
    boot: BootRecord
    idle_signal: IdleSignal
    retention: timedelta
    clock: Clock
    state_changed: Callable[[], None]
    lease: timedelta = timedelta(minutes=1)


class Worker:
    """One thread that runs as many jobs at once as there are slots. Stopping it never ends a job."""

    def __init__(self, workplace: Workplace, *, limits: Limits) -> None:
        self._limits = limits
        self._at = workplace
        self._running: dict[int, RunningAttempt] = {}
        self._ended: dict[int, EndedAttempt] = {}
        self._starts: Counter[int] = Counter()
        self._next_attempts: list[datetime] = []
        self._renewed_at: datetime | None = None
        self._looked_at = time.monotonic()
        self._is_news = False
        self._may_have_requests = True
        self._is_checked = False
        self._is_closing = False
        self._jumps = Jumps(workplace.clock(), at_most=workplace.lease / 2)
        self._selector = selectors.DefaultSelector()
        self._selector.register(workplace.wakeup_socket, selectors.EVENT_READ, None)

    def run(self, stopping: threading.Event) -> None:
        """Work until ``stopping`` is set and the socket was woken; what runs then goes on without us."""
        self._work(stopping.is_set, _POLL)

    def watch_on(self, is_over: Callable[[], bool], *, poll: timedelta = _POLL) -> None:
        """Start nothing more; return once nothing runs, or when ``is_over`` says so after a ring or ``poll``."""
        self._is_closing = True
        self._work(lambda: is_over() or not (self._running or self._ended), poll)

    def release_on_exit(self) -> None:
        """Keep the jobs that run on ours for a day: an upgrade may take its time, and nobody else sees how they end."""
        with suppress(StoreError):
            self._at.jobs.renew(self._at.name, now=self._at.clock(), lease=_AWAY)

    def cancel_all(self, *, by: str) -> None:
        """Have all jobs that run here stopped, in somebody's name."""
        for job_id in self._running:
            self._at.jobs.request_cancel(job_id, by=by, now=self._at.clock())
        self._may_have_requests = True

    def tick(self) -> bool:
        """Do what can be done now: record ends, start what is next, stop what is to be; whether that was all.

        What cannot be recorded, because the database is locked or the disk full, is kept for the next turn.
        """
        self._collect()
        self._renew()
        is_all_held = self._renewed_at is not None
        if self._at.boot.is_new and is_all_held and not self._ended:
            self._at.boot.take_note()  # all that ran when the machine went down is accounted for
        self._refuse_excess()
        for job in self._finish_and_claim():
            self._start(job)
        self._handle_requests()
        self._warn()
        self._collect_progress()
        if self._is_news:
            self._at.state_changed()
            self._is_news = False
        if not is_all_held:
            self._rest()
        return not self._ended and self._renewed_at is not None and not self._at.boot.is_new

    @property
    def running(self) -> int:
        """How many jobs are being watched."""
        return len(self._running)

    def _work(self, is_over: Callable[[], bool], poll: timedelta) -> None:
        while not is_over():
            try:
                is_all_done = self.tick()
            except StoreError:  # the store has said why
                self._rest()
            except Exception:  # noqa: BLE001  # one turn must not end the loop
                _log.exception("a turn of the worker failed; the next one tries again")
                self._rest()
            else:
                self._wait(min(poll, self._pause()) if is_all_done else timedelta())
        self._at.idle_signal.begin()

    def _wait(self, pause: timedelta) -> None:
        with self._at.idle_signal.while_waiting():
            happened = self._selector.select(pause.total_seconds())
        self._may_have_requests = self._may_have_requests or not happened
        if any(key.data is None for key, _ in happened):
            self._drain_wakeups()

    def _rest(self) -> None:
        """Pause after trouble, for a wake-up alone: jobs that end would have us try again at once."""
        with self._at.idle_signal.while_waiting():
            is_woken = select.select([self._at.wakeup_socket], [], [], _AFTER_TROUBLE.total_seconds())[0]
        if is_woken:
            self._drain_wakeups()

    def _drain_wakeups(self) -> None:
        self._at.wakeup_socket.drain()
        self._may_have_requests = True

    def _pause(self) -> timedelta:
        """How long nothing is to be done that nobody tells us of."""
        now = self._at.clock()
        self._next_attempts = [moment for moment in self._next_attempts if moment > now]
        warnings = [each.job.warns_at for each in self._running.values() if each.job.warns_at is not None]
        pause = min(_BETWEEN_LOOKS if self._running else _POLL, self._at.lease / 3)
        return max(timedelta(), min([pause, *(moment - now for moment in (*self._next_attempts, *warnings))]))

    def _collect(self) -> None:
        for key, _ in self._selector.select(0):
            if key.data is not None:
                watched = self._running.pop(key.data)
                self._selector.unregister(watched.attempt)
                self._ended[key.data] = watched.ended()

    def _renew(self) -> None:
        """Hold on to our jobs, and take up those we should be watching and are not.

        These ran when a runner stopped or was killed, or their claim or end met with trouble.
        """
        now = self._at.clock()
        if self._renewed_at is not None and timedelta(0) <= now - self._renewed_at < self._at.lease / 3:
            return
        self._jumps.look(now)
        held = self._at.jobs.renew(self._at.name, now=now, lease=self._at.lease)
        self._renewed_at = now
        self._may_have_requests = True
        self._let_go_of(self._running.keys() - {job.id for job in held})
        for job in held:
            if job.id not in self._running and job.id not in self._ended:
                self._adopt(job)
        self._note_abandoned(now)

    def _let_go_of(self, job_ids: Collection[int]) -> None:
        """Stop what another runner took to be lost while we were suspended: its requester was told so."""
        for job_id in set(job_ids):
            _log.warning("job %d is no longer this runner's", job_id)
            self._running[job_id].stop()

    def _note_abandoned(self, now: datetime) -> None:
        """See to the jobs of runners that have not renewed their leases while we have watched for the whole of one."""
        if self._jumps.steady_for() < self._at.lease:
            return  # leases that seem to be over say nothing
        reason = f"The runner that took it has not been heard of for {span(self._at.lease)}."
        lost = self._at.jobs.lose_abandoned(self._at.name, reason=reason, now=now, expires_at=now + self._at.retention)
        for job in lost:
            _log.warning("job %d lost: its runner let the lease run out", job.id)
            self._is_news = True

    def _adopt(self, job: Job) -> None:
        try:
            found = self._found(job)
        except (OSError, NotSeen):
            _log.exception("job %d cannot be looked for; the next turn tries again", job.id)
            self._renewed_at = None
            return
        if isinstance(found, Outcome):
            said = self._follower(job, is_begun=True).read()  # it may have gone on speaking while no runner heard it
            self._ended[job.id] = EndedAttempt(job, found, said)
        else:
            _log.info("job %d adopted", job.id)
            watched = self._watch(job, found, is_adopted=True)
            if job.more_time:
                watched.extend(job)  # it may have been given while no runner looked

    def _found(self, job: Job) -> Attempt | Outcome:
        found: Attempt | Outcome = Outcome(ended_by=EndedBy.NEVER_BEGAN)
        if self._at.results.was_made(job.id):
            found = self._at.executor.find(records=self._at.results.records(job.id), attempt=job.attempt)
        if self._at.boot.is_new and isinstance(found, Outcome) and found.ended_by is EndedBy.NEVER_BEGAN:
            return Outcome(ended_by=EndedBy.UNKNOWN)  # it may have run: its records were not on the disk yet
        return found

    def _refuse_excess(self) -> None:
        """Once: end the jobs that can never run since the settings give less than when they were requested."""
        if self._is_checked:
            return
        now = self._at.clock()
        for job in self._at.jobs.refuse_excess(self._limits, now=now, expires_at=now + self._at.retention):
            _log.warning("job %d refused: %s", job.id, job.reason)
            self._is_news = True
        self._is_checked = True

    def _finish_and_claim(self) -> list[Job]:
        """Record how attempts ended and take what comes next, in one transaction; the jobs that are to be started."""
        ended = list(self._ended.values())
        free = (self._limits.slots or 1) - len(self._running)
        if not ended and free <= 0:
            return []
        now = self._at.clock()
        with self._at.jobs.at_once():
            became = {each.job.id: self._conclude(each, now) for each in ended}
            again = [job for job in became.values() if job is not None and job.state is State.RUNNING]
            claimed = self._claim(free - len(again), now)
        for each in ended:
            self._note(each.job, became[each.job.id])
        for job in claimed:
            _log.info("job %d claimed by %s", job.id, self._at.name)
        self._is_news = self._is_news or bool(ended or claimed)
        return [*again, *claimed]

    def _claim(self, at_most: int, now: datetime) -> list[Job]:
        if at_most <= 0 or self._is_closing or self._at.boot.is_new:
            return []
        return self._at.jobs.claim(self._at.name, now=now, lease=self._at.lease, limits=self._limits, at_most=at_most)

    def _conclude(self, ended: EndedAttempt, now: datetime) -> Job | None:
        """Have a job end, wait for another attempt, or run on in one where nothing of the script has run.

        None where it is not ours any more.
        """
        job, outcome = ended.job, ended.outcome
        if outcome.ended_by is EndedBy.NEVER_BEGAN and self._may_begin_again(job):
            again = self._at.jobs.retry(job)
            if again is not None:
                return again
        known = job
        if outcome.ended_by in _MAY_BE_CANCELLED:
            known = self._at.jobs.get(job.id) or job
        if ended.said is not None:
            self._at.jobs.set_progress(job.id, ended.said, runner=self._at.name)
        end = ending(known, outcome)
        return self._at.jobs.finish(job.id, end, runner=self._at.name, now=now, expires_at=now + self._at.retention)

    def _note(self, job: Job, became: Job | None) -> None:
        """Forget an attempt whose end is recorded."""
        del self._ended[job.id]
        if became is None or became.state is not State.RUNNING:
            del self._starts[job.id]
        if became is None:
            _log.warning("job %d is no longer this runner's: its end is left to whoever has it", job.id)
        elif became.state.is_final:
            _log.info("job %d %s", job.id, became.state)
        else:
            _log.warning("job %d: attempt %d failed; another follows", job.id, job.attempt)
            if became.not_before is not None:
                self._next_attempts.append(became.not_before)

    def _may_begin_again(self, job: Job) -> bool:
        """Attempts that never began because a runner was killed are no sign that the next one will not: fewer count."""
        return self._starts[job.id] < _MOST_STARTS and job.attempt - job.retry_count < _MOST_BEGINNINGS

    def _start(self, job: Job) -> None:
        self._starts[job.id] += 1
        try:
            self._at.results.make(job.id, attempt=job.attempt)
            if job.retry_count:
                self._at.results.divide_log(job.id, attempt=job.attempt)
            order = self._at.orders.order(job)
            if self._at.orders.has_changed(job):
                job = self._marked_changed(job)
            if not self._confirm_ours(job):
                return
            attempt = self._at.executor.start(order)
        except ScriptRunnerError as error:
            self._ended[job.id] = EndedAttempt(job, _never_started(str(error)))
        except OSError as error:
            self._ended[job.id] = EndedAttempt(job, _never_started(error.strerror or str(error)))
        except Exception:  # noqa: BLE001  # one job must not keep the others waiting
            _log.exception("job %d may have begun or not; the next turn looks for it", job.id)
            self._renewed_at = None
        else:
            self._watch(job, attempt)

    def _confirm_ours(self, job: Job) -> bool:
        """Whether we cannot have been suspended so long that another runner took the job to be lost; else look anew."""
        known = max(moment for moment in (self._renewed_at, job.started_at) if moment is not None)
        if self._at.clock() - known < self._at.lease / 2:
            return True
        _log.warning("job %d waits until it is known to be this runner's still", job.id)
        self._renewed_at = None
        return False

    def _marked_changed(self, job: Job) -> Job:
        """Keep that the script was changed; where the database is not to be had, the job runs all the same."""
        _log.warning("job %d: its script was changed since it was requested", job.id)
        try:
            return self._at.jobs.mark_changed(job.id) or job
        except StoreError:
            return job

    def _handle_requests(self) -> None:
        """Do what people asked for; they wake us then, and now and then we look all the same."""
        if not self._may_have_requests:
            return
        requests = self._at.jobs.requests(self._at.name) if self._running else ()
        handled = [self._running[job.id].handle_requests(job) for job in requests if job.id in self._running]
        self._may_have_requests = not all(handled)

    def _warn(self) -> None:
        """Owe the warnings of those whose time is running out."""
        now = self._at.clock()
        for watched in self._running.values():
            job = watched.job
            if job.warns_at is not None and job.warns_at <= now:
                watched.job = self._at.jobs.warn(job.id, runner=self._at.name, now=now) or replace(job, warned_at=now)
                self._is_news = True

    def _collect_progress(self) -> None:
        """Record what running scripts have said since the last look."""
        if time.monotonic() - self._looked_at < _BETWEEN_LOOKS.total_seconds():
            return
        self._looked_at = time.monotonic()
        for watched in self._running.values():
            watched.read_progress()
        news = [watched for watched in self._running.values() if watched.said is not None]
        if news:
            with self._at.jobs.at_once():
                for watched in news:
                    if watched.said is not None:
                        self._at.jobs.set_progress(watched.job.id, watched.said, runner=self._at.name)
        for watched in news:
            watched.said = None

    def _watch(self, job: Job, attempt: Attempt, *, is_adopted: bool = False) -> RunningAttempt:
        follower = self._follower(job, is_begun=is_adopted or job.retry_count > 0)
        self._running[job.id] = RunningAttempt(job, attempt, follower)
        self._selector.register(attempt, selectors.EVENT_READ, job.id)
        return self._running[job.id]

    def _follower(self, job: Job, *, is_begun: bool) -> Follower:
        return Follower(self._at.results.log(job.id), job.progress, is_begun=is_begun)


def _never_started(error: str) -> Outcome:
    return Outcome(ended_by=EndedBy.NEVER_STARTED, error=error)
