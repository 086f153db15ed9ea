"""The built-in SSH server: holds the port, and has a process serve people from the first who connects.

The process is one of its own, so that jobs start promptly while people fetch at full speed. asyncssh takes 15 MB and a
tenth of a second of the processor, and on most days of most installations nobody connects. While the process is started
anew, those who connect wait: the port stays the runner's.
"""

import errno
import logging
import os
import select
import socket
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.retrieval import host_keys
from runner.retrieval.accounts import AccountLookup
from runner.retrieval.line import ServingTerms
from runner.retrieval.process import Attended, SshProcess
from runner.retrieval.settings import RetrievalSettings

_log = logging.getLogger(__name__)
_BACKLOG = 100
_STOP_SECONDS = 10
_TO_EXIT = timedelta(seconds=1)
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_SOUND_SECONDS = 60.0  # a process that has served for so long did not end because of how it was started


class SshServer:
    """Serves the folders of accounts; ``start`` returns when people can connect, ``stop`` when nobody is any more.

    ``accounts`` is called in threads of the server's. Wrong passwords wait for ``first_wait``, then twice as long each
    time, up to ``longest_wait``. A process that gives no sign of life for ``longest_silence`` is ended, and as one that
    ended by itself started again: connections break then, and no job notices. A connection that leaves more unread than
    ``most_unsent_bytes``, which is twice what sessions wait for, is dropped.
    """

    def __init__(  # noqa: PLR0913  # what tests replace is passed in
        self,
        settings: RetrievalSettings,
        host_key_file: Path,
        accounts: AccountLookup,
        *,
        first_wait: timedelta = timedelta(milliseconds=500),
        longest_wait: timedelta = timedelta(seconds=10),
        longest_silence: timedelta = timedelta(seconds=30),
        most_unsent_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        self.port = settings.port
        self._settings = settings
        self._host_key_file = host_key_file
        self._accounts = accounts
        self._waits = first_wait, longest_wait
        self._longest_silence = longest_silence
        self._most_unsent_bytes = most_unsent_bytes
        self._thread: threading.Thread | None = None
        self._stopping: socket.socket | None = None
        self._process: SshProcess | None = None
        self._is_resting = False

    @property
    def pid(self) -> int | None:
        """The process that serves people; None before the first of them, and while it is about to be started anew."""
        process = self._process
        return None if process is None else process.pid

    @property
    def answers(self) -> bool:
        """Whether people who connect are answered: the process gives signs of life, or is started when it is needed."""
        process = self._process
        is_served = process.answers if process is not None else not self._is_resting
        return is_served and self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Open the port; ScriptRunnerError where it cannot be, ConfigError where the host key is no good."""
        host_key = host_keys.load_or_make(self._host_key_file)
        try:
            listeners = _listeners(self._settings.listen, self._settings.port)
        except OSError as error:
            place = f"{self._settings.listen} port {self._settings.port}"
            raise ScriptRunnerError(f"The SSH server cannot listen on {place}: {error.strerror or error}.") from error
        self.port = listeners[0].getsockname()[1]
        self._stopping, told = socket.socketpair()
        work = (host_key, listeners, told)
        self._thread = threading.Thread(target=self._run, args=work, name="retrieval", daemon=True)
        self._thread.start()
        _log.info("SSH server listens on %s port %d", self._settings.listen, self.port)

    def stop(self) -> None:
        """Close the port and all connections; a second call does nothing."""
        if self._thread is None or self._stopping is None:
            return
        self._stopping.close()
        self._thread.join(timeout=_STOP_SECONDS)
        self._thread = None
        _log.info("SSH server stopped")

    def _run(self, host_key: bytes, listeners: list[socket.socket], told: socket.socket) -> None:
        """Have people served from the first who connects until we are told to stop.

        The process ends when this thread does: prctl(2) counts the thread that started it as its parent.
        """
        pause = _FIRST_PAUSE_SECONDS
        with ExitStack() as closing:
            for each in (told, *listeners):
                closing.enter_context(each)
            while not _wait(told, *listeners):
                began = time.monotonic()
                if self._is_told_while_serving(host_key, listeners, told):
                    return
                is_sound = time.monotonic() - began > _SOUND_SECONDS
                pause = _FIRST_PAUSE_SECONDS if is_sound else min(2 * pause, _LONGEST_PAUSE_SECONDS)
                self._is_resting = True
                if _wait(told, seconds=pause):
                    return
                self._is_resting = False

    def _is_told_while_serving(self, host_key: bytes, listeners: list[socket.socket], told: socket.socket) -> bool:
        """Have a process serve people; whether we are told to stop. Else it ended, and why is in the log."""
        try:
            process = SshProcess(
                self._terms(host_key), listeners, self._accounts, longest_silence=self._longest_silence
            )
        except OSError as error:
            _log.error("SSH server cannot have a process: %s", error.strerror or error)  # no defect
            return False
        self._process = process
        _log.info("SSH server's process %d started", process.pid)
        try:
            return _is_told(process, told)
        finally:
            self._process = None
            process.kill()

    def _terms(self, host_key: bytes) -> ServingTerms:
        first_wait, longest_wait = self._waits
        return ServingTerms(
            settings=self._settings.model_copy(update={"port": self.port}),
            host_key=host_key,
            first_wait=first_wait,
            longest_wait=longest_wait,
            most_unsent_bytes=self._most_unsent_bytes,
            log_level=_log.getEffectiveLevel(),
        )


def _is_told(process: SshProcess, told: socket.socket) -> bool:
    """Attend to the process until we are told to stop, and then stop it; False where it ended or had to be ended."""
    match process.attend(told):
        case Attended.TOLD:
            process.stop()
            return True
        case Attended.ENDED:
            status = process.kill(after=_TO_EXIT)
            how = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
            _log.error("SSH server's process %d %s; another follows", process.pid, how)
        case Attended.SILENT:
            process.kill()
            _log.error("SSH server's process %d gave no sign of life and was ended; another follows", process.pid)
    return False


def _wait(told: socket.socket, *listeners: socket.socket, seconds: float | None = None) -> bool:
    """Wait until somebody connects, who is left to be accepted, or until we are told to stop; whether it is that."""
    waiting = select.poll()
    for each in (told, *listeners):
        waiting.register(each, select.POLLIN)
    return told.fileno() in dict(waiting.poll(None if seconds is None else seconds * 1000))


def _listeners(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host, of the kinds that this machine has."""
    found = dict.fromkeys(socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
    listeners: list[socket.socket] = []
    with ExitStack() as undoing:
        for family, _, _, _, address in found:
            try:
                listener = socket.create_server(address, family=family, backlog=_BACKLOG)
            except OSError as error:
                if error.errno == errno.EAFNOSUPPORT:
                    continue
                raise
            listeners.append(undoing.enter_context(listener))
        if not listeners:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        undoing.pop_all()
    return listeners
