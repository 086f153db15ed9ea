"""What every channel and its transport offer, and the ways in which sending goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runner.errors import ScriptRunnerError
from runner.jobs import Event, Notification, Requester
from runner.messages.reports import Report
from runner.settings import Secrets

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from runner.notifications.uploads import FileUploads


class DeliveryFailed(ScriptRunnerError):
    """The message was not taken and may be later, at the soonest after ``retry_after`` where that is known.

    ``is_doubtful`` says that it may have been taken after all: the connection broke off, say.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None, is_doubtful: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_doubtful = is_doubtful


class RecipientBusy(DeliveryFailed):
    """No message to this recipient would be taken now; those to others are not concerned."""


class ChannelDown(DeliveryFailed):
    """No message would be taken now, whoever it is for: the others need not be tried."""


class Undeliverable(ScriptRunnerError):
    """The message will never be taken: there is no such recipient, or the recipient refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a transport shows to whoever takes its messages: the secrets, and Slack's client where there is a token."""

    secrets: Secrets
    slack: "WebClient | None" = None


class Transport(Protocol):
    """What sends the messages of one channel."""

    def send(self, notification: Notification, report: Report) -> str | None:
        """Hand the message over; returning means it was taken. Raises DeliveryFailed, or Undeliverable.

        What is returned is the receipt of a message that shows how its job goes on; None for all others.
        Called by one thread at a time, again for the same notification where it is not known to have been taken.
        """


@runtime_checkable
class Gathering(Protocol):
    """A transport that can also send one message in the place of many."""

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        """Hand over one message that says what all these would have said; all are for one person.

        ``reports`` are theirs, in the same order. Returns and raises as ``send`` does.
        """


@runtime_checkable
class Revising(Protocol):
    """A transport that can change a message that is there."""

    def revise(self, notification: Notification, report: Report) -> None:
        """Have the message with the notification's receipt show that the job has ended.

        Nothing where it is gone. Raises DeliveryFailed.
        """


@runtime_checkable
class Redrawing(Protocol):
    """A transport whose messages can go with their jobs as long as these go on."""

    def shows(self, notification: Notification, report: Report) -> bool:
        """Whether the job's own message is known to show that already."""

    def redraw(self, notification: Notification, report: Report) -> str | None:
        """Have the job's own message show that; its new receipt where it was gone and was made anew.

        Raises DeliveryFailed or Undeliverable.
        """


@runtime_checkable
class KeepingMany(Protocol):
    """A transport whose messages are there for good only when it was told to keep them, many at once."""

    def keep(self) -> None:
        """Have all that was sent since on the disk; before that, none of it is written down as delivered.

        Raises DeliveryFailed, and is called again.
        """


@runtime_checkable
class Remembering(Protocol):
    """A transport that finds out what it has sent, in another life too."""

    def already_sent(self, notification: Notification) -> Mapping[str, str]:
        """The receipts of the last messages that its recipient has, by name, in its thread too.

        Of digests these are the names that went into them, or their own.

        Asked before a message is sent that may have been sent already. Raises DeliveryFailed.
        """


def digest_name(notifications: Sequence[Notification]) -> str:
    """What tells a message made of these from all others; the same whenever it is made."""
    names = ",".join(each.name for each in notifications)
    return f"{notifications[0].name}.{sha256(names.encode()).hexdigest()[:16]}"


class Channel(Protocol):
    """A way to tell people things: whom it reaches, and what sends there.

    The name under which it is registered stands in the store beside every message that goes this way.
    """

    def recipient(self, requester: Requester, event: Event) -> str | None:
        """The person's address on this channel; None where it does not reach them, or does not tell of such events.

        Asked in every process and within transactions: it looks nothing up, and raises nothing.
        """

    def transport(self, credentials: Credentials) -> Transport | None:
        """What sends; None where it cannot be had without a credential that is missing: messages wait in the database.

        Runners alone ask for it, so the libraries that sending takes are imported here. Raises ConfigError.
        """


@runtime_checkable
class TakingFiles(Protocol):
    """A channel that takes files too."""

    def uploads(self, credentials: Credentials) -> "FileUploads | None":
        """What sends them; None without a credential: they wait in the database. Runners alone ask for it."""


def addresses(channels: Mapping[str, Channel], requester: Requester, event: Event) -> dict[str, str]:
    """Where a person is told of an event, by the names of the channels: what all processes owe them.

    Of files that cannot be sent, only where files are sent.
    """
    asked = {
        name: channel.recipient(requester, event)
        for name, channel in channels.items()
        if event is not Event.UNSENT or isinstance(channel, TakingFiles)
    }
    return {name: address for name, address in asked.items() if address is not None}


def transports(channels: Mapping[str, Channel], credentials: Credentials) -> dict[str, Transport]:
    """What sends, by the names of those channels that can be sent by with these credentials. Raises ConfigError."""
    found = {name: channel.transport(credentials) for name, channel in channels.items()}
    return {name: transport for name, transport in found.items() if transport is not None}
