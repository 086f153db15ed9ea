"""Runs jobs on this machine, each under a supervisor of its own that outlives the runner."""

import fcntl
import json
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from runner import supervisor
from runner.executors.protocol import EndedBy, Order, Outcome


class LocalAttempt:
    """A supervisor that lives, or has just ended; watched by a handle that no reused pid can deceive."""

    def __init__(self, state: Path, process: int, child: int | None = None) -> None:
        self._state = state
        self._process = process
        self._child = child

    def fileno(self) -> int:
        """The process handle: readable when the supervisor has ended (pidfd_open(2))."""
        return self._process

    def stop(self) -> None:
        """Send TERM to the supervisor, which ends the script's whole tree."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGTERM)

    def outcome(self) -> Outcome:
        """Read how it ended from the state file."""
        if self._child is not None:
            os.waitpid(self._child, 0)
        os.close(self._process)
        return _give_up(self._state) or _recorded(self._state)


class LocalExecutor:
    """Starts one supervisor for each attempt, in a session of its own."""

    def start(self, order: Order) -> LocalAttempt:
        """Start a supervisor and hand it the order; OSError where there is no process or memory left."""
        state = _state_file(order.records, order.attempt)
        appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        complaints = os.open(order.records / "supervisor.log", appending, 0o600)
        reading, writing = os.pipe()
        try:
            child = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", supervisor.__file__],
                {},
                file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0), (os.POSIX_SPAWN_DUP2, complaints, 2)],
                setsid=True,
            )
        except OSError:
            os.close(writing)
            raise
        finally:
            os.close(reading)
            os.close(complaints)
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:  # broken: its outcome says so
            pipe.write(json.dumps(_written(order, state)).encode())
        return LocalAttempt(state, os.pidfd_open(child), child)

    def find(self, *, records: Path, attempt: int) -> LocalAttempt | Outcome:
        """Adopt the supervisor of an earlier runner where it lives, else read what it recorded."""
        state = _state_file(records, attempt)
        never_began = _give_up(state)
        if never_began is not None:
            return never_began
        with suppress(ProcessLookupError, LookupError):
            process = os.pidfd_open(_supervisor(state))
            if _is_locked(state):  # checked after the handle was opened: it is the supervisor's
                return LocalAttempt(state, process)
            os.close(process)
        return _recorded(state)


def _state_file(records: Path, attempt: int) -> Path:
    return records / f"attempt-{attempt}.state"


def _written(order: Order, state: Path) -> dict[str, object]:
    return {
        "state": str(state),
        "argv": list(order.argv),
        "folder": str(order.folder),
        "log": str(order.log),
        "environment": dict(order.environment),
        "timeout_seconds": None if order.timeout is None else order.timeout.total_seconds(),
        "grace_seconds": order.grace.total_seconds(),
    }


def _give_up(state: Path) -> Outcome | None:
    """Make the state file in the supervisor's place where it has not, so that a late one gives up."""
    try:
        os.close(os.open(state, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        is_ours = state.stat().st_size == 0
        return Outcome(ended_by=EndedBy.NEVER_BEGAN) if is_ours else None
    return Outcome(ended_by=EndedBy.NEVER_BEGAN)


def _is_locked(state: Path) -> bool:
    with state.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _supervisor(state: Path) -> int:
    for entry in _entries(state):
        if "supervisor" in entry:
            return int(entry["supervisor"])
    raise LookupError(state)


def _recorded(state: Path) -> Outcome:
    for entry in _entries(state):
        if "error" in entry:
            return Outcome(ended_by=EndedBy.NEVER_STARTED, error=str(entry["error"]))
        if "ended_by" in entry:
            seconds = entry.get("timeout_seconds")
            return Outcome(
                ended_by=EndedBy(entry["ended_by"]),
                exit_code=entry["exit_code"],
                signal=entry["signal"],
                timeout=None if seconds is None else timedelta(seconds=seconds),
            )
    return Outcome(ended_by=EndedBy.UNKNOWN)


def _entries(state: Path) -> list[dict[str, Any]]:
    entries = []
    for line in state.read_bytes().splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            break  # the last line was cut by a crash: it counts as not written
    return entries
