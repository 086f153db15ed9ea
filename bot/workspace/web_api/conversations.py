"""Web API methods about channels and direct messages."""

import re
from decimal import Decimal
from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.messages import Message
from bot.workspace.state.people import TEAM_ID, AccountKind
from bot.workspace.web_api import paging
from bot.workspace.workspace import Workspace

PAGE_MAX = 999
PAGE_DEFAULT = 100
SCOPE_PREFIXES = {"im": "im", "group": "groups", "channel": "channels"}
_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


def _open(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments.get("channel"):
        conversation = require(workspace, arguments["channel"])
    else:
        conversation = workspace.conversations.dm(_only_user(workspace, arguments.get("users", "")))
    if not conversation.is_im:
        raise RefusedError("method_not_supported_for_channel_type")
    check_scope(workspace, conversation, "write")
    full = as_slack(conversation) if arguments.get("return_im") else {"id": conversation.id}
    return {"no_op": True, "already_open": True, "channel": full}


def _info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    check_scope(workspace, conversation, "read")
    return {"channel": as_slack(conversation)}


def _history(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    check_scope(workspace, conversation, "history")
    if not conversation.has_app:
        raise RefusedError("not_in_channel")
    # Answers in threads are not part of a conversation's history, unless they were sent there too.
    seen = (one for one in conversation.messages.values() if one.only_for is None)
    messages = [one for one in seen if one.thread_ts is None or one.is_broadcast]
    found = [_told(one, arguments) for one in _within(messages, arguments)][::-1]
    return _page(found, arguments) | {"pin_count": 0}


def _replies(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    check_scope(workspace, conversation, "history")
    if not conversation.has_app:
        raise RefusedError("not_in_channel")
    try:
        root = conversation.thread(arguments["ts"])
    except RefusedError as error:
        raise RefusedError("thread_not_found") from error
    replies = _within(conversation.replies(root), arguments)
    return _page([_told(one, arguments) for one in (root, *replies)], arguments)


def _told(message: Message, arguments: dict[str, Any]) -> dict[str, Any]:
    """The message; what an app has put beside it is told to who asks for it."""
    told = message.as_slack()
    return told if arguments.get("include_all_metadata") else {key: told[key] for key in told if key != "metadata"}


def require(workspace: Workspace, channel: str) -> Conversation:
    """The conversation with that id or channel name; RefusedError when there is none."""
    conversation = workspace.conversations.find(channel)
    if conversation is None:
        raise RefusedError("channel_not_found")
    return conversation


def check_scope(workspace: Workspace, conversation: Conversation, verb: str) -> None:
    """Raises missing_scope where the app lacks the one for this type of conversation."""
    scope = f"{SCOPE_PREFIXES[conversation.kind]}:{verb}"
    if scope not in workspace.manifest.bot_scopes:
        raise workspace.missing_scope(scope)


def _within(messages: list[Message], arguments: dict[str, Any]) -> list[Message]:
    """The messages between `oldest` and `latest`, which belong to them only where `inclusive` says so."""
    oldest = _ts(arguments.get("oldest", "0"), "invalid_ts_oldest")
    latest = _ts(arguments.get("latest", "99999999999"), "invalid_ts_latest")
    ends = {oldest, latest} if arguments.get("inclusive") else set()
    return [one for one in messages if oldest < Decimal(one.ts) < latest or Decimal(one.ts) in ends]


def _ts(text: str, refusal: str) -> Decimal:
    if not _TS.fullmatch(text):
        raise RefusedError(refusal)
    return Decimal(text)


def _page(messages: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    limit = arguments.get("limit", str(PAGE_DEFAULT))
    size = min(int(limit[:9]), PAGE_MAX) if limit.isdecimal() and int(limit[:9]) else PAGE_DEFAULT
    start = paging.start(arguments.get("cursor", ""))
    has_more = start + size < len(messages)
    page: dict[str, Any] = {"messages": messages[start : start + size], "has_more": has_more}
    return page | ({"response_metadata": {"next_cursor": paging.cursor(start + size)}} if has_more else {})


def _only_user(workspace: Workspace, users: str) -> str:
    user_ids = [user_id.strip() for user_id in users.split(",") if user_id.strip()]
    if not user_ids:
        raise RefusedError("users_list_not_supplied")
    if len(user_ids) > 1:
        raise RefusedError("invalid_user_combination")
    person = workspace.people.get(user_ids[0])
    if person is None:
        raise RefusedError("user_not_found")
    if person.kind is AccountKind.DEACTIVATED:
        raise RefusedError("user_disabled")
    if person.kind is AccountKind.BOT:
        raise RefusedError("invalid_user_combination")
    return person.id


def as_slack(conversation: Conversation) -> dict[str, Any]:
    """Slack's conversation object."""
    shared = {"id": conversation.id, "created": conversation.created, "is_archived": False, "is_org_shared": False}
    if conversation.is_im:
        return shared | {"is_im": True, "user": conversation.person_id, "context_team_id": TEAM_ID, "is_open": True}
    return shared | {
        "name": conversation.name,
        "name_normalized": conversation.name,
        "creator": conversation.creator,
        "is_channel": True,
        "is_im": False,
        "is_mpim": False,
        "is_group": False,
        "is_private": conversation.is_private,
        "is_general": conversation.name == "general",
        "is_member": conversation.has_app,
        "is_shared": conversation.is_shared,
        "is_ext_shared": conversation.is_shared,
        "context_team_id": TEAM_ID,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


METHODS = {
    "conversations.open": _open,
    "conversations.info": _info,
    "conversations.history": _history,
    "conversations.replies": _replies,
}
