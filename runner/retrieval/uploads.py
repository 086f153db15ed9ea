"""A person's inbox folder as an SFTP and scp client sees it."""

import asyncio
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, Self, TypeVar

import asyncssh
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_TRUNC, FXF_WRITE

from runner.errors import ScriptRunnerError
from runner.files import Draft, InboxLimits, in_plain_words, private, sweep
from runner.retrieval.downloads import DownloadServer
from runner.system import atomic_files
from runner.system.text import size, visible

_T = TypeVar("_T")
_LONGEST_NAME_BYTES = 255
_NO_FOLDERS = "There are no folders here: send a folder as one archive."
_WHOLE_ONLY = "A file can be brought or replaced as a whole only."


class IncomingFile(Draft):
    """A draft with the name that it is to have, and whether all goes well.

    OpenSSH's scp (9.2) does not ask to empty a file that it replaces, just as a program that changes a file in places.
    The draft begins empty all the same, so then a gap means that the rest of the old file was counted on.
    """

    def __init__(
        self, folder: int, name: str, *, at_most_bytes: int, may_have_gaps: bool, limits: InboxLimits | None
    ) -> None:
        super().__init__(folder, limits=limits, replacing=name)
        self.name = name
        self.at_most_bytes = at_most_bytes
        self.may_have_gaps = may_have_gaps
        self.has_failed = False

    def finish(self) -> None:
        """Give the draft its name, in place of a file that had it; OSError where that is a folder."""
        self.replace(self.name)


class UploadServer(DownloadServer):
    """A person's own inbox folder: flat files can be brought, replaced, listed, read back, renamed and removed."""

    refusal = "Here files can be brought, replaced and removed, and nothing else."

    async def ready(self) -> Self:
        """Make the folder where absent, and remove drafts whose server died."""
        private.make_private(self.session.account.folder)
        await self.in_folder(_begin_to_use)
        return self

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file for reading, or a new one, or one to replace, for writing; SFTPFailure where there is no room."""
        if not pflags & FXF_WRITE:
            return await super().open(path, pflags, attrs)
        if pflags & FXF_APPEND or not pflags & FXF_CREAT:
            self.refuse(_WHOLE_ONLY)
        name = self._new_name(path)
        self.session.take_file()
        try:
            return await self.in_folder(lambda folder: self._begin(folder, name, pflags))
        except ScriptRunnerError as error:
            self.session.drop_file()
            raise asyncssh.SFTPFailure(self.tell(str(error))) from error
        except BaseException:
            self.session.drop_file()
            raise

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write a part of a file, up to the size that is allowed."""
        self.session.touch()
        upload = self._upload(file_obj)
        self._check_size(upload, offset + len(data))
        if offset > upload.size_bytes and not upload.may_have_gaps:
            upload.has_failed = True
            self.refuse(_WHOLE_ONLY)
        return await self._change(upload, lambda: upload.write(offset, data))

    async def close(self, file_obj: object) -> None:
        """Put a file in place that was brought as a whole; remove what is left of one that was not.

        A connection that breaks, or a client that is killed, ends the session first; clients wait for the answer to
        this request before they do.
        """
        if not isinstance(file_obj, IncomingFile):
            return await super().close(file_obj)
        self.session.drop_file()
        if file_obj.has_failed or self.has_ended():
            file_obj.abandon()
            self.session.note(f"{self.session.user} gave up bringing {file_obj.name} after {size(file_obj.size_bytes)}")
            return None
        return await self._finish(file_obj)

    async def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """What an open file is like."""
        if isinstance(file_obj, IncomingFile):
            return asyncssh.SFTPAttrs(size=file_obj.size_bytes, permissions=stat.S_IFREG | atomic_files.PRIVATE)
        return await super().fstat(file_obj)

    async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Nothing: permissions and times are not kept, but ``scp -p`` shall work."""

    async def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Of all attributes only the size of a file on its way is set."""
        if isinstance(file_obj, IncomingFile) and attrs.size is not None:
            size_bytes = attrs.size
            self._check_size(file_obj, size_bytes)
            await self._change(file_obj, lambda: file_obj.truncate(size_bytes))

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> NoReturn:  # noqa: ARG002  # the library's names
        """Refused."""
        self.refuse(_NO_FOLDERS)

    async def remove(self, path: bytes) -> None:
        """Remove one of the person's files."""
        name = self.name_of(path)
        await self.in_folder(lambda folder: _remove(folder, name))
        self.session.note(f"{self.session.user} removed {visible(name)}")

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file to a name that is free; clients that bring files under a name of their own need it."""
        await self._rename(oldpath, newpath, replace=False)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, in place of the one that has the name."""
        await self._rename(oldpath, newpath, replace=True)

    def listed(self, found: list[tuple[str, os.stat_result]]) -> list[tuple[str, os.stat_result]]:
        """Files that are not hidden."""
        return [(name, status) for name, status in found if stat.S_ISREG(status.st_mode) and not name.startswith(".")]

    def is_root(self, part: bytes) -> bool:
        """The folder has no other name."""
        del part
        return False

    def name_of(self, path: bytes) -> str:
        """The name of a file of the person's, or "" for the folder; SFTPNoSuchFile for what is deeper or hidden."""
        name = super().name_of(path)
        if "/" in name or name.startswith("."):
            raise asyncssh.SFTPNoSuchFile("No such file")
        return name

    def _new_name(self, path: bytes) -> str:
        name = DownloadServer.name_of(self, path)
        if "/" in name:
            self.refuse(_NO_FOLDERS)
        if (
            not name
            or name.startswith((".", "-"))
            or len(os.fsencode(name)) > _LONGEST_NAME_BYTES
            or not _is_honest(name)
        ):
            self.refuse("The file needs a name that begins with no dot or dash and is without control characters.")
        return name

    def _begin(self, folder: int, name: str, pflags: int) -> IncomingFile:
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            found = None
        if found is not None and (pflags & FXF_EXCL or stat.S_ISDIR(found.st_mode)):
            raise FileExistsError(name)
        may_have_gaps = bool(pflags & (FXF_TRUNC | FXF_EXCL))
        account = self.session.account
        return IncomingFile(
            folder,
            name,
            at_most_bytes=account.max_size_bytes,
            may_have_gaps=may_have_gaps,
            limits=account.limits,
        )

    def _upload(self, file_obj: object) -> IncomingFile:
        if not isinstance(file_obj, IncomingFile):
            self.refuse("The file is open for reading.")
        return file_obj

    def _check_size(self, upload: IncomingFile, size_bytes: int) -> None:
        if size_bytes > upload.at_most_bytes:
            upload.has_failed = True
            raise asyncssh.SFTPFailure(self.tell(f"A file can have {size(upload.at_most_bytes)} at most."))

    async def _change(self, upload: IncomingFile, act: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(None, act)
        except ScriptRunnerError as error:
            upload.has_failed = True
            raise asyncssh.SFTPFailure(self.tell(str(error))) from error
        except OSError as error:
            upload.has_failed = True
            raise asyncssh.SFTPFailure(self.tell(f"The file cannot be written: {in_plain_words(error)}.")) from error

    async def _finish(self, upload: IncomingFile) -> None:
        await self._change(upload, upload.finish)
        self.session.note(f"{self.session.user} brought {upload.name}, {size(upload.size_bytes)}")

    async def _rename(self, oldpath: bytes, newpath: bytes, *, replace: bool) -> None:
        old, new = self.name_of(oldpath), self._new_name(newpath)
        await self.in_folder(lambda folder: _rename(folder, old, new, replace=replace))
        self.session.note(f"{self.session.user} renamed {visible(old)} to {new}")


def _begin_to_use(folder: int) -> None:
    """Remove drafts whose server died; the folder's age tells when its owner last had reason to use it."""
    sweep(folder)
    with suppress(OSError):  # a disk that is read-only lets nobody bring anything
        os.utime(folder)


def _remove(folder: int, name: str) -> None:
    if not stat.S_ISREG(private.status(folder, name).st_mode):
        raise FileNotFoundError(name)
    os.unlink(name, dir_fd=folder)


def _rename(folder: int, old: str, new: str, *, replace: bool) -> None:
    if not stat.S_ISREG(private.status(folder, old).st_mode):
        raise FileNotFoundError(old)
    if replace:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
        return
    os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    os.unlink(old, dir_fd=folder)


def _is_honest(name: str) -> bool:
    return visible(name) == name and name.isprintable()
