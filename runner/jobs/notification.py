"""A message owed to a person about a job: what happened, where it goes and how often that was tried."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What in a job's life a person is told of."""

    STARTED = "started"
    WARNED = "warned"
    """Its time is running out."""
    RETRIED = "retried"
    """An attempt failed, and another follows."""
    ENDED = "ended"
    SHORTAGE = "shortage"
    """Administrators are told that no job starts because a disk takes nothing more; the job is the first that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one person on one channel, stored with the change of state that caused it.

    ``id`` is stable over all attempts; ``attempts`` counts those that failed before. One with a ``receipt`` was sent
    while the job went on and is owed once more: what it offered then goes.
    """

    id: int
    job_id: int
    event: Event
    channel: str
    recipient: str
    attempts: int
    created_at: datetime
    receipt: str | None = None

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
