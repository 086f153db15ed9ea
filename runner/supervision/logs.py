"""The log of an attempt: what its script prints comes by a pipe or a terminal, and is appended up to a limit.

The script has the pipe and not the file: whatever it does with ``/dev/stdout`` and ``/dev/stderr``, as opening them
anew to write from their beginning, takes nothing out of the log.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress

from runner.supervision import terminal
from runner.supervision.masking import Masking

LOST = b"\n[some of the output is missing here: it could not be written]\n"
_PIPE_BYTES = 1_048_576  # the most that may be asked for without privileges (pipe(7))
_CHUNK_BYTES = 131_072
_PAUSE_SECONDS = 0.002  # between looks at a script that prints line by line, faster than it pays to be told of each


class Log:
    """Where the script of one attempt prints, and the file that it gets to, which may grow by ``limit`` bytes.

    Whenever something was printed after a while a SIGIO comes, and ``take_in`` is to be called; also by ``next_look``,
    by the monotonic clock, where that is not None.
    """

    def __init__(self, path: str, *, limit: int | None, masked: Sequence[bytes], is_terminal: bool) -> None:
        """OSError where there is no such log to be had, or no handle left."""
        self._file = _opened(path)
        self._begin = os.fstat(self._file).st_size
        self._limit = limit
        self._size = 0  # of all that was printed, also of what there was no room for
        self._masking = Masking(masked)
        self._is_missing = False
        self.next_look: float | None = None
        try:
            self._printed, self.writing = terminal.opened() if is_terminal else os.pipe()
        except OSError:
            os.close(self._file)
            raise
        self._capacity = terminal.MOST_BYTES if is_terminal else _enlarged(self._printed)
        fcntl.fcntl(self._printed, fcntl.F_SETOWN, os.getpid())
        self._ask_to_be_told(is_wanted=True)

    def close_for_writing(self) -> None:
        """To be called when the script has its own handle of it, or will never have one."""
        os.close(self.writing)

    @property
    def is_over(self) -> bool:
        """Whether more was printed than there is room for; what is printed from then on is dropped."""
        return self._limit is not None and self._size > self._limit

    def take_in(self) -> None:
        """Append what was printed, at most as much as the pipe holds; the next look is due when there may be more."""
        count = self._take(self._capacity)
        if not count and self.next_look is not None:
            self._ask_to_be_told(is_wanted=True)
            count = self._take(self._capacity)  # printed before we asked
        if count:
            self._ask_to_be_told(is_wanted=False)
        is_fast = count >= self._capacity // 2 and not self.is_over
        self.next_look = time.monotonic() + (0 if is_fast else _PAUSE_SECONDS) if count else None

    def finish(self) -> None:
        """Append the rest, now that all is ended; where there was too much cut it off, and say so.

        Somebody else's process may hold the pipe, and print for ever: no more is taken in than the pipe holds.
        """
        self._take(self._capacity)
        self._append(self._masking.rest())
        if self._is_missing:
            self._write(b"")
        if self._limit is not None and self._size > self._limit:
            words = f"\n[the log ends here: it may have {self._limit:,} bytes, and more were written]\n".encode()
            with suppress(OSError):
                os.ftruncate(self._file, self._begin + max(0, self._limit - len(words)))
                os.write(self._file, words)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._printed)
        os.close(self._file)

    def _ask_to_be_told(self, *, is_wanted: bool) -> None:
        fcntl.fcntl(self._printed, fcntl.F_SETFL, os.O_NONBLOCK | (os.O_ASYNC if is_wanted else 0))

    def _take(self, most: int) -> int:
        """Append so many bytes at most; how many there were."""
        taken = 0
        while taken < most:
            try:
                printed = os.read(self._printed, min(_CHUNK_BYTES, most - taken))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                break  # nobody has the terminal any more (pty(7))
            if not printed:
                break
            taken += len(printed)
            self._append(self._masking.hide(printed))
        return taken

    def _append(self, content: bytes) -> None:
        before = self._size
        self._size += len(content)
        if self._limit is not None:
            content = content[: max(0, self._limit - before)]
        if content:
            self._write(content)

    def _write(self, content: bytes) -> None:
        """Write it; what the disk does not take is dropped, so that no script waits for it, and told once it does."""
        if self._is_missing:
            content = LOST + content
        try:
            while content:
                content = content[os.write(self._file, content) :]
        except OSError:
            self._is_missing = True
        else:
            self._is_missing = False


def _enlarged(pipe: int) -> int:
    """How many bytes the pipe holds, which are as many as may be."""
    with suppress(OSError):  # so many bytes are more than this user's pipes may hold together
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)


def _opened(path: str) -> int:
    """The log, made where absent; OSError for a link or what else is no file."""
    how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    log = os.open(path, how, 0o600)
    if not stat.S_ISREG(os.fstat(log).st_mode):
        os.close(log)
        raise OSError(errno.EINVAL, "its log is not a file")
    return log
