"""The channels there are: every process owes messages by them, and runners send what is owed."""

from collections.abc import Callable, Mapping

from runner.app.config import Config
from runner.app.paths import Paths
from runner.notifications import Channel, MailChannel, SlackChannel

Channels = Mapping[str, Callable[[Config], Channel]]
"""Makes each channel from the settings, by the name that it has in the store: at most 32 letters, kept for ever."""

CHANNELS: Channels = {
    "slack": lambda _: SlackChannel(),
    "email": lambda config: MailChannel(config.mail, folder=Paths.of(config).mail),
}
