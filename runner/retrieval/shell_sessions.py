"""One request of a connection: sftp, the older scp protocol, or anything else, which is told what works."""

import asyncio
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

import asyncssh

from runner.retrieval import commands, legacy_scp
from runner.retrieval.downloads import DownloadServer
from runner.retrieval.legacy_scp import SourceRequest, UnboundedPattern
from runner.retrieval.sessions import ClientSession, unsent_bytes
from runner.retrieval.settings import RetrievalSettings
from runner.retrieval.uploads import UploadServer

if TYPE_CHECKING:
    from asyncssh.channel import SSHChannel
    from asyncssh.connection import SSHConnection

_NO_SHELL = "This account only serves scp and sftp; it has no shell and runs no commands.\n"
_NO_RSYNC = "This account serves scp and sftp, not rsync. Fetch and bring files with scp.\n"
_TO_LOOK = "Files are listed and {done} one by one with: {command}\nIn WinSCP, FileZilla and the like choose SFTP.\n"
_TO_FETCH = "Everything is fetched with: {command}\n"
_TO_RESUME = "A fetch that broke off goes on with: {command}\nOr, within sftp: reget FILE\n"
_NO_PATTERN = "A pattern is matched with no more than 4,096 characters, and without .. and **\n"
_LONGEST_COMMAND = 4096 + 64
_UNTAKEN_BYTES = 1024 * 1024  # of a session's: enough to read on while what was read is on its way
_UNSENT_BYTES = 4 * 1024 * 1024  # of a connection's
_LOOK_AGAIN_SECONDS = 0.05


class ShellSession(asyncssh.SSHServerProcess[str]):
    """One request of a connection; it takes the next word of a client's only while that takes what it asked for."""

    def __init__(self, session: ClientSession, settings: RetrievalSettings) -> None:
        super().__init__(self._turn_away, self._root, sftp_version=3, allow_scp=True)
        self._visit = session
        self._settings = settings
        self._has_ended = False

    def connection_made(self, chan: "SSHChannel[str]") -> None:
        """Begin, with no room for variables: asyncssh (2.24) keeps all that a client sends, however many."""
        chan._env = _NoVariables()  # noqa: SLF001
        chan.set_write_buffer_limits(_UNTAKEN_BYTES)
        super().connection_made(chan)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another session."""
        self._visit.drop_session()
        super().connection_lost(exc)

    def session_started(self) -> None:
        """Serve the request, unless it is a command that would keep us busy."""
        command = self.command or ""
        try:
            asked = legacy_scp.read(command)
        except UnboundedPattern:
            asked, self._allow_scp = None, False
        else:
            self._allow_scp = command.startswith("scp ")
        if asked is None:
            super().session_started()
        else:
            self._send(asked)

    async def read(self, datatype: int | None, n: int, exact: bool) -> str:  # the library's own
        """What the client sends next, once it has taken what was sent to it: else its requests would pile up here."""
        await self._await_client()
        content: str = await super().read(datatype, n, exact)
        return content

    def eof_received(self) -> bool:
        """Note that the client sends no more, or is gone."""
        self._has_ended = True
        return super().eof_received()

    def _send(self, asked: SourceRequest) -> None:
        """Send files by the older scp protocol, as the library's own ``session_started`` begins it."""
        channel = cast("SSHChannel[bytes]", self._chan)
        reader = asyncssh.SSHReader(cast("asyncssh.stream.SSHStreamSession[bytes]", self), channel)
        writer = asyncssh.SSHWriter(cast("asyncssh.stream.SSHStreamSession[bytes]", self), channel)
        root = "." if self._visit.account.writable else self._visit.user
        sending = legacy_scp.send(self._init_sftp_server(), asked, reader, writer, name_of_root=root)
        cast("SSHConnection", self._conn).create_task(sending, reader.logger)

    async def _root(self, channel: "SSHChannel[bytes]") -> asyncssh.SFTPServer:
        place = UploadServer if self._visit.account.writable else DownloadServer
        root = place(
            cast("asyncssh.SSHServerChannel[bytes]", channel), session=self._visit, has_ended=lambda: self._has_ended
        )
        return await root.ready() if isinstance(root, UploadServer) else root

    async def _await_client(self) -> None:
        """Wait while the client leaves unread what it asked for, in its channel or in its connection.

        asyncssh (2.24) lets what a connection could not send grow without end.
        """
        await self.drain(None)
        while self._conn is not None and unsent_bytes(self._conn) > _UNSENT_BYTES:  # noqa: ASYNC110  # none sets events
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _turn_away(self, process: asyncssh.SSHServerProcess[str]) -> None:
        words = self._what_works(process.command or "")
        has_terminal = process.term_type is not None  # and the client passes on what it gets as it is
        process.stderr.write(words.replace("\n", "\r\n") if has_terminal else words)
        process.exit(1)

    def _what_works(self, command: str) -> str:
        if command.startswith("scp ") and not self._allow_scp:
            return _NO_PATTERN
        is_writable, user = self._visit.account.writable, self._visit.user
        resume = _TO_RESUME.format(command=commands.resume(user, self._settings))
        if any(PurePath(word).name == "rsync" for word in command[:_LONGEST_COMMAND].split()):
            return _NO_RSYNC if is_writable else _NO_RSYNC + resume
        done = "brought" if is_writable else "fetched"
        look = _TO_LOOK.format(done=done, command=commands.look(user, self._settings))
        everything = _TO_FETCH.format(command=commands.everything(user, self._settings))
        return _NO_SHELL + look if is_writable else _NO_SHELL + everything + look


class _NoVariables(dict[bytes, bytes]):
    """Takes no variable."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        """Forget it."""
