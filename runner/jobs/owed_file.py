"""A file owed to a person: which of a job's, where it goes and how far that has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runner.jobs.job import State

END_BATCH = "end"
"""The batch of what is sent because the job has ended: it goes into the thread of the job's own message."""

STDOUT = "stdout"
"""What a script shows at its end where it is not a result: what it has printed, as its log has it."""

SHARED_AFTER = frozenset({State.SUCCEEDED, State.FAILED, State.TIMED_OUT})
"""After these ends the results are sent; who cancelled a job wants none, and one that is lost may still write."""


class FileKind(StrEnum):
    """What is owed."""

    SHARED = "shared"
    """What the job's script shares; which files these are is found out when they are sent."""
    RESULT = "result"
    """One result, by its path in the job's folder."""
    ALL = "all"
    """All results as one archive."""
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFile:
    """What somebody wants sent; ``name`` is the path of a result, ``size_bytes`` how much of a log there was."""

    kind: FileKind
    name: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedFile:
    """One file owed to one person, or one channel, of a job; all of one ``batch`` go as one message.

    ``ticket`` is by what Slack knows its content once that is there, not shown to anybody yet. ``thread`` is the
    receipt of the job's own message to the same recipient where the files go with that.
    """

    id: int
    job_id: int
    kind: FileKind
    name: str
    channel: str
    recipient: str
    batch: str
    attempts: int
    created_at: datetime
    size_bytes: int | None = None
    ticket: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentFile:
    """A file that was to be sent and never will be, with the reason."""

    kind: FileKind
    name: str
    reason: str
