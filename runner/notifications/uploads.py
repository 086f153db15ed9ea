"""What takes files for people: their content first, then all of a message's at once, shown to whoever they are for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from runner.files import SentFile
from runner.notifications.protocol import Channel, Credentials, DeliveryFailed, TakingFiles


class TicketUnknown(DeliveryFailed):
    """There is no content of one of the tickets, or its file was completed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file whose content is there, by its ticket, and what it is called."""

    ticket: str
    title: str


class FileUploads(Protocol):
    """What sends files by one channel.

    A ticket can be completed once, so whoever keeps it before that sends no file twice. All raise DeliveryFailed, and
    Undeliverable where no other attempt helps.
    """

    def upload(self, file: SentFile, *, title: str, go_on: Callable[[], None]) -> str:
        """Bring the content there, shown to nobody; its ticket. ``go_on`` is called now and then, and may raise."""

    def complete(self, recipient: str, thread: str | None, files: Sequence[UploadedFile], *, comment: str) -> None:
        """Show the files as one message; TicketUnknown where there is no content of one, or it was completed."""

    def is_complete(self, ticket: str) -> bool:
        """Whether the file of that ticket was shown."""


def uploads(channels: Mapping[str, Channel], credentials: Credentials) -> dict[str, FileUploads]:
    """What sends files, by the names of the channels that take them and can be sent by with these credentials."""
    found = {name: each.uploads(credentials) for name, each in channels.items() if isinstance(each, TakingFiles)}
    return {name: uploads for name, uploads in found.items() if uploads is not None}
