"""Takes jobs from the queue, starts and watches them, and records how they end."""

import logging
import select
import selectors
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.boots import Boots
from runner.clock import Clock
from runner.errors import ScriptRunnerError
from runner.executors import Attempt, EndedBy, Executor, NotSeen, Outcome
from runner.jobs import Job
from runner.orders import Orders, ending
from runner.outbox import Outbox
from runner.store import JobStore
from runner.wakeup import Bell

_log = logging.getLogger(__name__)
_LEASE = timedelta(seconds=60)
_POLL = timedelta(seconds=5)
_AFTER_TROUBLE = timedelta(seconds=1)
_MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What a worker works with; ``name`` marks the jobs that are its own, in this life and the last."""

    name: str
    jobs: JobStore
    orders: Orders
    outbox: Outbox
    executor: Executor
    bell: Bell
    boots: Boots
    retention: timedelta
    clock: Clock
    state_changed: Callable[[], None]


class Worker:
    """One thread that runs as many jobs at once as there are slots. Stopping it never ends a job."""

    def __init__(self, workplace: Workplace, *, slots: int) -> None:
        self._slots = slots
        self._at = workplace
        self._running: dict[int, tuple[Job, Attempt]] = {}
        self._ended: dict[int, tuple[Job, Outcome]] = {}
        self._stopped: set[int] = set()
        self._held_at: datetime | None = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(workplace.bell, selectors.EVENT_READ, None)

    def run(self, stopping: threading.Event) -> None:
        """Work until ``stopping`` is set and the bell was rung; what runs then goes on without us."""
        while not stopping.is_set():
            try:
                is_all_done = self.turn()
            except Exception:  # noqa: BLE001  # one turn must not end the loop
                _log.exception("a turn of the worker failed; the next one tries again")
                self._rest()
            else:
                self._wait(_POLL if is_all_done else timedelta())
        _log.info("worker stopped with %d jobs running on", len(self._running))
        self._selector.close()

    def turn(self) -> bool:
        """Do what can be done now: record ends, stop what is to be cancelled, start what waits; whether that was all.

        What cannot be recorded, because the database is locked or the disk full, is kept for the next turn.
        """
        self._collect()
        self._hold()
        is_all_held = self._held_at is not None
        self._conclude_all()
        self._stop_cancelled()
        is_all_done = self._knows_what_ran() and self._start_waiting()
        if not is_all_held:
            self._rest()
        return is_all_done

    @property
    def running(self) -> int:
        """How many jobs are being watched."""
        return len(self._running)

    def _wait(self, pause: timedelta) -> None:
        for key, _ in self._selector.select(pause.total_seconds()):
            if key.data is None:
                self._at.bell.drain()

    def _rest(self) -> None:
        """Pause after trouble for the bell alone: jobs that end would have us try again at once."""
        if select.select([self._at.bell], [], [], _AFTER_TROUBLE.total_seconds())[0]:
            self._at.bell.drain()

    def _collect(self) -> None:
        for key, _ in self._selector.select(0):
            if key.data is not None:
                job, attempt = self._running.pop(key.data)
                self._selector.unregister(attempt)
                self._ended[job.id] = (job, attempt.outcome())

    def _hold(self) -> None:
        """Hold on to our jobs, and take up those we should be watching and are not.

        These ran when a runner stopped or was killed, or their claim or end met with trouble.
        """
        now = self._at.clock()
        if self._held_at is not None and timedelta(0) <= now - self._held_at < _LEASE / 3:
            return
        held = self._at.jobs.hold(self._at.name, now=now, lease=_LEASE)
        self._held_at = now
        for job in held:
            if job.id not in self._running and job.id not in self._ended:
                self._adopt(job)

    def _adopt(self, job: Job) -> None:
        try:
            found = self._found(job)
        except (OSError, NotSeen):
            _log.exception("job %d cannot be looked for; the next turn tries again", job.id)
            self._held_at = None
            return
        if isinstance(found, Outcome):
            self._ended[job.id] = (job, found)
        else:
            _log.info("job %d adopted", job.id)
            self._watch(job, found)

    def _found(self, job: Job) -> Attempt | Outcome:
        found: Attempt | Outcome = Outcome(ended_by=EndedBy.NEVER_BEGAN)
        if self._at.outbox.was_made(job.id):
            found = self._at.executor.find(records=self._at.outbox.records(job.id), attempt=job.attempt)
        if self._at.boots.is_new and isinstance(found, Outcome) and found.ended_by is EndedBy.NEVER_BEGAN:
            return Outcome(ended_by=EndedBy.UNKNOWN)  # it may have run: its records were not on the disk yet
        return found

    def _knows_what_ran(self) -> bool:
        """Whether all that ran when the machine went down is accounted for; before that, nothing new begins."""
        if self._at.boots.is_new and self._held_at is not None and not self._ended:
            self._at.boots.take_note()
        return not self._at.boots.is_new

    def _conclude_all(self) -> None:
        for job, outcome in list(self._ended.values()):
            self._conclude(job, outcome)

    def _conclude(self, job: Job, outcome: Outcome) -> None:
        """Record how an attempt ended, or begin another where nothing of the script has run."""
        if outcome.ended_by is EndedBy.NEVER_BEGAN and job.attempt < _MOST_ATTEMPTS:
            again = self._at.jobs.retry(job)
            if again is not None:
                del self._ended[job.id]
                _log.warning("job %d: attempt %d never began; attempt %d follows", job.id, job.attempt, again.attempt)
                self._start(again)
                return
        now = self._at.clock()
        end = ending(self._at.jobs.get(job.id) or job, outcome)
        finished = self._at.jobs.finish(job.id, end, now=now, expires_at=now + self._at.retention)
        del self._ended[job.id]
        self._stopped.discard(job.id)
        if finished is not None:
            _log.info("job %d %s", job.id, end.state)
            self._at.state_changed()

    def _stop_cancelled(self) -> None:
        for job in self._at.jobs.cancel_requests(self._at.name) if self._running else ():
            if job.id in self._running and job.id not in self._stopped:
                _log.info("job %d is being stopped", job.id)
                self._running[job.id][1].stop()
                self._stopped.add(job.id)

    def _start_waiting(self) -> bool:
        """Fill the free slots; whether there is nothing more to do before something happens."""
        for _ in range(self._slots - len(self._running) - len(self._ended)):
            claimed = self._at.jobs.claim(self._at.name, now=self._at.clock(), lease=_LEASE)
            if claimed is None:
                return not self._ended
            _log.info("job %d claimed by %s", claimed.id, self._at.name)
            self._start(claimed)
            self._at.state_changed()
        return not self._ended and self._held_at is not None

    def _start(self, job: Job) -> None:
        try:
            self._at.outbox.make(job.id, attempt=job.attempt)
            attempt = self._at.executor.start(self._at.orders.order(job))
        except ScriptRunnerError as error:
            self._ended[job.id] = (job, _never_started(str(error)))
        except OSError as error:
            self._ended[job.id] = (job, _never_started(error.strerror or str(error)))
        except Exception:  # noqa: BLE001  # one job must not keep the others waiting
            _log.exception("job %d may have begun or not; the next turn looks for it", job.id)
            self._held_at = None
        else:
            self._watch(job, attempt)

    def _watch(self, job: Job, attempt: Attempt) -> None:
        self._running[job.id] = (job, attempt)
        self._selector.register(attempt, selectors.EVENT_READ, job.id)


def _never_started(error: str) -> Outcome:
    return Outcome(ended_by=EndedBy.NEVER_STARTED, error=error)
