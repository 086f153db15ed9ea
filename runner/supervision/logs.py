"""A log that has a limit: how large it has grown, looked at as rarely as can be, and cut where it is too large."""

import errno
import fcntl
import os
import stat
import time
from contextlib import suppress

_FASTEST_BYTES_PER_SECOND = 2_000_000_000  # what a script may write to memory before the disk slows it down
_SHORTEST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 1.0
_ROOM_BYTES = 1_048_576  # for last words


def opened(path: str) -> int:
    """The log, made where absent; OSError for a link or what else is no file."""
    how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    log = os.open(path, how, 0o600)
    if not stat.S_ISREG(os.fstat(log).st_mode):
        os.close(log)
        raise OSError(errno.EINVAL, "its log is not a file")
    fcntl.fcntl(log, fcntl.F_SETFL, os.O_APPEND)  # nobody waits for a file: scripts are not to wonder
    return log


class Log:
    """The log of one attempt, which may add ``limit`` bytes to it; without one there is nothing to be looked at.

    ``next_look`` is when to ask again whether it is over, by the monotonic clock.
    """

    def __init__(self, path: str, limit: int | None) -> None:
        self._file = opened(path)
        self._begin = self._size = os.fstat(self._file).st_size
        self._limit = limit
        self._most = self._begin + (limit or 0)
        self._folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
        self.next_look = None if limit is None else time.monotonic() + self._pause()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)
        os.close(self._folder)

    def for_writing(self) -> int:
        """A descriptor to be handed on."""
        return os.dup(self._file)

    def stir(self) -> None:
        """Something was written in its folder: look again soon."""
        if self.next_look is not None:
            self.next_look = min(self.next_look, time.monotonic() + self._pause())

    def check_size(self) -> bool:
        """Whether it has passed its limit, as far as it is time to look.

        Once nothing was added, the kernel is asked for a SIGIO when something is written (F_NOTIFY in fcntl(2)).
        """
        if self.next_look is None or time.monotonic() < self.next_look:
            return False
        before, self._size = self._size, os.fstat(self._file).st_size
        if self._size == before:
            with suppress(OSError):
                fcntl.fcntl(self._folder, fcntl.F_NOTIFY, fcntl.DN_MODIFY)
            self._size = os.fstat(self._file).st_size
        pause = _LONGEST_PAUSE_SECONDS if self._size == before else self._pause()
        self.next_look = time.monotonic() + pause
        return self._size > self._most

    def leave_room(self) -> None:
        """Let it grow a little further while the script is being stopped."""
        self._most = max(self._most, self._size) + _ROOM_BYTES

    def cut(self) -> None:
        """Cut off what is over the limit, and say so at the end."""
        if self._limit is None or os.fstat(self._file).st_size <= self._begin + self._limit:
            return
        words = f"\n[the log ends here: it may have {self._limit:,} bytes, and more were written]\n".encode()
        with suppress(OSError):
            os.ftruncate(self._file, self._begin + max(0, self._limit - len(words)))
            os.write(self._file, words)

    def _pause(self) -> float:
        """So long that meanwhile not much more can be written than there is room for."""
        until_full = (self._most - self._size) / _FASTEST_BYTES_PER_SECOND
        return min(max(until_full, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
