"""The stand-in for Slack: Web API, Socket Mode and a page, from a manifest alone."""
