"""An attempt's state file, as its supervisor writes it: lines of JSON.

The file appears, locked and with its first line, in one step: that is the moment the attempt has begun. The lock is
held as long as the attempt lives. An order may hold secrets: nothing of it is written here but what is named.

The beginning is on the disk before the script's first instruction, and the end as soon as there is one: a disk that
fails and is mounted anew then tells no runner that nothing ran. It is not written by
``runner/system/atomic_files.py``: it appears locked, and supervisors import the standard library alone.
"""

import _thread
import errno
import fcntl
import json
import os
import time
from contextlib import suppress
from typing import Any

CLEARED = "cleared"
"""Stands in the end of an attempt of which nothing is left running."""


def moment() -> dict[str, Any]:
    """This moment: its clock may be set meanwhile, and how long the machine is up says nothing after its next start."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # random(4)
        boot = file.read().strip()
    return {"boot": boot, "uptime_seconds": time.clock_gettime(time.CLOCK_BOOTTIME), "at": time.time()}


class StateFile:
    """The state file of an attempt that has begun."""

    def __init__(self, file: int, folder: int) -> None:
        self._file = file
        self._folder = folder

    def note(self, entry: dict[str, Any]) -> None:
        """Record more of the attempt; OSError where it does not fit."""
        _write(self._file, entry)

    def sync(self) -> None:
        """Have what was recorded on the disk, with all that leads there; OSError where that cannot be."""
        above = os.open("..", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._folder)
        try:
            _sync_at_once(self._file, self._folder, above)  # the folder may have been made just now
        finally:
            os.close(above)

    def record_end(self, entry: dict[str, Any]) -> bool:
        """Record the end, on the disk when this returns; False where the disk takes nothing, and has nothing of it.

        May be called again with what is known better: the last such line counts.
        """
        size = os.fstat(self._file).st_size
        try:
            _write(self._file, entry)
            os.fsync(self._file)
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


def _sync_at_once(*handles: int) -> None:
    """Sync all of them; at the same time, for one after the other each waits for a turn of the disk of its own."""
    failures: list[OSError] = []
    done = [_thread.allocate_lock() for _ in handles]
    for handle, lock in zip(handles, done, strict=True):
        lock.acquire()
        try:
            _thread.start_new_thread(_sync, (handle, failures, lock))
        except RuntimeError:  # the machine takes no more threads
            _sync(handle, failures, lock)
    for lock in done:
        lock.acquire()
    for failure in failures:
        raise failure


def _sync(handle: int, failures: list[OSError], done: _thread.LockType) -> None:
    try:
        os.fsync(handle)
    except OSError as failure:
        failures.append(failure)
    finally:
        done.release()


def _write(file: int, entry: dict[str, Any]) -> None:
    """Append one line; OSError where it does not fit."""
    line = json.dumps(entry).encode() + b"\n"
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
