"""What a workspace remembers: people, conversations, views, files and their ids."""

__all__ = [
    "changes",
    "conversations",
    "files",
    "messages",
    "people",
    "rates",
    "response_urls",
    "triggers",
    "view_state",
    "views",
]
