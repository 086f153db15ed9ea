"""The bot as a process: its settings, the Bolt app, and the connection to Slack."""

__all__ = ["config", "connection", "factory", "stopping"]
