"""Runs jobs on this machine, each under a supervisor of its own that outlives the runner."""

import fcntl
import json
import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from runner.executors.forks import ForkServer, NoAnswer
from runner.executors.protocol import EndedBy, NotSeen, Order, Outcome
from runner.folders import PRIVATE_FILE


class LocalAttempt:
    """A supervisor that lives, or has just ended; watched by a handle that no reused pid can deceive."""

    def __init__(self, state: Path, process: int) -> None:
        self._state = state
        self._process = process

    def fileno(self) -> int:
        """The process handle: readable when the supervisor has ended (pidfd_open(2))."""
        return self._process

    def stop(self) -> None:
        """Send TERM to the supervisor, which ends the script's whole tree."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGTERM)

    def extend(self, timeout: timedelta) -> None:
        """Write the new limit where the supervisor reads it, and tell it."""
        place = self._state.with_name(f"{self._state.name}.limit")
        draft = place.with_name(f".{place.name}")
        draft.write_text(str(timeout.total_seconds()), encoding="ascii")
        draft.chmod(PRIVATE_FILE)
        draft.replace(place)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGUSR1)

    def outcome(self) -> Outcome:
        """Read how it ended from the state file."""
        os.close(self._process)
        if not self._state.parent.exists():
            return Outcome(ended_by=EndedBy.UNKNOWN)
        return _give_up(self._state) or _recorded(self._state)


class LocalExecutor:
    """Starts one supervisor for each attempt, in a session of its own."""

    def __init__(self) -> None:
        self._forks = ForkServer()

    def start(self, order: Order) -> LocalAttempt:
        """Start a supervisor and hand it the order; OSError where there is no process, handle or memory left."""
        state = _state_file(order.records, order.attempt)
        try:
            return LocalAttempt(state, self._forks.supervise(_written(order, state)))
        except NoAnswer:
            return self._looked_for(order, state)

    def find(self, *, records: Path, attempt: int) -> LocalAttempt | Outcome:
        """Adopt the supervisor of an earlier runner where it lives, else read what it recorded."""
        if not records.exists():
            return Outcome(ended_by=EndedBy.UNKNOWN)
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

    def _looked_for(self, order: Order, state: Path) -> LocalAttempt:
        try:
            found = self.find(records=order.records, attempt=order.attempt)
            return found if isinstance(found, LocalAttempt) else LocalAttempt(state, _readable())
        except OSError as error:
            raise NotSeen(f"attempt {order.attempt} of job {order.job_id}") from error


def _readable() -> int:
    """A handle that is readable at once, for an attempt that has ended already."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading


def _state_file(records: Path, attempt: int) -> Path:
    return records / f"attempt-{attempt}.state"


def _written(order: Order, state: Path) -> dict[str, object]:
    return {
        "state": str(state),
        "complaints": str(order.records / "supervisor.log"),
        "argv": list(order.argv),
        "folder": str(order.folder),
        "log": str(order.log),
        "environment": dict(order.environment),
        "stdin": _source(order.stdin),
        "masked": [text for text in order.masked if text],
        "timeout_seconds": None if order.timeout is None else order.timeout.total_seconds(),
        "grace_seconds": order.grace.total_seconds(),
    }


def _source(stdin: Path | str | None) -> dict[str, str] | None:
    if stdin is None:
        return None
    return {"file": str(stdin)} if isinstance(stdin, Path) else {"text": stdin}


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
            continue  # cut by a crash or a full disk: it counts as not written
    return entries
