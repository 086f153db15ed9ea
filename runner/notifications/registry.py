"""The channels there are: every process owes messages by them, and runners send what is owed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from runner.notifications.mail_channel import MailChannel
from runner.notifications.mail_settings import MailSettings
from runner.notifications.protocol import Channel
from runner.notifications.slack_channel import SlackChannel
from runner.settings import Settings


class ChannelSettings(Settings):
    """The groups of settings that channels are made from; they stand in the file beside those of the other rooms."""

    mail: MailSettings = MailSettings()


class ChannelPaths(Protocol):
    """The files and folders that channels are made from."""

    @property
    def mail(self) -> Path:
        """The Maildir that takes the mails where no server is set."""


ChannelRegistry = Mapping[str, Callable[[ChannelSettings, ChannelPaths], Channel]]
"""Makes each channel, by the name that it has in the store: at most 32 letters, kept for ever."""

CHANNELS: ChannelRegistry = {
    "slack": lambda _settings, _paths: SlackChannel(),
    "email": lambda settings, paths: MailChannel(settings.mail, folder=paths.mail),
}
