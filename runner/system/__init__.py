"""What this machine gives and how things are written on it; knows nothing of jobs."""

__all__ = ["atomic_files", "boot", "clock", "commands", "environment", "memory", "ports", "text", "wakeup"]
