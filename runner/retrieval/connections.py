"""One SSH connection: who may log in, how often, and that nothing but scp and sftp is served."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import asyncssh
from asyncssh.constants import DISC_TOO_MANY_CONNECTIONS, OPEN_RESOURCE_SHORTAGE

from runner.retrieval.accounts import Account, AccountLookup
from runner.retrieval.admission import Admission
from runner.retrieval.downloads import DownloadServer
from runner.retrieval.logins import matches
from runner.retrieval.sessions import ClientSession
from runner.retrieval.throttle import LoginThrottle, network
from runner.retrieval.uploads import UploadServer
from runner.system.text import visible

if TYPE_CHECKING:
    from asyncssh.channel import SSHChannel

_log = logging.getLogger(__name__)

_TRIES = 6
_SESSIONS = 10  # as MaxSessions in sshd_config(5)
_LONGEST_USER = 64
_NO_SHELL = "This account only serves scp and sftp.\n"
_NO_RSYNC = "This account serves scp and sftp, not rsync. Fetch and bring files with scp.\n"
_TO_RESUME = (
    "A fetch that broke off goes on with: sftp -a -r -P PORT {user}@HOST:{user} .\n"
    "(PORT and HOST as with scp; -r and the last {user} are for all results.) Or, within sftp: reget FILE\n"
)


@dataclass(slots=True, kw_only=True, eq=False)
class SharedState:
    """What all connections of a server share; used in the event loop's thread only."""

    accounts: AccountLookup
    attempts: LoginThrottle
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
        account = await loop.run_in_executor(None, self._look_up, username)
        is_right = matches(password, account.passwords if account else ())
        where = {"address": self.address, "user": username}
        wait = self._shared.attempts.right(**where) if is_right else self._shared.attempts.wrong(**where)
        if not is_right:
            _log.warning("wrong password for %s from %s", _short(username), self.address)
        await asyncio.sleep(max(0.0, came_at + wait - loop.time()))
        if not is_right:
            self._count_try()
            return False
        if not self._shared.admission.log_in(self, username):
            _log.warning("%s turned away: too many connections have logged in", _short(username))
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
            user=user, address=self.address, account=self._account, monotonic=self._shared.monotonic
        )
        _log.info("%s logged in from %s", _short(user), self.address)

    def session_requested(self) -> "ShellSession | bool":
        """Serve a session of one who has logged in; ChannelOpenError where the connection has too many."""
        if not self.session:
            return False
        if self.session.open_sessions >= _SESSIONS:
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, f"At most {_SESSIONS} sessions in one connection")
        return ShellSession(self.session)

    def _look_up(self, username: str) -> Account | None:
        try:
            return self._shared.accounts(username)
        except Exception:  # noqa: BLE001  # one login fails, not the server; asyncssh would not say why
            _log.exception("account of %s cannot be looked up", _short(username))
            return None

    def _count_try(self) -> None:
        self._tries += 1
        if self._tries >= _TRIES:
            self.conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many wrong passwords")


class ShellSession(asyncssh.SSHServerProcess[str]):
    """One request of a connection: sftp, the older scp protocol, or anything else, which is told that it is neither."""

    def __init__(self, session: ClientSession) -> None:
        super().__init__(self._turn_away, self._root, sftp_version=3, allow_scp=True)
        self._visit = session
        self._has_ended = False
        session.open_sessions += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another session."""
        self._visit.open_sessions -= 1
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Note that the client sends no more, or is gone."""
        self._has_ended = True
        return super().eof_received()

    async def _root(self, channel: "SSHChannel[bytes]") -> asyncssh.SFTPServer:
        place = UploadServer if self._visit.account.writable else DownloadServer
        root = place(
            cast("asyncssh.SSHServerChannel[bytes]", channel), session=self._visit, has_ended=lambda: self._has_ended
        )
        return await root.ready() if isinstance(root, UploadServer) else root

    def _turn_away(self, process: asyncssh.SSHServerProcess[str]) -> None:
        process.stderr.write(self._what_works(process.command or ""))
        process.exit(1)

    def _what_works(self, command: str) -> str:
        if command.split(" ", 1)[0] != "rsync":
            return _NO_SHELL
        return _NO_RSYNC if self._visit.account.writable else _NO_RSYNC + _TO_RESUME.format(user=self._visit.user)


def _short(user: str) -> str:
    return visible(user[:_LONGEST_USER])
