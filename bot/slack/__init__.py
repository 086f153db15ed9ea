"""Slack itself: its client, who its people are, what they do, and their files."""

__all__ = [
    "client",
    "conversation",
    "conversations",
    "files",
    "identity",
    "interaction",
    "modals",
    "replies",
    "settings",
    "tokens",
    "typed_text",
]
