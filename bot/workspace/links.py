"""The way to the app: what is sent along it and what may come back."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, Protocol

ANSWER_SECONDS = 3.0
"""How long Slack waits for an acknowledgement (docs: slash commands, interactivity, Events API)."""


class Kind(StrEnum):
    """What is sent, under the names Socket Mode gives it."""

    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    EVENT = "events_api"


class Outcome(Enum):
    """What became of something sent to the app."""

    ACKNOWLEDGED = auto()
    TIMED_OUT = auto()
    UNDELIVERED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome, and what the app sent back with its acknowledgement."""

    outcome: Outcome
    payload: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One payload on its way to the app; events that were not acknowledged are sent again with a count."""

    kind: Kind
    payload: dict[str, Any]
    retry_attempt: int = 0
    retry_reason: str = ""


class Link(Protocol):
    """Socket Mode or HTTP."""

    def count(self) -> int:
        """How many connections there are to the app."""

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends the parcel and waits for the acknowledgement, at most ANSWER_SECONDS."""

    async def close(self) -> None:
        """Ends all connections."""
