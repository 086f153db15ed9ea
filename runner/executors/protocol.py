"""What an executor is: starts attempts of jobs, finds them again after a restart, and says how they ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt to run a job: what to run, where, how long, and with which environment and standard input.

    It may hold secrets: executors write it down nowhere. No text in ``masked`` reaches the log, which says ``[hidden]``
    in its place.
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
    stdin: Path | str | None = field(default=None, repr=False)
    """A file, which must be none but a regular one, a text, or nothing to read."""
    masked: Sequence[str] = field(default=(), repr=False)


class EndedBy(StrEnum):
    """What ended an attempt."""

    ITSELF = "itself"
    TIMEOUT = "timeout"
    STOP = "stop"
    NEVER_STARTED = "never started"
    """The script could not be started; the error says why."""
    NEVER_BEGAN = "never began"
    """Nothing of the script ran: another attempt repeats nothing."""
    UNKNOWN = "unknown"
    """It began, and nobody knows what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended; ``exit_code`` or ``signal`` are there where the script ran to some end.

    ``timeout`` is what it had been given.
    """

    ended_by: EndedBy
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    timeout: timedelta | None = None


class NotSeen(Exception):
    """Whether an attempt has begun could not be seen now."""


class Attempt(Protocol):
    """An attempt that is being watched."""

    def fileno(self) -> int:
        """A descriptor that becomes readable when the attempt has ended."""

    def stop(self) -> None:
        """Ask for the end of the whole process tree: TERM, the grace period, KILL. Asking twice changes nothing."""

    def extend(self, timeout: timedelta) -> None:
        """Change the time limit, counted from the start of the script; OSError where that cannot be kept."""

    def outcome(self) -> Outcome:
        """How it ended; to be called once the descriptor is readable. Releases what watching held."""


class Executor(Protocol):
    """A place where jobs run. Nothing here raises for what a script does."""

    def start(self, order: Order) -> Attempt:
        """Start the attempt; OSError where it has not begun and will not, NotSeen where ``find`` has to tell."""

    def find(self, *, records: Path, attempt: int) -> Attempt | Outcome:
        """The attempt of a job that an earlier runner started: alive to be watched, or how it ended.

        An attempt that has not begun never will, once it was looked for.
        """
