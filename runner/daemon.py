"""The runner as a process: worker, delivery, SSH server and the clocks of cleanup, until it is told to stop."""

import fcntl
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from slack_sdk import WebClient

from runner.assembly import Assembly
from runner.config import Config, Secrets
from runner.errors import ScriptRunnerError
from runner.wakeup import Bell, ring

_log = logging.getLogger(__name__)
_LOCK_SECONDS = 1.0  # doctor holds the lock for a moment when it looks
_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(?:(?P<first>[0-7])(?:-(?P<last>[0-7]))?|\*(?=/))(?:/(?P<step>[1-7]))?")


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
                check_port("retrieval.port", self._config.retrieval.listen, self._config.retrieval.port)
                server.start()
                closing.callback(server.stop)
            delivery.start()
            closing.callback(delivery.stop)
            closing.enter_context(scheduled(self._config.retention.schedule, self._assembly.cleaner().clean))
            _log.info("runner ready")
            worker.run(self._stopping)

    def stop(self) -> None:
        """End ``run`` soon."""
        self._stopping.set()
        ring(self._assembly.bell_path)


def check_port(setting: str, host: str, port: int) -> None:
    """ScriptRunnerError where nothing can listen there, with the setting to change; port 0 is always free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        raise ScriptRunnerError(
            f"Nothing can listen on {host} port {port}: {error.strerror or error}. "
            f"End what uses it, or change {setting}, or the address beside it, in the settings."
        ) from error


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


def trigger(schedule: str) -> CronTrigger:
    """The times of a crontab line; APScheduler 3 counts weekdays from Monday, crontab(5) from Sunday."""
    *others, weekdays = schedule.split()
    return CronTrigger.from_crontab(" ".join([*others, ",".join(map(_named, weekdays.split(",")))]))


def _named(weekdays: str) -> str:
    found = _WEEKDAYS.fullmatch(weekdays)
    if found is None:
        return weekdays
    first = int(found["first"] or 0)
    last = int(found["last"] or (6 if found["step"] or not found["first"] else first))
    return ",".join(_NAMES[day % 7] for day in range(first, last + 1, int(found["step"] or 1)))


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
