"""What an executor is: starts attempts of jobs, finds them again after a restart, and says how they ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from runner.jobs import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt to run a job: what to run, where, how long, and with which environment and standard input.

    It may hold secrets: executors write it down nowhere. No text in ``masked`` reaches the log, which says ``[hidden]``
    in its place.

    ``memory_bytes`` and ``cpus`` are what all its processes together may use where the machine can hold them to that;
    ``max_log_bytes`` is what this attempt may write to its log. With ``terminal`` its output is a terminal.
    """

    job_id: int
    attempt: int
    argv: Sequence[str] = field(repr=False)
    folder: Path
    records: Path
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    timeout: timedelta | None
    grace: timedelta
    copies: Path
    """The folder in which copies of scripts are kept: what runs is the copy of a script that was hashed."""
    refused_mode: int = 0
    """The bits of a script file's mode that keep it from being run."""
    owners: frozenset[int] | None = None
    """Whose script files are run, by user id; None: anybody's."""
    stdin: Path | str | None = field(default=None, repr=False)
    """A file, which must be none but a regular one, a text, or nothing to read."""
    masked: Sequence[str] = field(default=(), repr=False)
    memory_bytes: int | None = None
    cpus: int | None = None
    max_log_bytes: int | None = None
    terminal: bool = False


class EndedBy(StrEnum):
    """What ended an attempt."""

    ITSELF = "itself"
    TIMEOUT = "timeout"
    STOP = "stop"
    MEMORY = "memory"
    """The kernel ended it because it needed more memory than its limit; told only where that is known."""
    LOG = "log"
    """It wrote more to its log than the limit, where the log was cut."""
    NEVER_STARTED = "never started"
    """The script could not be started; the error says why."""
    NEVER_BEGAN = "never began"
    """Nothing of the script ran: another attempt repeats nothing. The error says why, where that is known."""
    UNKNOWN = "unknown"
    """It began, and nobody knows what became of it. The error says why, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMoment:
    """When a script ended: by how long the machine had been up, which holds for that start of it, and by its clock."""

    boot: str
    uptime_seconds: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended; ``exit_code`` or ``signal`` are there where the script ran to some end.

    ``timeout``, ``memory_bytes`` and ``max_log_bytes`` are the limits that it had in the end. ``usage`` is what it took
    of the machine: of all its processes together where the machine can tell, else the time of those that were waited
    for by their parents, and the memory of the largest of them, none where that was too little to be known.
    """

    ended_by: EndedBy
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    timeout: timedelta | None = None
    memory_bytes: int | None = None
    max_log_bytes: int | None = None
    usage: Usage | None = field(default=None, compare=False)
    moment: EndMoment | None = field(default=None, compare=False)
    left_running: int = field(default=0, compare=False)
    """How many of its processes ran on when the script had ended by itself, and were ended then."""


class NotSeen(Exception):
    """Whether an attempt has begun could not be seen now."""


class Attempt(Protocol):
    """An attempt that is being watched."""

    def fileno(self) -> int:
        """A descriptor that becomes readable when the attempt has ended."""

    def stop(self) -> None:
        """Ask for the end of the whole process tree: TERM, the grace period, KILL. Asking twice changes nothing."""

    def extend(self, timeout: timedelta) -> None:
        """Give it another time limit, counted from its start; OSError where that cannot be recorded.

        Nothing happens where it has ended.
        """

    def outcome(self) -> Outcome:
        """How it ended; to be called once the descriptor is readable. Releases what watching held."""


class Executor(Protocol):
    """A place where jobs run. Nothing here raises for what a script does."""

    def holds_memory(self) -> bool:
        """Whether all processes of a job together are held to its limit of memory; else each is by itself."""

    def start(self, order: Order) -> Attempt:
        """Start the attempt; OSError where it has not begun and will not, NotSeen where ``find`` has to tell."""

    def find(self, *, records: Path, attempt: int) -> Attempt | Outcome:
        """The attempt of a job that an earlier runner started: alive to be watched, or how it ended.

        An attempt that has not begun never will, once it was looked for.
        """
