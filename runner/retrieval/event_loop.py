"""What serves the people who connect to the SSH server: an event loop in the server's thread."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence

import asyncssh

from runner.retrieval.accounts import AccountLookup
from runner.retrieval.admission import Admission
from runner.retrieval.connections import SharedState, SshConnection
from runner.retrieval.settings import RetrievalSettings
from runner.retrieval.throttle import LoginThrottle
from runner.system.heartbeat import Heartbeat

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5
_PEER_SILENT_SECONDS = 30
_DROPPED_LOGGED_SECONDS = 10
_BEAT_SECONDS = 5


class Serving:
    """Serves the folders of accounts to whoever connects to the sockets."""

    def __init__(
        self,
        settings: RetrievalSettings,
        accounts: AccountLookup,
        attempts: LoginThrottle,
        *,
        host_key: bytes,
        heartbeat: Heartbeat,
    ) -> None:
        self._settings = settings
        self._heartbeat = heartbeat
        self._host_key = host_key
        self._shared = SharedState(
            accounts=accounts,
            attempts=attempts,
            monotonic=time.monotonic,
            admission=Admission(max_startups=settings.max_startups, max_connections=settings.max_connections),
        )

    def run(self, listeners: Sequence[socket.socket], *, until: socket.socket) -> None:
        """Serve until there is something to be read from ``until``, then close the listeners and all connections."""
        asyncio.run(self._serve(listeners, until))

    async def _serve(self, listeners: Sequence[socket.socket], until: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        loop.add_reader(until, stopping.set)
        acceptors = [await self._accept(each) for each in listeners]
        watches = [asyncio.create_task(each) for each in (self._watch_idle(), self._watch_dropped(), self._beat())]
        await stopping.wait()
        loop.remove_reader(until)
        for watch in watches:
            watch.cancel()
        self._log_dropped()
        for acceptor in acceptors:
            acceptor.close()
        self._shared.close()
        # The last people accepted are dropped when their connections are made, in tasks of the event loop's.
        # Sessions remove what is left of uploads when their connection is gone.
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=_STOP_SECONDS)

    async def _accept(self, listener: socket.socket) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            sock=listener,
            server_factory=lambda: SshConnection(self._shared),
            server_host_keys=[asyncssh.import_private_key(self._host_key)],
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
            for connection in list(self._shared.connections):
                session = connection.session
                if session and time.monotonic() - session.used_at > longest:
                    _log.info("%s disconnected after doing nothing", session.user)
                    connection.conn.disconnect(asyncssh.DISC_BY_APPLICATION, "Nothing was done for too long")

    async def _beat(self) -> None:
        """By way of the threads that look into files and database: where all of these hang, nobody can log in."""
        while True:
            await asyncio.to_thread(self._heartbeat.beat)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _watch_dropped(self) -> None:
        while True:
            await asyncio.sleep(_DROPPED_LOGGED_SECONDS)
            self._log_dropped()

    def _log_dropped(self) -> None:
        """Say how many connections were dropped: a line for each would let whoever floods us fill the log."""
        if dropped := self._shared.admission.take_dropped():
            _log.warning("connections dropped before they logged in, to make room for others: %d", dropped)
