"""Takes jobs from the queue, starts and watches them, and records how they end."""

import logging
import select
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.errors import ScriptRunnerError, StoreError
from runner.executors import EndedBy, NotSeen, Outcome
from runner.executors.registry import Executors
from runner.files import DISK_ERRORS, DiskSettings, DiskSpace, Results
from runner.jobs import Job, Requester, State
from runner.scheduling import Limits
from runner.store import JobStore, QueueStore, SteadyClock
from runner.system.boot import BootRecord
from runner.system.clock import IdleSignal
from runner.system.heartbeat import Heartbeat
from runner.system.lasting_faults import LastingFaults
from runner.system.wakeup import WakeupSocket
from runner.worker.adoption import AttemptFinder
from runner.worker.attempts import WatchedAttempts
from runner.worker.disk_gate import DiskGate
from runner.worker.launch import Launcher, OrderWriter
from runner.worker.leases import Leases
from runner.worker.recording import PROGRESS_INTERVAL, OutcomeRecorder, ProgressRecorder
from runner.worker.results_watch import ResultsWatch

_log = logging.getLogger(__name__)
_A_MOMENT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What a worker works with; ``name`` marks the jobs that are its own, in this life and the last.

    ``idle_signal`` tells others when it has nothing to do, ``state_changed`` that there is something to tell of jobs,
    ``job_ended`` which of them has ended. The worker looks for jobs each ``poll``, should a wake-up be lost, and rests
    for ``after_trouble`` when it met some.
    ``heartbeat`` is told of each turn, and of each job that is started or looked for in it.
    """

    name: str
    jobs: JobStore
    queue: QueueStore
    orders: OrderWriter
    results: Results
    space: DiskSpace
    disk: DiskSettings
    admins: Collection[Requester]
    executors: Executors
    wakeup_socket: WakeupSocket
    boot: BootRecord
    idle_signal: IdleSignal
    retention: timedelta
    clock: SteadyClock
    state_changed: Callable[[], None]
    job_ended: Callable[[int], None]
    lease: timedelta
    poll: timedelta
    after_trouble: timedelta
    heartbeat: Heartbeat


class Worker:
    """One thread that runs as many jobs at once as there are slots. Stopping it never ends a job."""

    def __init__(self, context: WorkerContext, *, limits: Limits) -> None:
        self._context = context
        self._jobs = context.jobs
        self._clock = context.clock
        self._zero = context.clock.zero
        self._limits = limits
        self._leases = Leases(context.jobs, runner=context.name, duration=context.lease, clock=context.clock)
        self._launcher = Launcher(
            orders=context.orders, results=context.results, mark_changed=context.jobs.mark_changed
        )
        self._finder = AttemptFinder(results=context.results, executors=context.executors, boot=context.boot)
        self._recorder = OutcomeRecorder(
            context.jobs,
            context.results,
            runner=context.name,
            executor=context.executors.chosen,
            retention=context.retention,
        )
        self._progress = ProgressRecorder(context.jobs, runner=context.name)
        self._attempts = WatchedAttempts(context.results)
        self._watch = ResultsWatch(context.results, context.space, context.disk)
        self._gate = DiskGate(
            context.space,
            context.queue,
            runner=context.name,
            folders=(context.results.root, context.results.control),
            pause=context.after_trouble,
            tell_admins=self._tell_admins,
        )
        self._may_claim = False
        self._sizes: dict[int, int] = {}
        self._people_over: Collection[str] = ()
        self._people_known_until = 0.0
        self._are_sizes_new = False
        self._next_attempts: list[datetime] = []
        self._is_news = False
        self._announced = 0
        self._may_have_requests = True
        self._is_checked = False
        self._is_draining = False
        self._faults = LastingFaults(_log)

    def holds_memory(self) -> bool:
        """Whether jobs are held to their memory as a whole."""
        return self._context.executors.holds_memory()

    def run(self, stopping: threading.Event) -> None:
        """Work until ``stopping`` is set and the socket was woken; what runs then goes on without us."""
        self._work(stopping.is_set, self._context.poll)

    def drain(self, is_over: Callable[[], bool], *, poll: timedelta | None = None) -> None:
        """Start nothing more; return once nothing runs, or when ``is_over`` says so after a wake-up or ``poll``."""
        self._is_draining = True
        self._work(
            lambda: is_over() or not (self._attempts.running or self._attempts.ended), poll or self._context.poll
        )

    def release_on_exit(self) -> None:
        """Keep the jobs that run on ours for a day, for the runner that comes next."""
        self._leases.release_on_exit()

    def cancel_all(self, *, by: str) -> None:
        """Have all jobs that run here stopped, in somebody's name."""
        for job_id in self._attempts.running:
            self._jobs.request_cancel(job_id, by=by, now=self._clock())
        self._may_have_requests = True

    def tick(self) -> bool:
        """Do what can be done now: record ends, start what is next, stop what is to be; whether that was all.

        What cannot be recorded, because the database is locked or the disk full, is kept for the next turn.
        """
        self._follow_clock()
        self._attempts.collect_ended()
        self._heed_watch()
        self._renew_leases()
        are_all_held = not self._leases.are_in_doubt
        if self._context.boot.is_new and are_all_held and not self._attempts.ended:
            self._context.boot.take_note()  # all that ran when the machine went down is accounted for
        self._refuse_excess()
        self._may_claim = self._gate.is_open(self._clock())
        for job in self._finish_and_claim():
            self._start(job)
        self._announce_waiting()
        self._watch.follow(self._attempts.running.keys())
        self._handle_requests()
        self._warn()
        self._progress.collect(self._attempts, self._clock())
        if self._is_news:
            self._context.state_changed()
            self._is_news = False
        if not are_all_held:
            self._rest()
        return not (self._attempts.ended or self._leases.are_in_doubt or self._context.boot.is_new)

    @property
    def running(self) -> int:
        """How many jobs are being watched."""
        return len(self._attempts.running)

    def _work(self, is_over: Callable[[], bool], poll: timedelta) -> None:
        while not is_over():
            self._context.heartbeat.beat()
            try:
                is_all_done = self.tick()
            except StoreError:  # the store has said why
                self._rest()
            except Exception as error:  # noqa: BLE001  # one turn must not end the loop
                self._faults.met("turn", error, "a turn of the worker failed; the next one tries again")
                self._rest()
            else:
                self._faults.over("turn")
                self._wait(min(poll, self._pause()) if is_all_done else timedelta())
        self._watch.stop()
        self._context.idle_signal.begin()

    def _rest(self) -> None:
        """Pause after trouble, for a wake-up alone: jobs that end would have us try again at once."""
        self._wait_for([self._context.wakeup_socket], self._context.after_trouble)

    def _wait(self, pause: timedelta) -> None:
        is_anything = self._wait_for([self._context.wakeup_socket, self._attempts, self._watch], pause)
        self._may_have_requests = self._may_have_requests or not is_anything

    def _wait_for(self, sources: Collection[WakeupSocket | WatchedAttempts | ResultsWatch], pause: timedelta) -> bool:
        """Wait until one of them is readable, or the pause is over; whether one is."""
        with self._context.idle_signal.while_waiting():
            readable, _, _ = select.select(sources, [], [], pause.total_seconds())
        if self._context.wakeup_socket in readable:
            self._context.wakeup_socket.drain()
            self._may_have_requests = True
        return bool(readable)

    def _pause(self) -> timedelta:
        """How long nothing is to be done that nobody tells us of."""
        now = self._clock()
        running = self._attempts.running.values()
        self._next_attempts = [moment for moment in self._next_attempts if moment > now]
        warnings = [each.job.warns_at for each in running if each.job.warns_at is not None]
        pause = min(PROGRESS_INTERVAL if running else self._context.poll, self._leases.interval)
        return max(timedelta(), min([pause, *(moment - now for moment in (*self._next_attempts, *warnings))]))

    def _announce_waiting(self) -> None:
        """Have those told whose jobs could not start for a moment."""
        now = self._clock()
        announced = self._jobs.announce_waiting(after=self._announced, requested_before=now - _A_MOMENT, now=now)
        self._is_news = self._is_news or announced != self._announced
        self._announced = announced

    def _follow_clock(self) -> None:
        """Where the machine's clock was set, have what we remember move with what is stored."""
        self._clock.follow()
        if by := self._clock.zero - self._zero:
            self._zero += by
            self._attempts.move(by)
            self._next_attempts = [moment + by for moment in self._next_attempts]
            self._leases.doubt()

    def _heed_watch(self) -> None:
        """Stop what takes too much of the disk, and keep how much everything takes."""
        for each in self._watch.take():
            self._sizes[each.job_id] = each.size_bytes
            if each.excess is not None:
                self._attempts.stop_for(each.job_id, each.excess)

    def _tell_admins(self, now: datetime) -> bool:
        is_done = self._jobs.tell_of_shortage(self._context.admins, runner=self._context.name, now=now)
        self._is_news = self._is_news or is_done
        return is_done

    def _look_for_people_over(self) -> None:
        """Whose results take as much as they may; asked for a twentieth of the time at most."""
        began = time.monotonic()
        if began < self._people_known_until:
            return
        self._people_over = self._jobs.people_with_results(of_bytes=self._context.disk.max_results_per_person)
        self._people_known_until = time.monotonic() + 20 * (time.monotonic() - began)
        self._are_sizes_new = False

    def _renew_leases(self) -> None:
        """Hold on to our jobs; take up those we should be watching and are not, let go of those that are others'.

        What is taken up ran when a runner stopped or was killed, or its claim or end met with trouble.
        """
        now = self._clock()
        if not self._leases.are_due(now):
            return
        held = self._leases.renew(now)
        self._look_for_people_over()
        self._may_have_requests = True
        self._let_go_of(self._attempts.running.keys() - {job.id for job in held})
        for job in held:
            if job.id not in self._attempts:
                self._adopt(job)
        if self._leases.lose_abandoned(now, expires_at=now + self._context.retention):
            self._is_news = True

    def _let_go_of(self, job_ids: Collection[int]) -> None:
        """Stop what another runner took to be lost while we were suspended: its requester was told so."""
        for job_id in job_ids:
            _log.warning("job %d is no longer this runner's", job_id)
            self._attempts.running[job_id].stop()

    def _adopt(self, job: Job) -> None:
        self._context.heartbeat.beat()
        try:
            found = self._finder.find(job)
        except (OSError, NotSeen) as error:
            self._faults.met(("find", job.id), error, f"job {job.id} cannot be looked for; the next turn tries again")
            self._leases.doubt()
        else:
            self._faults.over(("find", job.id))
            self._attempts.adopt(job, found)

    def _refuse_excess(self) -> None:
        """Once: end the jobs that can never run since the settings give less than when they were requested."""
        if self._is_checked:
            return
        now = self._clock()
        for job in self._jobs.refuse_excess(self._limits, now=now, expires_at=now + self._context.retention):
            _log.warning("job %d refused: %s", job.id, job.reason)
            self._is_news = True
        self._watch.measure(self._jobs.unmeasured(self._context.name))
        self._is_checked = True

    def _finish_and_claim(self) -> list[Job]:
        """Record how attempts ended and take what comes next, in one transaction; the jobs that are to be started."""
        ended = list(self._attempts.ended.values())
        free = (self._limits.slots or 1) - len(self._attempts.running)
        if not ended and free <= 0 and not self._sizes:
            return []
        now = self._clock()
        with self._jobs.at_once():
            became = {each.job.id: self._recorder.record(each, now) for each in ended}
            again = [job for job in became.values() if job is not None and job.state is State.RUNNING]
            for job_id, size_bytes in self._sizes.items():
                self._jobs.set_results_size(job_id, size_bytes)
                self._are_sizes_new = True
            claimed = self._claim(free - len(again), now)
        self._sizes.clear()
        for each in ended:
            self._forget(each.job, became[each.job.id])
        for job in claimed:
            _log.info("job %d claimed by %s", job.id, self._context.name)
        self._is_news = self._is_news or bool(ended or claimed)
        return [*again, *claimed]

    def _claim(self, at_most: int, now: datetime) -> list[Job]:
        if at_most <= 0 or self._is_draining or self._context.boot.is_new or not self._may_claim:
            return []
        if self._people_over or self._are_sizes_new:
            self._look_for_people_over()
        context = self._context
        return self._jobs.claim(
            context.name,
            executor=context.executors.chosen,
            now=now,
            lease=context.lease,
            limits=self._limits,
            at_most=at_most,
            without=self._people_over,
        )

    def _forget(self, job: Job, became: Job | None) -> None:
        """Forget an attempt whose end is recorded."""
        del self._attempts.ended[job.id]
        self._recorder.note(job, became)
        if became is not None and became.state.is_final:
            self._context.job_ended(job.id)
        if became is not None and became.state is State.QUEUED and became.retry_count == job.retry_count:
            self._gate.close("the disk takes nothing")
        if became is not None and became.state is State.QUEUED and became.not_before is not None:
            self._next_attempts.append(became.not_before)

    def _start(self, job: Job) -> None:
        self._context.heartbeat.beat()
        self._recorder.count_start(job.id)
        try:
            job, order = self._launcher.prepare(job)
            if not self._leases.confirm(job):
                return
            if job.attempt == 1:
                self._watch.begin(job.id)
            attempt = self._context.executors.start(order)
        except ScriptRunnerError as error:
            self._attempts.note_end(job, _never_started(str(error)))
        except OSError as error:
            words = error.strerror or str(error)
            is_disk = error.errno in DISK_ERRORS
            self._attempts.note_end(job, _never_began(words) if is_disk else _never_started(words))
        except Exception as error:  # noqa: BLE001  # one job must not keep the others waiting
            message = f"job {job.id} may have begun or not; the next turn looks for it"
            self._faults.met(("start", job.id), error, message)
            self._leases.doubt()
        else:
            self._attempts.watch(job, attempt)

    def _handle_requests(self) -> None:
        """Do what people asked for; they wake us then, and now and then we look all the same."""
        if not self._may_have_requests:
            return
        running = self._attempts.running
        requests = self._jobs.requests(self._context.name) if running else ()
        handled = [running[job.id].handle_requests(job) for job in requests if job.id in running]
        self._may_have_requests = not all(handled)

    def _warn(self) -> None:
        """Owe the warnings of those whose time is running out."""
        now = self._clock()
        for watched in self._attempts.running.values():
            job = watched.job
            if job.warns_at is not None and job.warns_at <= now:
                watched.job = self._jobs.warn(job.id, runner=self._context.name, now=now) or replace(job, warned_at=now)
                self._is_news = True


def _never_began(error: str) -> Outcome:
    return Outcome(ended_by=EndedBy.NEVER_BEGAN, error=error)


def _never_started(error: str) -> Outcome:
    return Outcome(ended_by=EndedBy.NEVER_STARTED, error=error)
