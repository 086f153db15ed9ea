"""Slack's Web API as this machine reaches it; the runner calls it too, without what the bot needs besides."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from runner.settings import Secrets

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_REQUEST_SECONDS = 10
_MOST_PAUSE_SECONDS = 5


class BriefRateLimits(RateLimitErrorRetryHandler):
    """Tries once more where Slack asks to wait for moments; somebody who waits for longer is rather told."""

    def __init__(self) -> None:
        super().__init__(max_retry_count=1)

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or not super()._can_retry(state=state, request=request, response=response, error=error):
            return False
        headers = {name.lower(): values for name, values in response.headers.items()}
        seconds = str(headers.get("retry-after", ["1"])[0])
        return seconds.isdecimal() and int(seconds) <= _MOST_PAUSE_SECONDS


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
