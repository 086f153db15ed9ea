"""What Slack's refusals mean for what is to be sent."""

from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

from runner.notifications.protocol import ChannelDown
from runner.system.text import visible

UNREACHABLE = (OSError, HTTPException, SlackClientError, ValueError, LookupError)  # the last two: no JSON or text
_TOO_MANY_REQUESTS = 429
_TROUBLE = 500
_LONGEST_WAIT_SECONDS = 86400


def is_limit(error: SlackApiError) -> bool:
    """Whether Slack asks to wait."""
    return bool(error.response.status_code == _TOO_MANY_REQUESTS or error.response.get("error") == "ratelimited")


def code_of(error: SlackApiError) -> str:
    """Why Slack refuses, in its own word; ChannelDown where it is in trouble itself."""
    if error.response.status_code >= _TROUBLE:
        raise ChannelDown(f"Slack is in trouble: status {error.response.status_code}", is_doubtful=True) from error
    return visible(str(error.response.get("error")))[:200]


def retry_after(headers: dict[str, Any]) -> timedelta | None:
    """How long Slack asks to wait, at most a day; None where it does not say."""
    written = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    seconds = written[0] if isinstance(written, list) else written
    if seconds is None or not str(seconds).isdecimal():
        return None
    return timedelta(seconds=min(int(seconds), _LONGEST_WAIT_SECONDS))


def unreachable(error: Exception) -> ChannelDown:
    """What was sent may have arrived or not."""
    return ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}", is_doubtful=True)
