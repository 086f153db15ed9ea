"""Runs jobs on this machine, each under a supervisor of its own that outlives the runner."""

import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from runner.executors.attempt_records import AttemptFiles
from runner.executors.fork_server import ForkServer, NoAnswer
from runner.executors.orphans import end_orphans
from runner.executors.protocol import EndedBy, NotSeen, Order, Outcome
from runner.executors.settings import LocalSettings
from runner.supervision import cgroups
from runner.supervision.handover import SupervisorLine
from runner.supervision.processes import LOOK, start_time

_MARKS = ("SCRIPTRUNNER_JOB_ID", "SCRIPTRUNNER_OUTPUT_DIR")  # variables that a job's processes have in common


class LocalAttempt:
    """An attempt of ours: its supervisor has a line to us, and takes the next order when it has ended."""

    def __init__(self, records: AttemptFiles, line: SupervisorLine) -> None:
        self._records = records
        self._line = line

    def fileno(self) -> int:
        """The line: readable when the attempt has ended."""
        return self._line.fileno()

    def stop(self) -> None:
        """Have the supervisor end the script's whole tree."""
        self._line.stop()

    def extend(self, timeout: timedelta) -> None:
        """Record the limit, and have the supervisor read it."""
        self._records.limit(timeout)
        self._line.rouse()

    def outcome(self) -> Outcome:
        """Read how it ended from the state file."""
        self._line.close()
        return _outcome(self._records)


class AdoptedAttempt:
    """An attempt of an earlier runner; its supervisor takes no more orders, and is watched by its process handle."""

    def __init__(self, records: AttemptFiles, process: int) -> None:
        self._records = records
        self._process = process

    def fileno(self) -> int:
        """The process handle: readable when the supervisor has ended (pidfd_open(2))."""
        return self._process

    def stop(self) -> None:
        """Send TERM to the supervisor, which ends the script's whole tree."""
        self._send(signal.SIGTERM)

    def extend(self, timeout: timedelta) -> None:
        """Record the limit, and have the supervisor read it."""
        self._records.limit(timeout)
        self._send(LOOK)

    def outcome(self) -> Outcome:
        """Read how it ended from the state file."""
        os.close(self._process)
        return _outcome(self._records)

    def _send(self, number: int) -> None:
        with suppress(OSError):  # it has ended, or was no process from the beginning
            signal.pidfd_send_signal(self._process, number)


class LocalExecutor:
    """Starts each attempt under a supervisor, in control groups where they are wanted and to be had."""

    def __init__(self, settings: LocalSettings) -> None:
        self._uses_groups = settings.control_groups
        self._forks = ForkServer(uses_groups=settings.control_groups)

    def holds_memory(self) -> bool:
        """Whether the fork server, which is where we are, has a control group that limits memory."""
        return self._uses_groups and cgroups.limits_memory()

    def start(self, order: Order) -> LocalAttempt | AdoptedAttempt:
        """Start a supervisor and hand it the order; OSError where there is no process, handle or memory left."""
        records = AttemptFiles(order.records, order.attempt)
        try:
            return LocalAttempt(records, self._forks.supervise(_written(order, records)))
        except NoAnswer:
            return self._looked_for(order, records)

    def find(self, *, records: Path, attempt: int) -> AdoptedAttempt | Outcome:
        """Adopt the supervisor of an earlier runner where it lives, else read what it recorded."""
        if not records.exists():
            return Outcome(ended_by=EndedBy.UNKNOWN)
        kept = AttemptFiles(records, attempt)
        return kept.give_up() or _adopted(kept) or _recorded(kept)

    def _looked_for(self, order: Order, records: AttemptFiles) -> AdoptedAttempt:
        try:
            found = self.find(records=order.records, attempt=order.attempt)
            return found if isinstance(found, AdoptedAttempt) else AdoptedAttempt(records, _readable())
        except OSError as error:
            raise NotSeen(f"attempt {order.attempt} of job {order.job_id}") from error


def _outcome(records: AttemptFiles) -> Outcome:
    if not records.folder.exists():
        return Outcome(ended_by=EndedBy.UNKNOWN)
    return records.give_up() or _recorded(records)


def _adopted(records: AttemptFiles) -> AdoptedAttempt | None:
    """The attempt whose supervisor lives: it holds the lock, and its process is the one that began, by id and time."""
    try:
        beginning = records.beginning()
        process = os.pidfd_open(beginning["supervisor"])
    except (LookupError, ProcessLookupError):
        return None
    is_theirs = start_time(beginning["supervisor"]) == beginning.get("started")
    if records.is_locked():  # looked at after the handle was opened: who holds the lock had the id then
        if is_theirs:
            return AdoptedAttempt(records, process)
        os.close(process)
        raise NotSeen(f"the supervisor that holds {records.state}: it is not among the processes here")
    os.close(process)
    return None


def _recorded(records: AttemptFiles) -> Outcome:
    outcome = records.outcome()
    if not records.is_cleared():
        with suppress(LookupError):
            end_orphans(records.beginning())
    return outcome


def _readable() -> int:
    """A handle that is readable at once, for an attempt that has ended already."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading


def _written(order: Order, records: AttemptFiles) -> dict[str, object]:
    return {
        "state": str(records.state),
        "limits": str(records.limits),
        "complaints": str(records.complaints),
        "processors": str(order.records.parent / "processors"),
        "marks": [f"{name}={order.environment[name]}" for name in _MARKS if name in order.environment],
        "argv": list(order.argv),
        "copies": {
            "folder": str(order.copies),
            "refused_mode": order.refused_mode,
            "owners": None if order.owners is None else sorted(order.owners),
        },
        "folder": str(order.folder),
        "log": str(order.log),
        "environment": dict(order.environment),
        "stdin": _source(order.stdin),
        "terminal": order.terminal,
        "masked": [text for text in order.masked if text],
        "timeout_seconds": None if order.timeout is None else order.timeout.total_seconds(),
        "grace_seconds": order.grace.total_seconds(),
        "memory_bytes": order.memory_bytes,
        "cpus": order.cpus,
        "max_log_bytes": order.max_log_bytes,
    }


def _source(stdin: Path | str | None) -> dict[str, str] | None:
    if stdin is None:
        return None
    return {"file": str(stdin)} if isinstance(stdin, Path) else {"text": stdin}
