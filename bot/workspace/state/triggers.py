"""Triggers: the short-lived right to open a modal for the person who just did something."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from cachetools import TTLCache

from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation

LIFETIME = timedelta(seconds=3)
# Used and expired triggers are remembered so that Slack's three refusals can be told apart.
_REMEMBERED = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Trigger:
    """Whose it is, and the conversation that person was looking at, where it was one."""

    person_id: str
    conversation: Conversation | None
    made_at: float
    is_used: bool = False


class Triggers:
    """All triggers given out lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given = TTLCache[str, Trigger, float](10_000, _REMEMBERED.total_seconds(), timer=clock)

    def give(self, person_id: str, conversation: Conversation | None = None) -> str:
        """A new trigger for the person in that conversation, in Slack's form of three parts."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**11)}.{secrets.token_hex(16)}"
        self._given[trigger_id] = Trigger(person_id=person_id, conversation=conversation, made_at=self._clock())
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Uses the trigger up and returns it; RefusedError when it was used, is too old or was never given."""
        trigger = self._given.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.is_used:
            raise RefusedError("exchanged_trigger_id")
        if self._clock() - trigger.made_at > LIFETIME.total_seconds():
            raise RefusedError("expired_trigger_id")
        trigger.is_used = True
        return trigger
