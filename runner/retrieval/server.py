"""The built-in SSH server: takes its port at once, and imports what serves people when the first of them connects.

asyncssh takes 15 MB and a tenth of a second of the processor, and on most days of most installations nobody connects.
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
from runner.retrieval.settings import RetrievalSettings
from runner.retrieval.throttle import LoginThrottle
from runner.system.heartbeat import Heartbeat
from runner.system.watchdog import Watchdog

_log = logging.getLogger(__name__)
_BACKLOG = 100
_STOP_SECONDS = 10
_LONGEST_TURN = timedelta(minutes=1)
_BEAT_SECONDS = 5


class SshServer:
    """Serves the folders of accounts; ``start`` returns when people can connect, ``stop`` when nobody is any more.

    ``accounts`` is called in threads of the server's. Wrong passwords wait for ``first_wait``, then twice as long each
    time, up to ``longest_wait``.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        settings: RetrievalSettings,
        host_key_file: Path,
        accounts: AccountLookup,
        *,
        first_wait: timedelta = timedelta(milliseconds=500),
        longest_wait: timedelta = timedelta(seconds=10),
        watchdog: Watchdog | None = None,
    ) -> None:
        self.port = settings.port
        self._settings = settings
        self._watchdog = watchdog or Watchdog()
        self._host_key_file = host_key_file
        self._accounts = accounts
        self._attempts = LoginThrottle(monotonic=time.monotonic, first=first_wait, longest=longest_wait)
        self._thread: threading.Thread | None = None
        self._stopping: socket.socket | None = None

    def start(self) -> None:
        """Open the port; ScriptRunnerError where it cannot be, ConfigError where the host key is no good."""
        host_key = host_keys.load_or_make(self._host_key_file)
        # At its level INFO asyncssh logs what clients send as it is, line breaks included.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
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
        """Serve people from the first who connects until we are told to stop."""
        with ExitStack() as closing:
            for each in (told, *listeners):
                closing.enter_context(each)
            heartbeat = self._watchdog.loop("the SSH server", _LONGEST_TURN)
            if _wait_for_first(listeners, told, heartbeat):
                return
            from runner.retrieval.event_loop import Serving  # noqa: PLC0415  # asyncssh comes with it

            serving = Serving(self._settings, self._accounts, self._attempts, host_key=host_key, heartbeat=heartbeat)
            serving.run(listeners, until=told)


def _wait_for_first(listeners: list[socket.socket], told: socket.socket, heartbeat: Heartbeat) -> bool:
    """Wait until somebody connects, who is left to be accepted, or until we are told to stop; whether it is that."""
    waiting = select.poll()
    for each in (told, *listeners):
        waiting.register(each, select.POLLIN)
    while not (ready := waiting.poll(_BEAT_SECONDS * 1000)):
        heartbeat.beat()
    return told.fileno() in dict(ready)


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
