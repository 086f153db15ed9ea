"""Stands between runner and script: starts it, ends it in time, records how it ended; outlives the runner.

It is a process of its own session and the parent of whatever loses its parent among the script's descendants (a child
subreaper), so that none can get away by forking. ``executors/local.py`` is the other side.
"""

import json
import os
import signal
import time
from contextlib import suppress
from typing import Any

from runner.supervision import processes, records, script
from runner.supervision.cgroups import Group
from runner.supervision.copies import copy_of
from runner.supervision.handover import Taken
from runner.supervision.limits import ResourceLimits
from runner.supervision.logs import Log
from runner.supervision.script import encoded
from runner.supervision.usage import UsedByProcesses

LEFTOVER_GRACE_SECONDS = 2.0
FULL_DISK_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 1.0
_NO_TEXT = "It was given what is no text"  # the error's own words show it


class Identity:
    """Who we are: our process, a handle of it, when it started, and the group that we are in with the script."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.process = os.pidfd_open(self.pid)
        self.started = processes.start_time(self.pid)
        self.group: Group | None = None

    def beginning(self, marks: list[str]) -> dict[str, Any]:
        """The first line of the records."""
        group = None if self.group is None else self.group.path
        return {"supervisor": self.pid, "started": self.started, "group": group, "marks": marks}


def carry_out(order: dict[str, Any], identity: Identity, taken: Taken) -> bool:
    """Carry out an order until how it ended is recorded; nothing where the attempt was given up before it began.

    False where we were told to end ourselves, or nobody has the line: others may be waiting for our end.
    """
    state = records.begin(order["state"], identity.beginning(order["marks"]))
    if state is None:
        return True
    attempt = _Attempt(order, identity.group, taken, state)
    ending = attempt.carry_out()
    while not state.record_end(ending):
        time.sleep(FULL_DISK_SECONDS)
    state.close()
    os.chdir("/")
    return taken.is_watched() and not attempt.is_told_to_end


class _Attempt:
    """One script from its start to the end of all its descendants."""

    def __init__(self, order: dict[str, Any], group: Group | None, taken: Taken, state: records.StateFile) -> None:
        self._order = order
        self._group = group
        self._taken = taken
        self._state = state
        self._timeout_seconds: float | None = order["timeout_seconds"]
        self._began = 0.0
        self.is_told_to_end = False
        self._script = 0
        self._status: int | None = None
        self._ended_by = "itself"
        self._used = UsedByProcesses()
        self._left_running = 0
        self._ended: dict[str, Any] | None = None

    def carry_out(self) -> dict[str, Any]:
        """How it ended with all that it left, for the records."""
        try:
            masked = [encoded(text) for text in self._order["masked"]]
            self._log = Log(
                self._order["log"],
                limit=self._order["max_log_bytes"],
                masked=masked,
                is_terminal=self._order["terminal"],
            )
        except OSError as error:
            return {"error": error.strerror}
        except UnicodeError:
            return {"error": _NO_TEXT}
        limits = ResourceLimits(self._order, self._group)
        try:
            problem = self._start(limits)
            return {"error": problem} if problem is not None else self._wait_for_the_end()
        finally:
            limits.close()
            self._log.close()

    def _wait_for_the_end(self) -> dict[str, Any]:
        self._ended_by = self._watch()
        self._end_descendants()
        self._log.finish()
        return self._ending() | {records.CLEARED: True}

    def _start(self, limits: ResourceLimits) -> str | None:
        """Start the script; why it cannot be started, where it cannot."""
        try:
            try:
                os.chdir(self._order["folder"])
                copy = copy_of(self._order["argv"][0], self._order["copies"])
                self._state.note({"script": copy.digest})
                self._state.sync()
                limits.before()
                self._began = time.monotonic()  # what was copied and synced before takes none of its time
                self._script = script.start(
                    self._order, self._log.writing, program=copy.path, data_bytes=limits.data_bytes
                )
                self._used.note_start()
            finally:
                self._log.close_for_writing()
                limits.after()
        except UnicodeError:
            return _NO_TEXT
        except (OSError, ValueError) as error:  # ValueError: a NUL, which no argument holds
            return getattr(error, "strerror", None) or str(error)
        return None

    def _watch(self) -> str:
        """Wait for the script's end or a reason to end it; which that was."""
        while True:
            received = processes.next_signal(self._next_look())
            self._log.take_in()
            self._reap()
            if self._status is not None:
                return "itself"
            self.is_told_to_end = received == signal.SIGTERM
            if self.is_told_to_end or (received == processes.LOOK and self._taken.receive_stop()):
                return "stop"
            if self._log.is_over:
                return "log"
            if (received == processes.LOOK or self._is_late()) and self._check_deadline():
                return "timeout"

    def _next_look(self) -> float | None:
        moments = [moment for moment in (self._deadline(), self._log.next_look) if moment is not None]
        return min(moments, default=None)

    def _deadline(self) -> float | None:
        return None if self._timeout_seconds is None else self._began + self._timeout_seconds

    def _check_deadline(self) -> bool:
        """Whether its time is over, also by the limit that it has been given since."""
        with suppress(OSError, ValueError, TypeError, LookupError), open(self._order["limits"], "rb") as file:
            self._timeout_seconds = float(json.loads(file.read())["timeout_seconds"])
        return self._is_late()

    def _is_late(self) -> bool:
        deadline = self._deadline()
        return deadline is not None and time.monotonic() >= deadline

    def _reap(self) -> None:
        for pid, status, used in processes.reap():
            self._used.add(used)
            if pid == self._script:
                self._status = status
                self._ended = records.moment()
                if self._ended_by == "itself":
                    self._left_running = len(processes.living(processes.descendants(os.getpid())))
                self._record_early()

    def _record_early(self) -> None:
        """Record how the script ended where more is to be done: we may be killed at that, and its end is known."""
        if processes.has_children():
            self._state.record_end(self._ending())  # on a full disk it is recorded with the rest

    def _end_descendants(self) -> None:
        """End every descendant, those that left the session too: TERM, the grace period, KILL."""
        if processes.has_children():
            with processes.in_front():
                self._terminate_descendants()
                self._kill_descendants()

    def _terminate_descendants(self) -> None:
        grace: float = self._order["grace_seconds"]
        deadline = time.monotonic() + (grace if self._status is None else min(grace, LEFTOVER_GRACE_SECONDS))
        processes.send(processes.descendants(os.getpid()), signal.SIGTERM, signal.SIGCONT)
        while processes.has_children() and time.monotonic() < deadline:
            processes.next_signal(min(deadline, self._log.next_look or deadline))
            self._log.take_in()
            self._reap()

    def _kill_descendants(self) -> None:
        """Kill what is left until nothing is; some take a while to die."""
        pause = _FIRST_PAUSE_SECONDS
        while processes.has_children():
            self._kill()
            deadline = time.monotonic() + pause
            while processes.has_children() and processes.next_signal(deadline) is not None:
                self._reap()
                processes.kill_children()
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _kill(self) -> None:
        if self._group is not None:
            with suppress(OSError):
                self._group.leave()
                self._group.kill()
        if self._status is None:
            with suppress(OSError):  # at one go all that did not leave its group; the number is still its own
                os.killpg(self._script, signal.SIGSTOP)
        processes.kill_all(lambda: processes.descendants(os.getpid()))

    def _ending(self) -> dict[str, Any]:
        code = os.waitstatus_to_exitcode(self._status or 0)
        ended_by = self._ended_by
        if ended_by == "itself" and code and self._group is not None and self._group.has_met_its_memory_limit():
            ended_by = "memory"
        peak = None if self._group is None else self._group.peak_memory_bytes()
        seconds = None if self._group is None else self._group.processor_seconds()
        return {
            "ended_by": ended_by,
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "ended": self._ended,
            "left_running": self._left_running,
            "timeout_seconds": self._timeout_seconds,
            "memory_bytes": self._order["memory_bytes"],
            "max_log_bytes": self._order["max_log_bytes"],
            "peak_memory_bytes": self._used.peak_memory_bytes if peak is None else peak,
            "processor_seconds": self._used.processor_seconds if seconds is None else seconds,
        }
