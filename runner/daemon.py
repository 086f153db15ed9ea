"""The runner as a process: worker, delivery, SSH server and the clocks of cleanup, until it is told to stop."""

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from slack_sdk import WebClient

from runner.assembly import Assembly
from runner.cleanup import Cleaner
from runner.config import Config, Secrets
from runner.errors import ScriptRunnerError
from runner.wakeup import Bell, ring

_log = logging.getLogger(__name__)


class Daemon:
    """One runner; ``stop`` may be called from a signal handler or another thread."""

    def __init__(self, config: Config, secrets: Secrets, assembly: Assembly, slack: WebClient | None) -> None:
        self._config = config
        self._secrets = secrets
        self._assembly = assembly
        self._slack = slack
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run until stopped; jobs that run then go on. ScriptRunnerError where another runner has this folder."""
        with ExitStack() as closing:
            closing.enter_context(_only_one(self._assembly.lock_path))
            closing.callback(self._assembly.close)
            bell = Bell(self._assembly.bell_path)
            closing.callback(bell.close)
            delivery = self._assembly.delivery(self._secrets, self._slack)
            worker = self._assembly.worker(bell, delivery)
            server = self._assembly.ssh_server()
            if server is not None:
                server.start()
                closing.callback(server.stop)
            delivery.start()
            closing.callback(delivery.stop)
            closing.enter_context(_scheduled(self._config, self._assembly.cleaner()))
            _log.info("runner ready")
            worker.run(self._stopping)

    def stop(self) -> None:
        """End ``run`` soon."""
        self._stopping.set()
        ring(self._assembly.bell_path)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        path.chmod(0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ScriptRunnerError(f"Another runner works in {path.parent}; stop it first.") from None
        yield


@contextmanager
def _scheduled(config: Config, cleaner: Cleaner) -> Iterator[None]:
    """Cleanup by the clock; a run that was missed while the machine slept is made up for once."""
    scheduler = BackgroundScheduler(job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(cleaner.clean, CronTrigger.from_crontab(config.retention.schedule), id="cleanup")
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown()
