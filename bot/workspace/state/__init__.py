"""What a workspace remembers: people, conversations, views, files and their ids."""

__all__ = [
    "changes",
    "conversations",
    "files",
    "messages",
    "people",
    "rates",
    "response_urls",
    "scheduled",
    "triggers",
    "usergroups",
    "view_state",
    "views",
]
