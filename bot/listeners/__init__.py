"""What people do in Slack, a feature each: acknowledged, told who does it, and passed on to the service."""

__all__ = [
    "context",
    "deadlines",
    "form",
    "home",
    "job_logs",
    "jobs",
    "messages",
    "open_homes",
    "preferences",
    "queue",
    "runscript",
    "sending",
    "sharing",
    "turns",
]
