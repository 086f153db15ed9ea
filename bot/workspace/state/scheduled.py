"""Messages that the app has written for later."""

from dataclasses import dataclass
from typing import Any

from bot.workspace.errors import RefusedError

# Slack's limits (docs: chat.scheduleMessage): so many messages to one channel within so many seconds.
MESSAGES_IN_WINDOW = 30
WINDOW_SECONDS = 300
# How many there may be in all is ours.
SCHEDULED_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledMessage:
    """A message to a conversation at `post_at`, seconds since 1970; `content` is what is posted then."""

    id: str
    channel: str
    post_at: int
    created: int
    content: dict[str, Any]


class ScheduledMessages:
    """All messages whose time has not come."""

    def __init__(self) -> None:
        self._waiting: dict[str, ScheduledMessage] = {}

    def add(self, message: ScheduledMessage) -> None:
        """Takes a message in; RefusedError where too many go to its conversation around that time, or wait in all."""
        near = [
            one
            for one in self._waiting.values()
            if one.channel == message.channel and abs(one.post_at - message.post_at) < WINDOW_SECONDS
        ]
        if len(near) >= MESSAGES_IN_WINDOW or len(self._waiting) >= SCHEDULED_MAX:
            raise RefusedError("restricted_too_many")
        self._waiting[message.id] = message

    def all(self) -> list[ScheduledMessage]:
        """What waits, in the order in which it will be posted."""
        return sorted(self._waiting.values(), key=lambda one: one.post_at)

    def find(self, message_id: str) -> ScheduledMessage | None:
        """The message with that id, unless it was posted or deleted."""
        return self._waiting.get(message_id)

    def delete(self, message: ScheduledMessage) -> None:
        """Forgets a message."""
        self._waiting.pop(message.id, None)

    def clear(self) -> None:
        """Forgets all."""
        self._waiting.clear()

    def take_due(self, now: float) -> list[ScheduledMessage]:
        """Those whose time has come, which are from then on forgotten here."""
        due = [one for one in self.all() if one.post_at <= now]
        for one in due:
            self.delete(one)
        return due
