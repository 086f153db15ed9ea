"""A file that grows in a folder where it is not to be seen before it is whole: a hidden, private, locked draft.

What is written in one go is written by ``runner/system/atomic_files.py``.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterable, Iterator

from runner.files.inbox_limits import InboxLimits
from runner.system import atomic_files

_DRAFT = ".upload-"
_TRIES = 100
_AHEAD_BYTES = 4 * 1024 * 1024  # the folder is not looked through for every block that arrives


class Draft:
    """A new, hidden file of an open folder, locked while it grows; it takes a name only when it is whole.

    ``replace``, ``take`` or ``abandon`` ends it. The lock tells ``sweep`` that whoever began the draft still lives.
    With ``limits`` it grows within these: it is as long as the room that it has claimed, so that drafts that grow at
    the same time, in whatever process, see what the others have. It may take the place of the file ``replacing``.
    """

    def __init__(self, folder: int, *, limits: InboxLimits | None = None, replacing: str = "") -> None:
        self.size_bytes = 0
        self._limits = limits
        self._claimed_bytes = 0
        self._folder = os.dup(folder)
        try:
            with _only_one(self._folder):
                if limits is not None:
                    limits.check_files(self._folder, besides=replacing)
                self._draft, self.handle = _new_file(folder)
        except BaseException:
            os.close(self._folder)
            raise

    def claim(self, size_bytes: int, *, ahead_bytes: int = 0) -> None:
        """Make sure of the room for so many bytes in all, and some ahead; ScriptRunnerError where there is none."""
        if self._limits is None:
            return
        self._limits.space.check(self.handle, more_bytes=size_bytes - self._claimed_bytes)
        if size_bytes > self._claimed_bytes:
            with _only_one(self._folder):
                left = self._limits.left_bytes(self._folder) + self._claimed_bytes
                self._limits.check_left(size_bytes, left)
                self._claimed_bytes = max(size_bytes, min(size_bytes + ahead_bytes, left))
                os.ftruncate(self.handle, self._claimed_bytes)

    def write(self, offset: int, content: bytes) -> int:
        """Write at a place in the draft; ScriptRunnerError where that is more than the limits leave."""
        self.claim(offset + len(content), ahead_bytes=_AHEAD_BYTES)
        written = 0
        while written < len(content):
            written += os.pwrite(self.handle, content[written:], offset + written)
        self.size_bytes = max(self.size_bytes, offset + written)
        return written

    def truncate(self, size_bytes: int) -> None:
        """Make the draft as long as this; ScriptRunnerError where that is more than the limits leave."""
        self.claim(size_bytes)
        os.ftruncate(self.handle, size_bytes)
        os.ftruncate(self.handle, max(size_bytes, self._claimed_bytes))
        self.size_bytes = size_bytes

    def replace(self, name: str) -> None:
        """Give the draft its name, in place of a file that had it; OSError where that is a folder."""
        with self._ending():
            os.rename(self._draft, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def take(self, names: Iterable[str]) -> str:
        """Give the draft the first of these names that is free and say which; FileExistsError where none is.

        A name that somebody takes at the same moment is theirs: nothing is ever replaced.
        """
        with self._ending():
            return self._link(names)

    def abandon(self) -> None:
        """Remove the draft."""
        self._unlink()
        self._close()

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """What happens within is on the disk afterwards, whole or not at all, and the draft is no more."""
        try:
            os.ftruncate(self.handle, self.size_bytes)
            os.fsync(self.handle)
            yield
            self._unlink()
            os.fsync(self._folder)
        finally:
            self.abandon()

    def _link(self, names: Iterable[str]) -> str:
        for name in names:
            with contextlib.suppress(FileExistsError):
                os.link(self._draft, name, src_dir_fd=self._folder, dst_dir_fd=self._folder, follow_symlinks=False)
                return name
        raise FileExistsError("all names are taken")

    def _unlink(self) -> None:
        try:
            os.unlink(self._draft, dir_fd=self._folder)
        except FileNotFoundError:
            return

    def _close(self) -> None:
        os.close(self.handle)
        os.close(self._folder)


@contextlib.contextmanager
def _only_one(folder: int) -> Iterator[None]:
    """One after the other, where the file system has locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_UN)


def is_draft(name: str) -> bool:
    """Whether a file of that name is a draft."""
    return name.startswith(_DRAFT)


def sweep(folder: int) -> None:
    """Remove the drafts that nobody holds a lock on: whoever began them died.

    Also of those that had got their other name already, so that the file has that one alone.
    """
    for name in os.listdir(folder):
        if is_draft(name):
            with contextlib.suppress(OSError):  # in use, or finished meanwhile
                _remove_unlocked(folder, name)


def _new_file(folder: int) -> tuple[str, int]:
    """The name and a locked handle of a new draft; one that was swept before it was locked is made anew."""
    for _ in range(_TRIES):
        name = f"{_DRAFT}{secrets.token_hex(8)}"
        handle = atomic_files.open_new(name, folder=folder)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                return name, handle
        except BlockingIOError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    raise BlockingIOError("the drafts are swept faster than they are made")


def _remove_unlocked(folder: int, name: str) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(handle)
