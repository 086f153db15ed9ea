"""The runner as a process: worker, delivery, the SSH server and the clocks of cleanup, until it is told to stop."""

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk import WebClient

from runner.app.bootstrap import Assembly
from runner.app.config import Config
from runner.errors import ScriptRunnerError, StoreError
from runner.jobs import State
from runner.notifications.delivery import Delivery
from runner.retrieval.server import SshServer
from runner.settings import Secrets
from runner.settings.cron import trigger
from runner.system.memory import freeze_garbage
from runner.system.ports import check_port
from runner.system.wakeup import WakeupSocket, wake
from runner.system.watchdog import Watchdog
from runner.worker.worker import Worker

_log = logging.getLogger(__name__)
_LOCK_SECONDS = 1.0  # doctor holds the lock for a moment when it looks
_SWITCH_SECONDS = 0.0002  # jobs start and end promptly while messages are being written
_LONGEST_START = timedelta(minutes=10)  # what a former version left in the database may have to be rewritten
_LONGEST_TURN = timedelta(minutes=2)
_LONGEST_SILENCE = timedelta(minutes=2)  # of the SSH server's process, which is ended and started again before that
_REMIND_SECONDS = 60
_TELL_SECONDS = 10
_SECOND_THOUGHTS = timedelta(seconds=1)


class Leaving(StrEnum):
    """What becomes of the jobs that run when the runner is told to stop."""

    LEAVE = "leave"
    """They go on without it; told a second time at once, the runner waits for them."""
    DRAIN = "drain"
    """The runner starts no more and waits for them."""
    CANCEL = "cancel"
    """The runner ends them."""


class Daemon:
    """One runner; ``stop`` may be called from a signal handler or another thread.

    While it waits for jobs, being told to stop once more lets it leave them.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        config: Config,
        secrets: Secrets,
        assembly: Assembly,
        slack: WebClient | None,
        *,
        leaving: Leaving = Leaving.LEAVE,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._config = config
        self._secrets = secrets
        self._assembly = assembly
        self._slack = slack
        self._leaving = leaving
        self._watchdog = watchdog or Watchdog()
        self._stopping = threading.Event()
        self._times_told = 0

    def run(self) -> None:
        """Run until stopped. ScriptRunnerError where another runner has this folder."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        starting = self._watchdog.loop("the start", _LONGEST_START)
        with ExitStack() as closing:
            closing.enter_context(_only_one(self._assembly.paths.lock))
            closing.callback(self._assembly.close)
            closing.enter_context(self._retrieval())
            # Once the runner can be woken, all that people are told of is there.
            wakeup_socket = WakeupSocket(self._assembly.paths.wakeup_socket)
            closing.callback(wakeup_socket.close)
            delivery = self._assembly.delivery(self._secrets, self._slack, watchdog=self._watchdog)
            checksums = self._assembly.checksums()
            worker = self._assembly.worker(
                wakeup_socket, delivery, self._secrets, watchdog=self._watchdog, job_ended=checksums.add
            )
            self._watchdog.holds_memory = worker.holds_memory()
            delivery.start()
            closing.callback(delivery.stop)
            checksums.start()
            closing.callback(checksums.stop)
            closing.enter_context(self._clocks(worker))
            freeze_garbage()
            _log.info("runner ready")
            self._watchdog.end(starting)
            self._watchdog.ready(self._status(worker))
            worker.run(self._stopping)
            self._take_leave(worker, delivery)
            self._watchdog.stopping()

    def stop(self) -> None:
        """End ``run``: at once, or when the jobs that run have ended."""
        self._times_told += 1
        self._stopping.set()
        wake(self._assembly.paths.wakeup_socket)

    def _take_leave(self, worker: Worker, delivery: Delivery) -> None:
        """See to the jobs that run; another word to stop has us leave them."""
        if worker.running and (self._leaving is not Leaving.LEAVE or self._wait_for_second_stop(worker)):
            if self._leaving is Leaving.CANCEL:
                worker.cancel_all(by="whoever stopped the runner")
            _log.info("waiting for %d jobs to end; told to stop once more, I leave them", worker.running)
            told = self._times_told
            worker.drain(lambda: self._times_told > told)
            delivery.flush()
        worker.release_on_exit()
        _log.info("runner stopped with %d jobs running on", worker.running)

    def _wait_for_second_stop(self, worker: Worker) -> bool:
        """Whether we are told to stop a second time, before a short while is over."""
        until = time.monotonic() + _SECOND_THOUGHTS.total_seconds()
        _log.info("stopping; told once more at once, I wait for the %d jobs that run", worker.running)
        worker.drain(lambda: self._times_told > 1 or time.monotonic() > until, poll=_SECOND_THOUGHTS / 10)
        return self._times_told > 1

    @contextmanager
    def _retrieval(self) -> Iterator[None]:
        """The built-in SSH server, where the machine's own is not used instead."""
        settings = self._config.retrieval
        if not settings.server:
            yield
            return
        check_port("retrieval.port", settings.listen, settings.port)
        server = SshServer(settings, self._assembly.paths.ssh_host_key, self._assembly.account)
        server.start()
        heartbeat = self._watchdog.loop("the SSH server", _LONGEST_SILENCE)
        self._watchdog.look_with(lambda: heartbeat.beat() if server.answers else None)
        try:
            yield
        finally:
            server.stop()

    @contextmanager
    def _clocks(self, worker: Worker) -> Iterator[None]:
        """The clock of cleanup, which also says every few seconds what there is to do; a long cleanup is logged."""
        cleaner, heartbeat = self._assembly.cleaner(), self._watchdog.loop("cleanup's clock", _LONGEST_TURN)

        def clean() -> None:
            with self._watchdog.calls.running("cleanup"):
                cleaner.clean()

        def tell() -> None:
            heartbeat.beat()
            self._watchdog.status = self._status(worker)

        reminders = self._assembly.reminders()

        def remind() -> None:
            if reminders is not None:
                with self._watchdog.calls.running("reminders"):
                    reminders.remind()

        with scheduled(self._config.retention.schedule, clean) as scheduler:
            scheduler.add_job(remind, "interval", seconds=_REMIND_SECONDS, id="reminders")
            scheduler.add_job(tell, "interval", seconds=_TELL_SECONDS, id="status")
            yield

    def _status(self, worker: Worker) -> str:
        try:
            waiting = f"{self._assembly.store.jobs.count(states=[State.QUEUED])} waiting"
        except StoreError as error:
            waiting = str(error)
        return f"jobs: {worker.running} running, {waiting}"


@contextmanager
def scheduled(schedule: str, clean: Callable[[], object]) -> Iterator[BackgroundScheduler]:
    """Cleanup by the clock; a run that was missed while the machine slept is made up for once."""
    scheduler = BackgroundScheduler(job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(clean, trigger(schedule), id="cleanup")
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _lock(lock, path)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ScriptRunnerError(f"Another runner works in {path.parent}; stop it first.") from None
            time.sleep(0.05)
        else:
            return
