"""What Slack's client does for a person: typing, pressing, filling in, bringing and fetching files."""

__all__ = ["routes", "transfers"]
