"""Slack's Web API as this machine reaches it; the runner calls it too, without what the bot needs besides."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from slack_sdk import WebClient

from runner.settings import Secrets

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_REQUEST_SECONDS = 10


def slack_client(secrets: Secrets, environment: Mapping[str, str]) -> WebClient | None:
    """Slack's Web API with the bot's token, at SLACK_API_URL where that is set; None without a token."""
    return web_api(secrets, environment) if secrets.slack_bot_token else None


def web_api(secrets: Secrets, environment: Mapping[str, str]) -> WebClient:
    """Slack's Web API at SLACK_API_URL where that is set, also without a bot's token: for methods that take another."""
    base_url = environment.get("SLACK_API_URL") or WebClient.BASE_URL
    client = WebClient(token=secrets.slack_bot_token, base_url=base_url, timeout=_REQUEST_SECONDS)
    if urlsplit(base_url).hostname in _HERE:
        client.proxy = None  # slack_sdk takes it from the environment and knows no NO_PROXY
    return client
