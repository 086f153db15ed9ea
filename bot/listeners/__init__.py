"""What people do in Slack, a feature each: acknowledged, told who does it, and passed on to the service."""

__all__ = ["context", "home", "jobs", "queue", "runscript"]
