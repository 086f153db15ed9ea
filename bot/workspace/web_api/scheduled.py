"""Web API methods about messages that are posted later."""

from datetime import timedelta
from typing import Any

from bot.workspace import ids
from bot.workspace.errors import RefusedError
from bot.workspace.state.people import BOT_ID, BOT_USER_ID
from bot.workspace.state.scheduled import ScheduledMessage
from bot.workspace.web_api import chat, paging
from bot.workspace.workspace import Workspace

# Slack's limits (docs: chat.scheduleMessage, chat.deleteScheduledMessage).
FURTHEST = timedelta(days=120)
UNDELETABLE = timedelta(seconds=60)
PAGE_DEFAULT = 100
_DIGITS_MAX = 12


def _schedule(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = chat.writable(workspace, arguments["channel"])
    post_at, now = _seconds(arguments["post_at"], "invalid_time"), workspace.clock()
    if post_at <= now:
        raise RefusedError("time_in_past")
    if post_at > now + FURTHEST.total_seconds():
        raise RefusedError("time_too_far")
    content = chat.read_message(arguments)
    if content["thread_ts"]:
        conversation.thread(content["thread_ts"])
    message = ScheduledMessage(
        id=ids.make("Q"), channel=conversation.id, post_at=post_at, created=int(now), content=content
    )
    workspace.scheduled.add(message)
    workspace.changes.tell(conversation.person_id)
    told = {"type": "delayed_message", "subtype": "bot_message", "bot_id": BOT_ID, "text": content["text"]}
    told |= {name: content[name] for name in ("blocks", "attachments") if content[name]}
    return {
        "channel": conversation.id,
        "scheduled_message_id": message.id,
        "post_at": post_at,
        "message": {"username": workspace.everybody[BOT_USER_ID].real_name, **told},
    }


def _delete(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = chat.writable(workspace, arguments["channel"])
    message = workspace.scheduled.find(arguments["scheduled_message_id"])
    if message is None or message.channel != conversation.id or _is_near(workspace, message):
        raise RefusedError("invalid_scheduled_message_id")
    workspace.scheduled.delete(message)
    workspace.changes.tell(conversation.person_id)
    return {}


def _list(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    channel = arguments.get("channel")
    if channel and workspace.conversations.find(channel) is None:
        raise RefusedError("invalid_channel")
    oldest = _seconds(arguments.get("oldest", "0"), "invalid_arguments")
    latest = _seconds(arguments.get("latest", "9" * 11), "invalid_arguments")
    found = [
        {
            "id": one.id,
            "channel_id": one.channel,
            "post_at": one.post_at,
            "date_created": one.created,
            "text": one.content["text"],
        }
        for one in workspace.scheduled.all()
        if channel in {None, one.channel} and oldest <= one.post_at <= latest
    ]
    start = paging.start(arguments.get("cursor", ""))
    end = start + (_seconds(arguments.get("limit", "0"), "invalid_arguments") or PAGE_DEFAULT)
    after = paging.cursor(end) if end < len(found) else ""
    return {"scheduled_messages": found[start:end], "response_metadata": {"next_cursor": after}}


def _is_near(workspace: Workspace, message: ScheduledMessage) -> bool:
    """Whether it will be posted so soon that Slack no longer lets it be deleted."""
    return message.post_at - workspace.clock() < UNDELETABLE.total_seconds()


def _seconds(text: str, refusal: str) -> int:
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdecimal()) or len(whole) > _DIGITS_MAX:
        raise RefusedError(refusal)
    return int(whole)


METHODS = {
    "chat.scheduleMessage": _schedule,
    "chat.deleteScheduledMessage": _delete,
    "chat.scheduledMessages.list": _list,
}
