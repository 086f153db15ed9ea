"""What serves the people who connect to the SSH server: the event loop of its process."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import asyncssh

from runner.retrieval.accounts import Account
from runner.retrieval.admission import Admission
from runner.retrieval.connections import SharedState, SshConnection
from runner.retrieval.line import AccountWanted, Line, ServingTerms, SignOfLife
from runner.retrieval.sessions import unsent_bytes
from runner.retrieval.shares import Shares
from runner.retrieval.throttle import LoginThrottle

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5
_PEER_SILENT_SECONDS = 30
_OMITTED_LOGGED_SECONDS = 10
_BEAT_SECONDS = 1.0
_MOST_THREADS = 64  # twice what one person's sessions can keep waiting for a slow disk


class Serving:
    """Serves the folders of accounts, which the runner knows, to whoever connects."""

    def __init__(self, terms: ServingTerms, line: Line, *, most_handles: int) -> None:
        self._terms = terms
        self._settings = settings = terms.settings
        self._line = line
        self._questions = count(1)
        self._asked: dict[int, asyncio.Future[Account | None]] = {}
        self._stopping = asyncio.Event()
        self._shared = SharedState(
            settings=settings,
            accounts=self._account,
            attempts=LoginThrottle(monotonic=time.monotonic, first=terms.first_wait, longest=terms.longest_wait),
            monotonic=time.monotonic,
            admission=Admission(max_startups=settings.max_startups, max_connections=settings.max_connections),
            shares=Shares.of(
                most_handles=most_handles,
                most_startups=settings.max_startups,
                most_connections=settings.max_connections,
                monotonic=time.monotonic,
            ),
        )

    def run(self, listeners: Sequence[socket.socket]) -> None:
        """Serve until the runner says farewell, then close the listeners and all connections."""
        asyncio.run(self._serve(listeners))

    async def _serve(self, listeners: Sequence[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="ssh-files"))
        loop.add_reader(self._line, self._hear)
        # The first sign of life is given before anybody is greeted: from then on its silence counts.
        watches = [asyncio.create_task(each) for each in (self._beat(), self._watch(), self._tell_omitted())]
        acceptors = [await self._accept(each) for each in listeners]
        await self._stopping.wait()
        for watch in watches:
            watch.cancel()
        self._log_omitted()
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
            server_host_keys=[asyncssh.import_private_key(self._terms.host_key)],
            server_version="ScriptRunner",
            config=None,
            gss_host=None,
            public_key_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_pty=True,
            line_editor=False,
            compression_algs=None,
            login_timeout=self._settings.login_timeout.total_seconds(),
            keepalive_interval=_PEER_SILENT_SECONDS,
        )

    async def _account(self, user: str) -> Account | None:
        """Ask the runner; who waits longer than a login may take is disconnected by then."""
        question = next(self._questions)
        answer: asyncio.Future[Account | None] = asyncio.get_running_loop().create_future()
        self._asked[question] = answer
        try:
            self._line.send_word(AccountWanted("account", question, user))
            return await answer
        finally:
            del self._asked[question]

    def _hear(self) -> None:
        """Take an answer of the runner's; that it is gone is a farewell too."""
        try:
            answer = self._line.next_answer()
        except BlockingIOError:
            return
        except OSError:
            answer = None
        if answer is None:
            asyncio.get_running_loop().remove_reader(self._line)
            self._stopping.set()
            return
        asked = self._asked.get(answer.question)
        if asked is not None and not asked.done():
            asked.set_result(answer.account)

    async def _beat(self) -> None:
        """Give a sign of life, that is of this event loop's, as long as there is somebody who hears it."""
        while True:
            with suppress(OSError):  # it has not heard the last ones yet, or is gone
                self._line.send_word(SignOfLife(), is_waiting=False)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _watch(self) -> None:
        longest = self._settings.idle_timeout.total_seconds()
        while True:
            await asyncio.sleep(min(1.0, longest / 4))
            for connection in list(self._shared.connections):
                session = connection.session
                if unsent_bytes(connection.conn) > self._terms.most_unsent_bytes:
                    connection.drop()
                elif session and time.monotonic() - session.used_at > longest:
                    session.note(f"{session.user} disconnected after doing nothing")
                    connection.conn.disconnect(asyncssh.DISC_BY_APPLICATION, "Nothing was done for too long")

    async def _tell_omitted(self) -> None:
        while True:
            await asyncio.sleep(_OMITTED_LOGGED_SECONDS)
            self._log_omitted()

    def _log_omitted(self) -> None:
        """Say how many connections were dropped: a line for each would let whoever floods us fill the log."""
        if dropped := self._shared.admission.take_dropped():
            _log.warning("connections dropped before they logged in, to make room for others: %d", dropped)
        self._shared.shares.log.tell_omitted()
