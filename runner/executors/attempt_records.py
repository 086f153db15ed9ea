"""What supervisors record of attempts, as executors read it; and the records that stand for those that never began."""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.executors.protocol import EndedBy, EndMoment, Outcome
from runner.jobs import Usage
from runner.supervision.records import CLEARED
from runner.system import atomic_files


@dataclass(frozen=True, slots=True)
class AttemptFiles:
    """The records of one attempt; ``runner/supervision/records.py`` writes them."""

    folder: Path
    attempt: int

    @property
    def state(self) -> Path:
        """The state file: it is there once the attempt has begun, and locked as long as its supervisor lives."""
        return self.folder / f"attempt-{self.attempt}.state"

    @property
    def limits(self) -> Path:
        """The limits that the attempt was given after it began."""
        return self.folder / f"attempt-{self.attempt}.limits"

    @property
    def complaints(self) -> Path:
        """What went wrong in supervisors."""
        return self.folder / "supervisor.log"

    def give_up(self) -> Outcome | None:
        """Make the state file in the supervisor's place where it has not, so that a late one gives up."""
        try:
            os.close(atomic_files.open_new(self.state))
            atomic_files.sync_folder(self.folder)
        except FileExistsError:
            is_ours = self.state.stat().st_size == 0
            return Outcome(ended_by=EndedBy.NEVER_BEGAN) if is_ours else None
        return Outcome(ended_by=EndedBy.NEVER_BEGAN, error=self._problem())

    def is_locked(self) -> bool:
        """Whether the supervisor lives."""
        with self.state.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def beginning(self) -> dict[str, Any]:
        """The first line; LookupError where it cannot be read."""
        for entry in self._entries():
            if "supervisor" in entry:
                return entry
        raise LookupError(self.state)

    def outcome(self) -> Outcome:
        """How the attempt ended; a supervisor of an earlier version, which outlived its runner, says less of it."""
        for entry in reversed(self._entries()):
            if "error" in entry:
                return Outcome(ended_by=EndedBy.NEVER_STARTED, error=str(entry["error"]))
            if "ended_by" in entry:
                seconds, processor_seconds = entry.get("timeout_seconds"), entry.get("processor_seconds")
                return Outcome(
                    ended_by=EndedBy(entry["ended_by"]),
                    exit_code=entry.get("exit_code"),
                    signal=entry.get("signal"),
                    timeout=None if seconds is None else timedelta(seconds=seconds),
                    memory_bytes=entry.get("memory_bytes"),
                    max_log_bytes=entry.get("max_log_bytes"),
                    left_running=entry.get("left_running", 0),
                    moment=_moment(entry.get("ended")),
                    usage=Usage(
                        peak_memory_bytes=entry.get("peak_memory_bytes"),
                        cpu_time=None if processor_seconds is None else timedelta(seconds=processor_seconds),
                    ),
                )
        return Outcome(ended_by=EndedBy.UNKNOWN)

    def is_cleared(self) -> bool:
        """Whether nothing was left running when its supervisor had done its work, or nothing was ever started."""
        return any(CLEARED in entry or "error" in entry for entry in self._entries())

    def limit(self, timeout: timedelta) -> None:
        """Write down another time limit, on the disk when this returns."""
        atomic_files.replace(self.limits, json.dumps({"timeout_seconds": timeout.total_seconds()}).encode())

    def _problem(self) -> str | None:
        """Why a supervisor cannot have written here, where we cannot either."""
        probe = self.folder / "probe"
        try:
            probe.write_bytes(b"." * 64)
        except OSError as error:
            return error.strerror or str(error)
        finally:
            with suppress(OSError):
                probe.unlink()
        return None

    def _entries(self) -> list[dict[str, Any]]:
        entries = []
        for line in self.state.read_bytes().splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue  # cut by a crash or a full disk: it counts as not written
        return entries


def _moment(written: dict[str, Any] | None) -> EndMoment | None:
    if written is None:
        return None
    at = datetime.fromtimestamp(written["at"], UTC)
    return EndMoment(boot=written["boot"], uptime_seconds=written["uptime_seconds"], at=at)
