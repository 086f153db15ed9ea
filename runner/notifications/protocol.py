"""What every channel offers, and the ways in which sending goes wrong."""

from datetime import timedelta
from typing import Protocol

from runner.errors import ScriptRunnerError
from runner.jobs import Notification, Requester
from runner.messages.reports import Report


class DeliveryFailed(ScriptRunnerError):
    """The message was not taken and may be later, at the soonest after ``retry_after`` where that is known."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class ChannelDown(DeliveryFailed):
    """No message would be taken now, whoever it is for: the others need not be tried."""


class Undeliverable(ScriptRunnerError):
    """The message will never be taken: there is no such recipient, or the recipient refuses it."""


class Channel(Protocol):
    """A way to tell people things; its name stands in the store beside every message that goes this way."""

    @property
    def name(self) -> str:
        """Unique among the channels in use, and the same after a restart."""

    def recipient(self, requester: Requester) -> str:
        """The person's address on this channel."""

    def send(self, notification: Notification, report: Report) -> None:
        """Hand the message over; returning means it was taken. Raises DeliveryFailed, or Undeliverable.

        Called by one thread at a time, again for the same notification where it is not known to have been taken.
        """
