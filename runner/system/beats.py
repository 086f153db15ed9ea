"""A file that tells how a process is: locked while it lives, written with each of its beats."""

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a process last said of itself: when, by the monotonic clock in seconds, and what hangs, if anything.

    ``holds_memory`` is false for one that cannot hold all processes of a job together to their limit of memory.
    """

    process_id: int
    at: float
    status: str = ""
    hangs: str = ""
    holds_memory: bool = True

    @property
    def age_seconds(self) -> float:
        """How long ago that was; the clock is the same for all processes of a machine."""
        return max(0.0, time.monotonic() - self.at)


class BeatFile:
    """The process's end: a file, 0600. Where another process has it, each beat tries to become its owner."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._is_ours = False

    def write(self, beat: Beat) -> None:
        """Write it down; where that cannot be, as on a disk that has become read-only, the next one tries again."""
        with suppress(OSError):
            if self._file is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._file = os.open(self._path, flags, 0o600)
            if not self._is_ours:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._is_ours = True
            line = json.dumps(asdict(beat)).encode()[: _MOST_BYTES - 1] + b"\n"
            os.ftruncate(self._file, os.pwrite(self._file, line, 0))

    def close(self) -> None:
        """Let go of it: this process does not run any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._is_ours = False


def last_beat(path: Path) -> Beat | None:
    """What the process that has the file said last; None where none has it. OSError where it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        if not _is_locked(file):
            return None
        return _parsed(os.pread(file, _MOST_BYTES, 0))
    finally:
        os.close(file)


def is_gone(path: Path) -> bool:
    """Whether a process had the file that has ended since; not where that cannot be told."""
    try:
        return path.exists() and last_beat(path) is None
    except OSError:
        return False


def holds_memory(path: Path) -> bool:
    """Whether jobs are held to their memory as a whole, as far as who has the file says otherwise."""
    try:
        beat = last_beat(path)
    except OSError:
        return True
    return beat is None or beat.holds_memory


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _parsed(written: bytes) -> Beat:
    """What stands in a line; of one that is being written at this very moment, that somebody does."""
    try:
        return Beat(**json.loads(written.partition(b"\n")[0]))
    except (ValueError, TypeError):
        return Beat(process_id=0, at=time.monotonic())
