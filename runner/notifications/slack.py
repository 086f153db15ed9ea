"""The transport of direct messages in Slack."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block

from runner.jobs import Event, Notification
from runner.messages import job_message, slack_message
from runner.messages.digest import gather
from runner.messages.reports import Report
from runner.notifications import slack_conversations
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy, Undeliverable
from runner.notifications.slack_errors import UNREACHABLE, code_of, is_limit, retry_after, unreachable
from runner.system.text import visible

_log = logging.getLogger(__name__)

_NEVER = frozenset(
    {
        "app_access_restricted",
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_THREAD_REFUSED = frozenset(
    {
        "cannot_reply_to_message",
        "channel_not_found",
        "invalid_thread_ts",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
    }
)
_GONE = frozenset({"channel_not_found", "message_not_found"})
_TROUBLE = 500
_EVENT_TYPE = "scriptrunner_message"
_MEANT_FOR_ALL = 3
_LOOKED_AT = 200
_SHOWN, _SHOWN_SECONDS = 1000, 86400


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
        self._conversations = slack_conversations.ConversationNames(client)
        self._shown: TTLCache[int, str] = TTLCache(_SHOWN, _SHOWN_SECONDS)

    def send(self, notification: Notification, report: Report) -> str | None:
        """Post the message; DeliveryFailed where Slack refuses it for now, Undeliverable where it does for good.

        The job's own message, and others with buttons that are there only as long as the job goes on, have a receipt:
        where they stand. All but the first stand in its thread, and that of the end besides in the conversation.
        """
        shown = _blocks(notification, report)
        place = self._tell([notification], _text(notification, report), shown, _thread_of(notification))
        self._shown[notification.id] = _drawing(notification, report)
        return place if notification.is_own or slack_message.offers_acts(shown) else None

    def revise(self, notification: Notification, report: Report) -> None:
        """Have the job's own message show its end, and take the buttons from others that it has overtaken.

        Nothing where the message is gone. DeliveryFailed where Slack takes no changes for now, which holds up no other
        message, ChannelDown where it cannot be reached.
        """
        if not (notification.is_own and self.shows(notification, report)):
            self._update(notification, report)

    def shows(self, notification: Notification, report: Report) -> bool:
        """Whether the job's own message is known to show that already."""
        return self._shown.get(notification.id) == _drawing(notification, report)

    def redraw(self, notification: Notification, report: Report) -> str | None:
        """Have the job's own message show how the job is now; its new receipt where it was gone and is made anew.

        DeliveryFailed and Undeliverable as ``send``, ChannelDown where Slack cannot be reached.
        """
        code = self._update(notification, report)
        self._shown[notification.id] = _drawing(notification, report)
        if code not in _GONE:
            return None
        return self._tell([notification], _text(notification, report), _blocks(notification, report))

    def _update(self, notification: Notification, report: Report) -> str:
        """Change a message that is there; why Slack does not, empty where it did."""
        channel, _, ts = (notification.receipt or "").partition(" ")
        shown = _blocks(notification, report)
        if report.job.state.is_final and not notification.is_own and notification.event is not Event.EXPIRING:
            shown = list(slack_message.without_acts(shown))
        try:
            self._client.chat_update(
                channel=channel,
                ts=ts,
                text=_text(notification, report),
                blocks=[block.to_dict() for block in shown],
                metadata=_metadata([notification]),
            )
        except SlackApiError as error:
            if is_limit(error):
                raise DeliveryFailed(
                    "Slack asks to wait: ratelimited", retry_after=retry_after(error.response.headers)
                ) from error
            if error.response.status_code >= _TROUBLE:
                raise ChannelDown(f"Slack is in trouble: status {error.response.status_code}") from error
            code = visible(str(error.response.get("error")))[:200]  # it was deleted, say, or is too old to be changed
            _log.info("job %d: message “%s” stays as it is: %s", notification.job_id, notification.event, code)
            return code
        except UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error
        return ""

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        """Post one message in the place of many."""
        digest = gather([(each.event, report.job) for each, report in zip(notifications, reports, strict=True)])
        self._tell(notifications, slack_message.digest_text(digest), slack_message.digest_blocks(digest))

    def already_sent(self, notification: Notification) -> Mapping[str, str]:
        """Where the last messages in the conversation stand, and in the message's thread, by their names.

        None where the app may not look, which is logged once, and none in channels: to read these takes scopes by which
        it could read all that people say there.

        RecipientBusy where Slack asks to wait with looking, ChannelDown where it cannot be reached.
        """
        if not self._can_look or not slack_conversations.is_person(notification.recipient):
            return {}
        try:
            return self._names(notification)
        except SlackApiError as error:
            if is_limit(error):
                raise _busy(error) from error
            if error.response.status_code >= _TROUBLE:
                raise ChannelDown(f"Slack is in trouble: status {error.response.status_code}") from error
            if error.response.get("error") == "missing_scope":
                self._can_look = False
                _log.warning("Slack lets the app not see what it has sent: scope %s", error.response.get("needed"))
            return {}  # who is not there is told by the attempt to post
        except UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error

    def _names(self, notification: Notification) -> dict[str, str]:
        conversation = self._client.conversations_open(users=notification.recipient).get("channel") or {}
        channel = conversation.get("id", "")
        asked: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": _LOOKED_AT}
        found = list(self._client.conversations_history(**asked).get("messages") or ())
        if thread := _thread_of(notification):
            found += self._client.conversations_replies(ts=thread["thread_ts"], **asked).get("messages") or ()
        places: dict[str, str] = {}
        for each in found:
            metadata = each.get("metadata") or {}
            if metadata.get("event_type") == _EVENT_TYPE:
                names = str((metadata.get("event_payload") or {}).get("names", "")).split(",")
                places |= dict.fromkeys(names, f"{channel} {each.get('ts')}")
        return places

    def _tell(
        self,
        notifications: Sequence[Notification],
        text: str,
        blocks: Sequence[Block],
        thread: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Post, without blocks or outside of the thread where these are refused; where it stands, if it has blocks."""
        first = notifications[0]
        place_id = self._place_id(first.recipient)
        message: dict[str, Any] = {
            "channel": place_id,
            "text": text,
            "blocks": [block.to_dict() for block in blocks],
            "metadata": _metadata(notifications),
            **(thread or {}),
        }
        while True:
            try:
                place = self._post(first.recipient, message)
            except _SlackRefused as refused:
                if refused.code in _BLOCKS_REFUSED and message["blocks"] is not None:
                    _log.error("Slack refused the blocks of message %d of job %d", first.id, first.job_id)
                    message["blocks"] = None
                elif refused.code in _THREAD_REFUSED and "thread_ts" in message:
                    for each in thread or ():
                        message.pop(each)
                    message["channel"] = place_id
                else:
                    raise
            else:
                self._refused.clear()
                return None if message["blocks"] is None else place

    def _place_id(self, recipient: str) -> str:
        """Where to post: the id of a conversation that is known by its name. Raises as ``send``."""
        if not recipient.startswith("#"):
            return recipient
        try:
            return self._conversations.id_of(recipient)
        except SlackApiError as error:
            if is_limit(error):
                raise _busy(error) from error
            raise _SlackRefused(_refusal(error, recipient)) from error
        except UNREACHABLE as error:
            raise ChannelDown(f"Slack cannot be reached: {visible(str(error))[:200]}") from error

    def _post(self, user_id: str, message: Mapping[str, Any]) -> str:
        """Post; where the message stands. _SlackRefused where that says neither "later" nor "never"."""
        try:
            posted = self._client.chat_postMessage(mrkdwn=False, unfurl_links=False, unfurl_media=False, **message)
        except SlackApiError as error:
            if is_limit(error):
                self._refused.add(user_id)
                raise self._limited(error) from error
            if "thread_ts" in message and error.response.get("error") in _THREAD_REFUSED:
                raise _SlackRefused(str(error.response["error"])) from error
            raise _SlackRefused(_refusal(error, message["channel"])) from error
        except UNREACHABLE as error:
            raise unreachable(error) from error
        return f"{posted.get('channel')} {posted.get('ts')}"

    def _limited(self, error: SlackApiError) -> DeliveryFailed:
        """Tell the limit of a conversation (about one message a second) from that of the whole workspace.

        Slack's answer is the same for both (docs: rate limits); where it refuses several people one after the other
        and takes nothing between, it means all of them.
        """
        if len(self._refused) < _MEANT_FOR_ALL:
            return _busy(error)
        self._refused.clear()
        return ChannelDown("Slack asks to wait: ratelimited", retry_after=retry_after(error.response.headers))


def _thread_of(notification: Notification) -> dict[str, Any]:
    """Where a message belongs that is not the job's own."""
    if notification.thread is None or notification.event in (Event.SHORTAGE, Event.EXPIRING):
        return {}
    channel, _, ts = notification.thread.partition(" ")
    is_end = notification.event in (Event.ENDED, Event.UNTOLD)
    return {"channel": channel, "thread_ts": ts} | ({"reply_broadcast": True} if is_end else {})


def _blocks(notification: Notification, report: Report) -> list[Block]:
    return job_message.blocks(report) if notification.is_own else slack_message.blocks(notification.event, report)


def _drawing(notification: Notification, report: Report) -> str:
    """What the message shows, to be compared."""
    return json.dumps([_text(notification, report), [block.to_dict() for block in _blocks(notification, report)]])


def _text(notification: Notification, report: Report) -> str:
    event = job_message.stage(report.job) if notification.is_own else notification.event
    return slack_message.text(event, report)


def _metadata(notifications: Sequence[Notification]) -> dict[str, Any]:
    names = ",".join(each.name for each in notifications)
    return {"event_type": _EVENT_TYPE, "event_payload": {"names": names}}


def _busy(error: SlackApiError) -> RecipientBusy:
    return RecipientBusy("Slack asks to wait: ratelimited", retry_after=retry_after(error.response.headers))


def _refusal(error: SlackApiError, recipient: str) -> str:
    code = code_of(error)
    if code in _NEVER:
        raise Undeliverable(slack_conversations.refusal(recipient, code)) from error
    return code
