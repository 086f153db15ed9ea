"""How people are told about their jobs: the channels messages go by, and their delivery until they arrive.

What a channel sends with stands in modules of its own, which bring their libraries: ``slack``, ``smtp``, ``maildir``.
"""

from runner.notifications.protocol import (
    Channel,
    Credentials,
    RecipientBusy,
    Transport,
    Undeliverable,
    addresses,
    transports,
)

__all__ = [
    "Channel",
    "Credentials",
    "RecipientBusy",
    "Transport",
    "Undeliverable",
    "addresses",
    "delivery",
    "file_source",
    "mail_settings",
    "registry",
    "smtp",
    "transports",
    "uploads",
]
