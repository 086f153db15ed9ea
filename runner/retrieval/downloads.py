"""A folder as an SFTP and scp client sees it: read-only, and nothing outside it, whatever is put inside."""

import asyncio
import io
import os
import posixpath
import stat
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple, NoReturn, TypeVar

import asyncssh
from asyncssh.constants import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR, FXF_READ

from runner.files import DISK_ERRORS, in_plain_words, private
from runner.retrieval.listings import Listing
from runner.retrieval.sessions import ClientSession
from runner.system.text import size, visible

_T = TypeVar("_T")

# A read returns at most this much, whatever was asked for; scp asks for 32 or 256 KiB.
_BLOCK_BYTES = 256 * 1024

# The older scp protocol has a line for each file: a name of several lines would be read as files of the script's
# choosing. OpenSSH's scp (source() in scp.c) sends such names like this too.
_LINE_BREAK = "\\^J"

_LONGEST_PATH_BYTES = 4096  # PATH_MAX of Linux; what is longer is the name of no file, and takes long to look at
_NAMES_AT_ONCE = 500


class _Listed(bytes):
    """A name in a folder that scp's patterns are matched with.

    asyncssh (2.24) gives up a pattern where any name of the folder has a backslash, for the sake of clients on Windows.
    """

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part != b"\\" and super().__contains__(part)  # type: ignore[operator]


class _Entry(NamedTuple):
    """What is told of a file or folder: half as large as what the system tells."""

    name: str
    mode: int
    size_bytes: int
    accessed_at: int
    modified_at: int

    @classmethod
    def of(cls, name: str, status: os.stat_result) -> "_Entry":
        return cls(name, status.st_mode, status.st_size, int(status.st_atime), int(status.st_mtime))


class Download(io.FileIO):
    """A file being fetched."""

    def __init__(self, handle: int, *, label: str) -> None:
        super().__init__(handle, "rb")
        self.label = label
        self.sent_bytes = 0


class DownloadServer(asyncssh.SFTPServer):
    """The results of one job: folders, and regular files with no name elsewhere, can be listed and read, nothing else.

    Paths are walked by directory handles, not by name: a link is never followed, also one put there in between. The
    root can be called by the user name too: ``scp -r job-12@host:job-12 .`` then makes a folder of that name, in both
    of scp's protocols.
    """

    refusal = "The results of a job can be fetched, not changed."

    def __init__(
        self, channel: "asyncssh.SSHServerChannel[bytes]", *, session: ClientSession, has_ended: Callable[[], bool]
    ) -> None:
        super().__init__(channel)
        self.session = session
        self.has_ended = has_ended
        self._told: set[str] = set()

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:  # noqa: ARG002  # the library's
        """Open a file for reading; asking for more is refused."""
        if pflags & ~FXF_READ:
            self.refuse()
        return await self._open_download(path)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """A part of the file, shorter than asked for at its end or where much was asked for."""
        self.session.touch()
        if not isinstance(file_obj, Download):
            self.refuse()
        content = await _in_thread(lambda: os.pread(file_obj.fileno(), min(size, _BLOCK_BYTES), offset))
        file_obj.sent_bytes += len(content)
        return content

    async def close(self, file_obj: object) -> None:
        """Close a file and log what was sent of it."""
        if isinstance(file_obj, Download):
            file_obj.close()
            self.session.drop_file()
            self.session.note(f"{self.session.user} fetched {file_obj.label}, {size(file_obj.sent_bytes)}")

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """What a file or folder is like."""

        def look(folder: int, name: str) -> _Entry:
            return _Entry.of(name, private.status(folder, name, is_served=self.session.serves))

        return _attributes(await self._found(path, look))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """What a file or folder is like; there are no links."""
        return await self.lstat(path)

    async def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """What an open file is like."""
        if not isinstance(file_obj, Download):
            self.refuse()
        return _attributes(_Entry.of(file_obj.label, os.fstat(file_obj.fileno())))

    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """What is directly in a folder and can be served, by name; SFTPFailure where too much is open."""
        return Listing(self._entries(path), self.session)

    def listed(self, found: list[tuple[str, os.stat_result]]) -> list[tuple[str, os.stat_result]]:
        """Those of the entries that are shown."""
        return found

    async def realpath(self, path: bytes) -> bytes:
        """The path from the root, without ``.`` and ``..``; nothing is looked up."""
        return b"/" + posixpath.normpath(b"/" + _bounded(path)).lstrip(b"/")

    async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:  # noqa: ARG002  # the library's names
        """Refused."""
        self.refuse()

    async def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Refused, as ``setstat`` is."""
        await self.setstat(path, attrs)

    async def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:  # noqa: ARG002
        """Refused."""
        self.refuse()

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refused."""
        self.refuse()

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename as ``rename`` does, but may replace."""
        await self.rename(oldpath, newpath)

    async def remove(self, path: bytes) -> None:  # noqa: ARG002
        """Refused."""
        self.refuse()

    async def fsync(self, file_obj: object) -> None:
        """Nothing: what is brought is synced when it is closed."""

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:  # noqa: ARG002
        """Refused."""
        self.refuse()

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self.refuse()

    def rmdir(self, path: bytes) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self.refuse()

    def symlink(self, oldpath: bytes, newpath: bytes) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self.refuse()

    def link(self, oldpath: bytes, newpath: bytes) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self.refuse()

    def readlink(self, path: bytes) -> NoReturn:  # noqa: ARG002
        """SFTPNoSuchFile: there are no links."""
        raise asyncssh.SFTPNoSuchFile("No such file")

    def statvfs(self, path: bytes) -> NoReturn:  # noqa: ARG002
        """SFTPOpUnsupported: how full the disk is stays private."""
        raise asyncssh.SFTPOpUnsupported("Not offered")

    def fstatvfs(self, file_obj: object) -> NoReturn:  # noqa: ARG002
        """SFTPOpUnsupported: how full the disk is stays private."""
        raise asyncssh.SFTPOpUnsupported("Not offered")

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> NoReturn:  # noqa: ARG002
        """SFTPOpUnsupported: of a protocol version that is never agreed on."""
        raise asyncssh.SFTPOpUnsupported("Not offered")

    def exit(self) -> None:
        """Report success at the session's end: asyncssh (2.24) does not, and OpenSSH's scp then says it failed."""
        if self._is_sftp and not self.channel.is_closing():
            self.channel.exit(0)

    def refuse(self, why: str | None = None) -> NoReturn:
        """Raise SFTPPermissionDenied and tell the person why."""
        raise asyncssh.SFTPPermissionDenied(self.tell(why or self.refusal))

    def tell(self, message: str) -> str:
        """Show the message in the person's terminal, once; OpenSSH's sftp and scp show only the error's number."""
        if self._is_sftp and message not in self._told:
            self._told.add(message)
            self.channel.write_stderr(f"{message}\r\n".encode())
        return message

    def name_of(self, path: bytes) -> str:
        """The path as a name below the folder, "" for the folder itself; ``..`` ends at the root.

        SFTPNoSuchFile for what is the name of no file.
        """
        if b"\0" in path or (b"\n" in path and not self._is_sftp):
            raise asyncssh.SFTPNoSuchFile("No such file")
        parts = [part for part in posixpath.normpath(b"/" + _bounded(path)).split(b"/") if part]
        if parts and self.is_root(parts[0]):
            del parts[0]
        name = os.fsdecode(b"/".join(parts))
        return name if self._is_sftp else name.replace(_LINE_BREAK, "\n")

    def is_root(self, part: bytes) -> bool:
        """Whether this first part of a path is another name of the folder itself."""
        return part == self.session.user.encode()

    async def in_folder(self, act: Callable[[int], _T]) -> _T:
        """Do something with a handle of the folder, in a thread.

        SFTPPermissionDenied where that is not allowed, SFTPFailure where a name is taken or the disk in trouble, else
        SFTPNoSuchFile.
        """
        self.session.touch()

        def within() -> _T:
            with private.opened(self.session.account.folder) as folder:
                return act(folder)

        try:
            return await _in_thread(within)
        except PermissionError as error:
            raise asyncssh.SFTPPermissionDenied("Permission denied") from error
        except FileExistsError as error:
            raise asyncssh.SFTPFailure("There is a file of that name already.") from error
        except OSError as error:
            if error.errno in DISK_ERRORS:
                raise asyncssh.SFTPFailure(self.tell(f"That cannot be done: {in_plain_words(error)}.")) from error
            raise asyncssh.SFTPNoSuchFile("No such file") from error

    async def _found(self, path: bytes, act: Callable[[int, str], _T]) -> _T:
        """Do something with what has the name; a job's number too is its folder where nothing there is called so."""
        name = self.name_of(path)
        try:
            return await self.in_folder(lambda folder: act(folder, name))
        except asyncssh.SFTPNoSuchFile:
            first, _, rest = name.partition("/")
            if not first or not self.is_root(b"job-" + os.fsencode(first)):
                raise
        return await self.in_folder(lambda folder: act(folder, rest))

    @property
    def _is_sftp(self) -> bool:
        return self.channel.get_subsystem() == "sftp"

    def _shown(self, name: str) -> bytes:
        return os.fsencode(name) if self._is_sftp else _Listed(os.fsencode(name.replace("\n", _LINE_BREAK)))

    async def _entries(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:

        def look(folder: int, name: str) -> list[_Entry]:
            return [
                _Entry.of(*each) for each in self.listed(private.entries(folder, name, is_served=self.session.serves))
            ]

        async with self.session.turn():  # so that one person has the memory that this takes once
            found = await self._found(path, look)
            self.session.take_names(len(found))
        try:
            yield asyncssh.SFTPName(b".", attrs=await self.lstat(path))
            yield asyncssh.SFTPName(b"..", attrs=await self.lstat(b"/"))
            for number, entry in enumerate(found, start=1):
                yield asyncssh.SFTPName(self._shown(entry.name), attrs=_attributes(entry))
                if number % _NAMES_AT_ONCE == 0:
                    await asyncio.sleep(0)  # scp goes through all of them in one go
        finally:
            self.session.drop_names(len(found))

    async def _open_download(self, path: bytes) -> Download:
        name = self.name_of(path)
        self.session.take_file()
        try:
            handle = await self._found(path, partial(private.open_file, is_served=self.session.serves))
        except BaseException:
            self.session.drop_file()
            raise
        return Download(handle, label=visible(name))


async def _in_thread(act: Callable[[], _T]) -> _T:
    return await asyncio.get_running_loop().run_in_executor(None, act)


def _bounded(path: bytes) -> bytes:
    if len(path) > _LONGEST_PATH_BYTES:
        raise asyncssh.SFTPNoSuchFile("No such file")
    return path


def _attributes(entry: _Entry) -> asyncssh.SFTPAttrs:
    """Without owner and group: they are the machine's business."""
    return asyncssh.SFTPAttrs(
        type=FILEXFER_TYPE_DIRECTORY if stat.S_ISDIR(entry.mode) else FILEXFER_TYPE_REGULAR,
        size=entry.size_bytes,
        permissions=stat.S_IFMT(entry.mode) | entry.mode & 0o777,
        atime=entry.accessed_at,
        mtime=entry.modified_at,
    )
