"""An attempt's state file, as its supervisor writes it: lines of JSON.

The file appears, locked and with its first line, in one step: that is the moment the attempt has begun. The lock is
held as long as the attempt lives. An order may hold secrets: nothing of it is written here but what is named.

Only the end is synced: it must outlive a machine that goes down, while an attempt that was running then is lost in any
case, and one of which nothing is on the disk is not taken for one that never began (``runner/system/boot.py``).
It is not written by ``runner/system/atomic_files.py``: it appears locked, and supervisors import the standard library
alone.
"""

import errno
import fcntl
import json
import os
from contextlib import suppress
from typing import Any


class StateFile:
    """The state file of an attempt that has begun."""

    def __init__(self, file: int, folder: int) -> None:
        self._file = file
        self._folder = folder

    def record_end(self, entry: dict[str, Any]) -> bool:
        """Record the end, on the disk when this returns; False where the disk takes nothing, and has nothing of it."""
        size = os.fstat(self._file).st_size
        try:
            _write(self._file, entry)
            os.fsync(self._file)
            os.fsync(self._folder)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            return False
        return True

    def close(self) -> None:
        """Let go of it, and of its lock."""
        os.close(self._file)
        os.close(self._folder)


def begin(path: str, entry: dict[str, Any]) -> StateFile | None:
    """Make the state file, locked; None where there is one: this attempt was given up before it began."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    name = os.path.basename(path)
    new = f"{name}.{os.getpid()}"
    how = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    file = os.open(new, how, 0o600, dir_fd=folder)
    state = None
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        _write(file, entry)
        with suppress(FileExistsError):
            os.link(new, name, src_dir_fd=folder, dst_dir_fd=folder)
            state = StateFile(file, folder)
    finally:
        os.unlink(new, dir_fd=folder)
        if state is None:
            os.close(file)
            os.close(folder)
    return state


def _write(file: int, entry: dict[str, Any]) -> None:
    """Append one line; OSError where it does not fit."""
    line = json.dumps(entry).encode() + b"\n"
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
