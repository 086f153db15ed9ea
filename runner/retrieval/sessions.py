"""One connection that has logged in: whose it is, when it last did something and what it has open."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh
from asyncssh.connection import SSHConnection

from runner.retrieval.accounts import Account
from runner.retrieval.served_files import ServedFiles
from runner.retrieval.shares import Shares

_FILES_OF_CONNECTION = 64
_SESSIONS_OF_CONNECTION = 10  # as MaxSessions in sshd_config(5)


def unsent_bytes(connection: SSHConnection) -> int:
    """How much the client's end has not taken yet; asyncssh (2.24) lets that grow without end, and does not tell."""
    transport = connection._transport  # noqa: SLF001
    return 0 if transport is None else transport.get_write_buffer_size()


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSession:
    """What the sessions of one connection share."""

    user: str
    address: str
    account: Account
    shares: Shares
    monotonic: Callable[[], float]
    serves: ServedFiles = field(init=False)
    used_at: float = field(init=False)
    open_files: int = field(default=0, init=False)
    open_sessions: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.serves = ServedFiles(self.account)
        self.touch()

    def touch(self) -> None:
        """Note that something is being done."""
        self.used_at = self.monotonic()

    def note(self, message: str) -> None:
        """Have the log say it, if the person has not filled it of late."""
        self.shares.log.note(self.account.owner, message)

    def take_session(self) -> bool:
        """Count a session about to begin; whether there is room for it."""
        if self.open_sessions >= _SESSIONS_OF_CONNECTION or not self.shares.sessions.take(self.account.owner):
            return False
        self.open_sessions += 1
        return True

    def drop_session(self) -> None:
        """Count a session ended; nothing where the connection has."""
        if self.open_sessions:
            self.open_sessions -= 1
            self.shares.sessions.drop(self.account.owner)

    def end(self) -> None:
        """Count all sessions ended: those also that never began, because the connection ended first."""
        self.shares.sessions.drop(self.account.owner, self.open_sessions)
        self.open_sessions = 0

    def take_file(self) -> None:
        """Count a file or a listing about to be opened; SFTPFailure where too many are at once."""
        if self.open_files >= _FILES_OF_CONNECTION:
            raise asyncssh.SFTPFailure(f"At most {_FILES_OF_CONNECTION} files can be open at once.")
        if not self.shares.files.take(self.account.owner):
            raise asyncssh.SFTPFailure("Too many files are open at once.")
        self.open_files += 1

    def drop_file(self) -> None:
        """Count a file or a listing closed."""
        self.open_files -= 1
        self.shares.files.drop(self.account.owner)

    def turn(self) -> asyncio.Lock:
        """What one session of the person's has at a time."""
        return self.shares.turn(self.account.owner)

    def take_names(self, number: int) -> None:
        """Count names about to be listed; SFTPFailure where too many are at once."""
        if not self.shares.names.take(self.account.owner, number):
            raise asyncssh.SFTPFailure("Too many names are listed at once.")

    def drop_names(self, number: int) -> None:
        """Count names listed."""
        self.shares.names.drop(self.account.owner, number)
