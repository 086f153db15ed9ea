"""One SSH connection: who may log in, how often, and that nothing but scp and sftp is served."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncssh
from asyncssh.constants import DISC_TOO_MANY_CONNECTIONS, OPEN_RESOURCE_SHORTAGE

from runner.retrieval.accounts import Account
from runner.retrieval.admission import Admission
from runner.retrieval.logins import matches
from runner.retrieval.sessions import ClientSession
from runner.retrieval.settings import RetrievalSettings
from runner.retrieval.shares import Shares
from runner.retrieval.shell_sessions import ShellSession
from runner.retrieval.throttle import LoginThrottle, network
from runner.system.text import visible

_log = logging.getLogger(__name__)

_TRIES = 6
_LONGEST_USER = 64


@dataclass(slots=True, kw_only=True, eq=False)
class SharedState:
    """What all connections of a server share; used in the event loop's thread only."""

    settings: RetrievalSettings
    accounts: Callable[[str], Awaitable[Account | None]]
    attempts: LoginThrottle
    shares: Shares
    monotonic: Callable[[], float]
    admission: Admission
    connections: "set[SshConnection]" = field(default_factory=set)
    is_closed: bool = False

    def close(self) -> None:
        """End all connections, also those that were accepted but are not made yet."""
        self.is_closed = True
        for each in list(self.connections):
            each.conn.abort()


class SshConnection(asyncssh.SSHServer):
    """Answers the library's questions about one connection."""

    def __init__(self, shared: SharedState) -> None:
        self.session: ClientSession | None = None
        self.has_begun_login = False
        self._shared = shared
        self._account: Account | None = None
        self._tries = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Let the connection in, also where another one has to make room."""
        self.conn = conn
        self.address = str((conn.get_extra_info("peername") or ("unknown",))[0])
        self.source = network(self.address)
        if self._shared.is_closed:
            conn.abort()
            return
        self._shared.admission.arrive(self)
        self._shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc
        if self.session is not None:
            self.session.end()
        self._shared.admission.leave(self)
        self._shared.connections.discard(self)

    def drop(self) -> None:
        """End the connection at once, which makes room for another."""
        self.conn.abort()

    def begin_auth(self, username: str) -> bool:
        """Everybody needs to log in."""
        del username
        self.has_begun_login = True
        return True

    def password_auth_supported(self) -> bool:
        """The only way in."""
        return True

    def kbdint_auth_supported(self) -> bool:
        """Not a way in."""
        return False

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the password is right; the answer waits, by the clock that started when it came.

        An unknown user name and a wrong password are answered alike, and after the same time.
        """
        loop = asyncio.get_running_loop()
        came_at = loop.time()
        account = await self._shared.accounts(username)
        is_right = matches(password, account.passwords if account else ())
        where = {"address": self.address, "user": username}
        wait = self._shared.attempts.right(**where) if is_right else self._shared.attempts.wrong(**where)
        if not is_right:
            _log.warning("wrong password for %s from %s", _short(username), self.address)
        await asyncio.sleep(max(0.0, came_at + wait - loop.time()))
        if not is_right:
            self._count_try()
            return False
        if account is None or not self._shared.admission.log_in(self, account.owner):
            owner = account.owner if account else ""
            self._shared.shares.log.note(owner, f"{_short(username)} turned away: too many connections have logged in")
            self.conn.disconnect(DISC_TOO_MANY_CONNECTIONS, "Too many connections have logged in; try again later")
            return False
        self._account = account
        return True

    def auth_completed(self) -> None:
        """Begin the session."""
        if self._account is None:
            self.conn.abort()
            return
        user = str(self.conn.get_extra_info("username"))
        self.session = ClientSession(
            user=user,
            address=self.address,
            account=self._account,
            shares=self._shared.shares,
            monotonic=self._shared.monotonic,
        )
        self.session.note(f"{_short(user)} logged in from {self.address}")

    def session_requested(self) -> "ShellSession | bool":
        """Serve a session of one who has logged in; ChannelOpenError where the connection has too many."""
        if not self.session:
            return False
        if not self.session.take_session():
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "At most 10 sessions in one connection, 32 in all")
        return ShellSession(self.session, self._shared.settings)

    def _count_try(self) -> None:
        self._tries += 1
        if self._tries >= _TRIES:
            self.conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many wrong passwords")


def _short(user: str) -> str:
    return visible(user[:_LONGEST_USER])
