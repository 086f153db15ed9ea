"""The methods of Slack's Web API, and what they take and answer."""

__all__ = ["answers", "dispatch"]
