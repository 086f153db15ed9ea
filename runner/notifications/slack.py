"""The transport of direct messages in Slack."""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.blocks import Block

from runner.jobs import Notification
from runner.messages import slack_message
from runner.messages.digest import gather
from runner.messages.reports import Report
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy, Undeliverable
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
_UNREACHABLE = (OSError, HTTPException, SlackClientError, ValueError, LookupError)  # the last two: no JSON or text
_TOO_MANY_REQUESTS = 429
_TROUBLE = 500
_LONGEST_WAIT_SECONDS = 86400
_EVENT_TYPE = "scriptrunner_message"
_MEANT_FOR_ALL = 3
_LOOKED_AT = 200


class _SlackRefused(DeliveryFailed):
    """Slack did not take the message, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused the message: {code}")
        self.code = code


class SlackTransport:
    """Posts to the person's user id, which opens the direct message by itself.

    A message whose blocks are refused goes out as text: people are told in any case.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._refused: set[str] = set()
        self._can_look = True

    def send(self, notification: Notification, report: Report) -> str | None:
        """Post the message; DeliveryFailed where Slack refuses it for now, Undeliverable where it does for good.

        The receipt of one with buttons that are there only as long as the job goes on is where it stands.
        """
        blocks = slack_message.blocks(notification.event, report)
        place = self._tell([notification], slack_message.text(notification.event, report), blocks)
        return place if slack_message.offers_acts(blocks) else None

    def revise(self, notification: Notification, report: Report) -> None:
        """Take the buttons from a message that has been overtaken by the job's end.

        DeliveryFailed where Slack takes no changes for now, which holds up no other message, ChannelDown where it
        cannot be reached.
        """
        channel, _, ts = (notification.receipt or "").partition(" ")
        shown = slack_message.without_acts(slack_message.blocks(notification.event, report))
        try:
            self._client.chat_update(
                channel=channel,
                ts=ts,
                text=slack_message.text(notification.event, report),
                blocks=[block.to_dict() for block in shown],
                metadata=_metadata([notification]),
            )
        except SlackApiError as error:
            if _is_limit(error):
                raise DeliveryFailed(
                    "Slack asks to wait: ratelimited", retry_after=_retry_after(error.response.headers)
                ) from error
            if error.response.status_code >= _TROUBLE:
                raise ChannelDown(f"Slack is in trouble: status {error.response.status_code}") from error
            words = visible(str(error.response.get("error")))[:200]  # it was deleted, say, or is too old to be changed
            _log.info("job %d: message “%s” stays as it is: %s", notification.job_id, notification.event, words)
        except _UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        """Post one message in the place of many."""
        digest = gather([(each.event, report.job) for each, report in zip(notifications, reports, strict=True)])
        self._tell(notifications, slack_message.digest_text(digest), slack_message.digest_blocks(digest))

    def already_sent(self, recipient: str) -> Collection[str]:
        """The names of the last messages in the conversation; none where the app may not look, which is logged once.

        RecipientBusy where Slack asks to wait with looking, ChannelDown where it cannot be reached.
        """
        if not self._can_look:
            return ()
        try:
            return self._names(recipient)
        except SlackApiError as error:
            if _is_limit(error):
                raise _busy(error) from error
            if error.response.status_code >= _TROUBLE:
                raise ChannelDown(f"Slack is in trouble: status {error.response.status_code}") from error
            if error.response.get("error") == "missing_scope":
                self._can_look = False
                _log.warning("Slack lets the app not see what it has sent: scope %s", error.response.get("needed"))
            return ()  # who is not there is told by the attempt to post
        except _UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error

    def _names(self, user_id: str) -> set[str]:
        conversation = self._client.conversations_open(users=user_id).get("channel") or {}
        history = self._client.conversations_history(
            channel=conversation.get("id", ""), include_all_metadata=True, limit=_LOOKED_AT
        )
        kept = [each.get("metadata") or {} for each in history.get("messages") or ()]
        ours = [each.get("event_payload") or {} for each in kept if each.get("event_type") == _EVENT_TYPE]
        return {name for each in ours for name in str(each.get("names", "")).split(",")}

    def _tell(self, notifications: Sequence[Notification], text: str, blocks: Sequence[Block]) -> str | None:
        """Post, without blocks where these are refused; where the message stands, if it has them."""
        metadata = _metadata(notifications)
        user_id = notifications[0].recipient
        place: str | None = None
        try:
            place = self._post(user_id, text, [block.to_dict() for block in blocks], metadata)
        except _SlackRefused as refused:
            if refused.code not in _BLOCKS_REFUSED:
                raise
            first = notifications[0]
            _log.error("Slack refused the blocks of message %d of job %d", first.id, first.job_id)
            self._post(user_id, text, None, metadata)
        self._refused.clear()
        return place

    def _post(self, user_id: str, text: str, blocks: list[dict[str, Any]] | None, metadata: dict[str, Any]) -> str:
        """Post; where the message stands. _SlackRefused where that says neither "later" nor "never"."""
        try:
            posted = self._client.chat_postMessage(
                channel=user_id,
                text=text,
                blocks=blocks,
                metadata=metadata,
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as error:
            if _is_limit(error):
                self._refused.add(user_id)
                raise self._limited(error) from error
            raise _SlackRefused(_refusal(error)) from error
        except _UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}", is_doubtful=True) from error
        return f"{posted.get('channel')} {posted.get('ts')}"

    def _limited(self, error: SlackApiError) -> DeliveryFailed:
        """Tell the limit of a conversation (about one message a second) from that of the whole workspace.

        Slack's answer is the same for both (docs: rate limits); where it refuses several people one after the other
        and takes nothing between, it means all of them.
        """
        if len(self._refused) < _MEANT_FOR_ALL:
            return _busy(error)
        self._refused.clear()
        return ChannelDown("Slack asks to wait: ratelimited", retry_after=_retry_after(error.response.headers))


def _metadata(notifications: Sequence[Notification]) -> dict[str, Any]:
    names = ",".join(each.name for each in notifications)
    return {"event_type": _EVENT_TYPE, "event_payload": {"names": names}}


def _busy(error: SlackApiError) -> RecipientBusy:
    return RecipientBusy("Slack asks to wait: ratelimited", retry_after=_retry_after(error.response.headers))


def _is_limit(error: SlackApiError) -> bool:
    return bool(error.response.status_code == _TOO_MANY_REQUESTS or error.response.get("error") == "ratelimited")


def _refusal(error: SlackApiError) -> str:
    response = error.response
    if response.status_code >= _TROUBLE:
        raise ChannelDown(f"Slack is in trouble: status {response.status_code}", is_doubtful=True) from error
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
