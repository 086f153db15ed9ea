"""The stand-in for Slack: Web API, Socket Mode and a page, from a manifest alone."""

__all__ = ["errors", "options", "server", "workspace"]
