"""Block Kit's rules as data, checked and worded as Slack does."""

__all__ = ["check", "completion", "problems", "scalars"]
