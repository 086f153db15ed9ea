"""What this machine gives and how things are written on it; knows nothing of jobs."""

__all__ = [
    "atomic_files",
    "beats",
    "boot",
    "calls",
    "clock",
    "commands",
    "environment",
    "heartbeat",
    "lasting_faults",
    "load",
    "memory",
    "notify",
    "ports",
    "slack_addresses",
    "terminal",
    "text",
    "threads",
    "wakeup",
    "watchdog",
]
