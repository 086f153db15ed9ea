"""A message owed to a person about a job: what happened, where it goes and how often that was tried."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What in a job's life a person is told of."""

    QUEUED = "queued"
    """It has to wait; told only where the message stays with the job, and shows its start too."""
    STARTED = "started"
    WARNED = "warned"
    """Its time is running out."""
    RETRIED = "retried"
    """An attempt failed, and another follows."""
    ENDED = "ended"
    EXPIRING = "expiring"
    """Its files are to be deleted, and those of others of the same requester that the message names."""
    WATCHED = "watched"
    """Told to those whom a job was shared with, or whom its script names, when it has ended."""
    UNTOLD = "untold"
    """Its requester is told which of those could not be told, and why."""
    UNSENT = "unsent"
    """A file that was to be sent cannot be; told only where files can be sent."""
    SHORTAGE = "shortage"
    """Administrators are told that no job starts because a disk takes nothing more; the job is the first that waits."""


ENDS = frozenset({Event.ENDED, Event.WATCHED})
"""What tells how a job has ended."""

OWN = frozenset({Event.QUEUED, Event.STARTED})
"""What begins the message of a job that goes with it until its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one person on one channel, stored with the change of state that caused it.

    ``id`` is stable over all attempts; ``attempts`` counts those that failed before. One with a ``receipt`` was sent
    while the job went on and is owed once more, to show its end. ``thread`` is the receipt of the job's own message to
    this person, the first that had one, where this is another. One ``after_quiet`` hours was held back until these
    ended.
    """

    id: int
    job_id: int
    event: Event
    channel: str
    recipient: str
    attempts: int
    created_at: datetime
    receipt: str | None = None
    thread: str | None = None
    after_quiet: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is the job's own message, which shows how the job is."""
        return self.thread is None and self.event in OWN

    @property
    def name(self) -> str:
        """What tells it from all other messages, those of another database with the same numbers too."""
        return f"{self.id}.{int(self.created_at.timestamp())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A message that could not be delivered so far, with the last reason."""

    job_id: int
    event: Event
    channel: str
    attempts: int
    error: str
    is_given_up: bool
