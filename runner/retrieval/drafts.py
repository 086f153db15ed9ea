"""A file on its way into an inbox: a hidden draft until it is whole."""

import contextlib
import fcntl
import os
import secrets

from runner import folders

_DRAFT = ".upload-"


class Upload:
    """A file on its way: a hidden draft, locked while it grows, that takes its name only when it is whole.

    OpenSSH's scp (9.2) does not ask to empty a file that it replaces, just as a program that changes a file in places.
    The draft begins empty all the same, so then a gap means that the rest of the old file was counted on.
    """

    def __init__(self, folder: int, name: str, *, at_most_bytes: int, may_have_gaps: bool) -> None:
        self.name = name
        self.at_most_bytes = at_most_bytes
        self.may_have_gaps = may_have_gaps
        self.size_bytes = 0
        self.has_failed = False
        self._draft = f"{_DRAFT}{secrets.token_hex(8)}"
        self._folder = os.dup(folder)
        try:
            self.handle = _new_file(folder, self._draft)
        except BaseException:
            os.close(self._folder)
            raise

    def write(self, offset: int, content: bytes) -> int:
        """Write at a place in the draft."""
        written = 0
        while written < len(content):
            written += os.pwrite(self.handle, content[written:], offset + written)
        self.size_bytes = max(self.size_bytes, offset + written)
        return written

    def truncate(self, size_bytes: int) -> None:
        """Make the draft as long as this."""
        os.ftruncate(self.handle, size_bytes)
        self.size_bytes = size_bytes

    def finish(self) -> None:
        """Give the draft its name, in place of a file that had it; OSError where that is a folder."""
        try:
            os.fsync(self.handle)
            os.rename(self._draft, self.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            os.fsync(self._folder)
        except OSError:
            self._unlink()
            raise
        finally:
            self._close()

    def abandon(self) -> None:
        """Remove the draft."""
        self._unlink()
        self._close()

    def _unlink(self) -> None:
        try:
            os.unlink(self._draft, dir_fd=self._folder)
        except FileNotFoundError:
            return

    def _close(self) -> None:
        os.close(self.handle)
        os.close(self._folder)


def _new_file(folder: int, name: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, folders.PRIVATE_FILE, dir_fd=folder)
    os.fchmod(handle, folders.PRIVATE_FILE)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def sweep(folder: int) -> None:
    """Remove the drafts that nobody holds a lock on: their server died."""
    for file in list(folders.files(folder, deep=False)):
        if file.name.startswith(_DRAFT):
            with contextlib.suppress(OSError):  # in use, or finished meanwhile
                _remove_unlocked(folder, file.name)


def _remove_unlocked(folder: int, name: str) -> None:
    handle = folders.open_file(folder, name)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=folder)
    finally:
        os.close(handle)
