"""What Slack shows, drawn from values alone; pure."""

__all__ = ["charts", "form", "jobs"]
