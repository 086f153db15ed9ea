"""Web API methods about channels and direct messages."""

from typing import Any

from bot.workspace.conversations import Conversation
from bot.workspace.errors import RefusedError
from bot.workspace.people import TEAM_ID, Kind
from bot.workspace.workspace import Workspace

PAGE_MAX = 999
PAGE_DEFAULT = 100


def _open(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments.get("channel"):
        conversation = require(workspace, arguments["channel"])
    else:
        conversation = workspace.conversations.dm(_only_user(workspace, arguments.get("users", "")))
    full = _as_slack(conversation) if arguments.get("return_im") else {"id": conversation.id}
    return {"no_op": True, "already_open": True, "channel": full}


def _info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"channel": _as_slack(require(workspace, arguments["channel"]))}


def _history(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    if not conversation.has_app:
        raise RefusedError("not_in_channel")
    limit = arguments.get("limit", str(PAGE_DEFAULT))
    size = min(int(limit), PAGE_MAX) if limit.isdecimal() and int(limit) else PAGE_DEFAULT
    messages = [message.as_slack() for message in conversation.messages.values() if message.only_for is None]
    newest_first = messages[::-1]
    return {"messages": newest_first[:size], "has_more": len(newest_first) > size, "pin_count": 0}


def require(workspace: Workspace, channel: str) -> Conversation:
    """The conversation with that id or channel name; raises channel_not_found."""
    conversation = workspace.conversations.find(channel)
    if conversation is None:
        raise RefusedError("channel_not_found")
    return conversation


def _only_user(workspace: Workspace, users: str) -> str:
    user_ids = [user_id.strip() for user_id in users.split(",") if user_id.strip()]
    if not user_ids:
        raise RefusedError("users_list_not_supplied")
    if len(user_ids) > 1:
        raise RefusedError("invalid_user_combination")
    person = workspace.people.get(user_ids[0])
    if person is None:
        raise RefusedError("user_not_found")
    if person.kind is Kind.DEACTIVATED:
        raise RefusedError("user_disabled")
    if person.kind is Kind.BOT:
        raise RefusedError("invalid_user_combination")
    return person.id


def _as_slack(conversation: Conversation) -> dict[str, Any]:
    shared = {"id": conversation.id, "created": conversation.created, "is_archived": False, "is_org_shared": False}
    if conversation.is_im:
        return shared | {"is_im": True, "user": conversation.person_id, "context_team_id": TEAM_ID, "is_open": True}
    return shared | {
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": True,
        "is_im": False,
        "is_mpim": False,
        "is_group": False,
        "is_private": False,
        "is_general": conversation.name == "general",
        "is_member": conversation.has_app,
        "is_shared": conversation.is_shared,
        "is_ext_shared": conversation.is_shared,
        "context_team_id": TEAM_ID,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


METHODS = {"conversations.open": _open, "conversations.info": _info, "conversations.history": _history}
