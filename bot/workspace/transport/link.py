"""The way to the app: what is sent along it and what may come back."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, Protocol

ANSWER_SECONDS = 3.0
"""How long Slack waits for an acknowledgement (docs: slash commands, interactivity, Events API)."""


class EnvelopeKind(StrEnum):
    """What is sent, under the names Socket Mode gives it."""

    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    EVENT = "events_api"


class SendOutcome(Enum):
    """What became of something sent to the app."""

    ACKNOWLEDGED = auto()
    TIMED_OUT = auto()
    UNDELIVERED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome, and what the app sent back with its acknowledgement.

    `reason` is Slack's word for a failure, as it stands beside a repeated event; `detail` is for people.
    """

    outcome: SendOutcome
    payload: Any = None
    reason: str = ""
    detail: str = ""
    wants_no_retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One payload on its way to the app; events that were not acknowledged are sent again with a count."""

    kind: EnvelopeKind
    payload: dict[str, Any]
    retry_attempt: int = 0
    retry_reason: str = ""

    def summary(self) -> str:
        """What it is, in a line."""
        match self.kind, self.payload:
            case EnvelopeKind.COMMAND, payload:
                return f"{payload['command']} {payload['text']}".rstrip()
            case EnvelopeKind.EVENT, payload:
                return str(payload["event"]["type"])
            case EnvelopeKind.INTERACTION, {
                "type": kind,
                "actions": [{"block_id": block_id, "action_id": action_id}, *_],
            }:
                return f"{kind} {block_id}/{action_id}"
            case EnvelopeKind.INTERACTION, {"type": kind, "block_id": block_id, "action_id": action_id, "value": typed}:
                return f"{kind} {block_id}/{action_id} {typed!r}"
            case EnvelopeKind.INTERACTION, {"type": kind, "view": {"callback_id": callback_id}}:
                return f"{kind} {callback_id}".rstrip()
            case _:
                return f"{self.payload['type']} {self.payload.get('callback_id', '')}".rstrip()


class Link(Protocol):
    """Socket Mode or HTTP; `timeout_reason` is what it says of an event that was not acknowledged in time."""

    timeout_reason: str

    def count(self) -> int:
        """How many connections there are to the app."""

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends the parcel and waits for the acknowledgement, at most ANSWER_SECONDS."""

    async def close(self) -> None:
        """Ends all connections."""
