"""The transport of direct messages in Slack."""

import logging
from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from runner.jobs import Notification
from runner.messages import slack_message
from runner.messages.reports import Report
from runner.notifications.protocol import ChannelDown, DeliveryFailed, Undeliverable
from runner.system.text import visible

_log = logging.getLogger(__name__)

_NEVER = frozenset(
    {
        "app_access_restricted",
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_LONGEST_WAIT_SECONDS = 86400


class SlackTransport:
    """Posts to the person's user id, which opens the direct message by itself.

    A message whose blocks are refused goes out as text: people are told in any case.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def send(self, notification: Notification, report: Report) -> None:
        """Post the message; DeliveryFailed where Slack refuses it for now, Undeliverable where it does for good."""
        blocks = slack_message.blocks(notification.event, report)
        text = slack_message.text(notification.event, report)
        refusal = self._post(notification.recipient, text, [block.to_dict() for block in blocks])
        if refusal in _BLOCKS_REFUSED:
            _log.error("Slack refused the blocks of message %d of job %d", notification.id, notification.job_id)
            refusal = self._post(notification.recipient, text, None)
        if refusal is not None:
            raise DeliveryFailed(f"Slack refused the message: {refusal}")

    def _post(self, user_id: str, text: str, blocks: list[dict[str, Any]] | None) -> str | None:
        """Post, and give the code of a refusal that says neither "later" nor "never"."""
        try:
            self._client.chat_postMessage(
                channel=user_id, text=text, blocks=blocks, mrkdwn=False, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            return _refusal(error)
        except (
            OSError,
            HTTPException,
            SlackClientError,
            ValueError,
            LookupError,
        ) as error:  # the last two: no JSON or text
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error
        return None


def _refusal(error: SlackApiError) -> str:
    response = error.response
    if response.status_code == 429:
        raise ChannelDown("Slack asks to wait: ratelimited", retry_after=_retry_after(response.headers)) from error
    if response.status_code >= 500:
        raise ChannelDown(f"Slack is in trouble: status {response.status_code}") from error
    code = visible(str(response.get("error")))[:200]
    if code in _NEVER:
        raise Undeliverable(f"Slack does not deliver to this person: {code}") from error
    return code


def _retry_after(headers: dict[str, Any]) -> timedelta | None:
    written = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    seconds = written[0] if isinstance(written, list) else written
    if seconds is None or not str(seconds).isdecimal():
        return None
    return timedelta(seconds=min(int(seconds), _LONGEST_WAIT_SECONDS))
