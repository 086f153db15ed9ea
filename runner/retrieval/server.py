"""The built-in SSH server: an event loop in a thread of its own, from which people fetch results with scp."""

import asyncio
import logging
import threading
import time
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import asyncssh

from runner.errors import ConfigError, ScriptRunnerError
from runner.retrieval.accounts import Accounts
from runner.retrieval.attempts import Attempts
from runner.retrieval.connections import Connection, Lobby
from runner.retrieval.keys import load_or_make
from runner.retrieval.settings import RetrievalSettings

HOST_KEY_FILE = "ssh_host_ed25519_key"
_log = logging.getLogger(__name__)
_START_SECONDS = 30
_STOP_SECONDS = 5
_PEER_SILENT_SECONDS = 30


class SshServer:
    """Serves the folders of accounts; ``start`` returns when people can connect, ``stop`` when nobody is any more.

    ``accounts`` is called in threads of the server's. Wrong passwords wait for ``first_wait``, then twice as long each
    time, up to ``longest_wait``.
    """

    def __init__(
        self,
        settings: RetrievalSettings,
        data_folder: Path,
        accounts: Accounts,
        *,
        first_wait: timedelta = timedelta(milliseconds=500),
        longest_wait: timedelta = timedelta(seconds=10),
    ) -> None:
        self.port = settings.port
        self._settings = settings
        self._data_folder = data_folder
        self._lobby = Lobby(
            accounts=accounts,
            attempts=Attempts(monotonic=time.monotonic, first=first_wait, longest=longest_wait),
            monotonic=time.monotonic,
            max_connections=settings.max_connections,
        )
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def start(self) -> None:
        """Open the port; ScriptRunnerError where it cannot be, ConfigError where the host key is no good."""
        host_key = _host_key(self._data_folder / HOST_KEY_FILE)
        # At its level INFO asyncssh logs what clients send as it is, line breaks included.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(host_key, port), name="retrieval", daemon=True)
        self._thread.start()
        try:
            self.port = port.result(timeout=_START_SECONDS)
        except OSError as error:
            place = f"{self._settings.listen} port {self._settings.port}"
            raise ScriptRunnerError(f"The SSH server cannot listen on {place}: {error.strerror or error}.") from error
        _log.info("SSH server listens on %s port %d", self._settings.listen, self.port)

    def stop(self) -> None:
        """Close the port and all connections; a second call does nothing."""
        if self._thread is None:
            return
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=2 * _STOP_SECONDS)
        self._thread = None
        _log.info("SSH server stopped")

    def _run(self, host_key: asyncssh.SSHKey, port: "Future[int]") -> None:
        try:
            asyncio.run(self._serve(host_key, port))
        except Exception as error:
            if port.done():
                raise
            port.set_exception(error)

    async def _serve(self, host_key: asyncssh.SSHKey, port: "Future[int]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        acceptor = await self._listen(host_key)
        port.set_result(acceptor.get_port())
        watch = asyncio.create_task(self._watch_idle())
        await self._stopping.wait()
        watch.cancel()
        acceptor.close()
        for connection in list(self._lobby.connections):
            connection.conn.abort()
        # Sessions remove what is left of uploads when their connection is gone.
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=_STOP_SECONDS)

    async def _listen(self, host_key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            self._settings.listen,
            self._settings.port,
            server_factory=lambda: Connection(self._lobby),
            server_host_keys=[host_key],
            server_version="ScriptRunner",
            config=None,
            gss_host=None,
            public_key_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_pty=False,
            compression_algs=None,
            login_timeout=self._settings.login_timeout.total_seconds(),
            keepalive_interval=_PEER_SILENT_SECONDS,
        )

    async def _watch_idle(self) -> None:
        longest = self._settings.idle_timeout.total_seconds()
        while True:
            await asyncio.sleep(min(30.0, longest / 4))
            for connection in list(self._lobby.connections):
                visit = connection.visit
                if visit and time.monotonic() - visit.used_at > longest:
                    _log.info("%s disconnected after doing nothing", visit.user)
                    connection.conn.disconnect(asyncssh.DISC_BY_APPLICATION, "Nothing was done for too long")


def _host_key(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(load_or_make(path, _new_host_key))
    except asyncssh.KeyImportError as error:
        raise ConfigError(f"The host key file {path} holds no SSH key; delete it so that a new one is made.") from error


def _new_host_key() -> bytes:
    return asyncssh.generate_private_key("ssh-ed25519").export_private_key()
