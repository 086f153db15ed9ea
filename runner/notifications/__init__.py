"""How people are told about their jobs: the channels messages go by, and their delivery until they arrive.

The channels themselves stand in modules of their own, which bring their libraries: ``slack``, ``smtp``, ``maildir``.
"""

from runner.notifications.protocol import Channel, Undeliverable

__all__ = ["Channel", "Undeliverable", "delivery", "mail_settings", "maildir", "slack", "smtp"]
