"""Web API methods about which conversations there are and who is in them."""

import re
from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.people import BOT_USER_ID, TEAM_ID, AccountKind
from bot.workspace.web_api import paging
from bot.workspace.web_api.conversations import as_slack, check_scope, require
from bot.workspace.workspace import Workspace

PAGE_MAX = 1000
# Slack's limit of a name's length (docs: conversations.create); how many channels there may be is ours.
NAME_LENGTH_MAX = 80
CHANNELS_MAX = 200
PAGE_DEFAULT = 100
# type of conversation → how its scopes begin
_KINDS = {"im": "im", "group": "private_channel", "channel": "public_channel"}
_TYPES = {"public_channel": "channels", "private_channel": "groups", "mpim": "mpim", "im": "im"}


def _list(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    types = [kind.strip() for kind in arguments.get("types", "public_channel").split(",")]
    if not set(types) <= set(_TYPES):
        raise RefusedError("invalid_types")
    missing = [f"{_TYPES[kind]}:read" for kind in types if f"{_TYPES[kind]}:read" not in workspace.manifest.bot_scopes]
    if missing:
        raise workspace.missing_scope(*missing)
    found = [one for one in workspace.conversations.all() if _KINDS[one.kind] in types]
    return _page("channels", [as_slack(one) for one in found], arguments)


def _members(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    check_scope(workspace, conversation, "read")
    return _page("members", list(_members_of(workspace, conversation)), arguments)


def _join(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    if conversation.kind != "channel":
        raise RefusedError("method_not_supported_for_channel_type")
    was_there, conversation.has_app = conversation.has_app, True
    workspace.changes.tell()
    warned = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return {"channel": as_slack(conversation)} | (warned if was_there else {})


def _create(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    name, is_private = arguments["name"], bool(arguments.get("is_private"))
    scope = "groups:write" if is_private else "channels:manage"
    if scope not in workspace.manifest.bot_scopes:
        raise workspace.missing_scope(scope)
    _check_name(name)
    channels = [one for one in workspace.conversations.all() if not one.is_im]
    if any(one.name == name for one in channels):
        raise RefusedError("name_taken")
    if len(channels) >= CHANNELS_MAX:
        raise RefusedError("restricted_action")
    made = workspace.conversations.create(name, creator=BOT_USER_ID, is_private=is_private)
    workspace.changes.tell()
    return {"channel": as_slack(made)}


def _check_name(name: str) -> None:
    if len(name) > NAME_LENGTH_MAX:
        raise RefusedError("invalid_name_maxlength")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise RefusedError("invalid_name_specials")
    if not re.search(r"[^\W_]", name):
        raise RefusedError("invalid_name_punctuation")


def _members_of(workspace: Workspace, conversation: Conversation) -> list[str]:
    app = [BOT_USER_ID] if conversation.has_app else []
    if conversation.person_id is not None:
        return [conversation.person_id, *app]
    if conversation.is_private:
        return app
    # Everybody is in every public channel, and people from elsewhere are in the shared ones.
    people = [
        person.id
        for person in workspace.people.values()
        if person.kind is not AccountKind.DEACTIVATED and (person.team_id == TEAM_ID or conversation.is_shared)
    ]
    return people + app


def _page(name: str, found: list[Any], arguments: dict[str, Any]) -> dict[str, Any]:
    limit = arguments.get("limit", str(PAGE_DEFAULT))
    if not (limit.isascii() and limit.isdecimal()) or len(limit) > 9:
        raise RefusedError("invalid_limit")
    size = min(int(limit), PAGE_MAX) or PAGE_DEFAULT
    start = paging.start(arguments.get("cursor", ""))
    after = paging.cursor(start + size) if start + size < len(found) else ""
    return {name: found[start : start + size], "response_metadata": {"next_cursor": after}}


METHODS = {
    "conversations.list": _list,
    "conversations.members": _members,
    "conversations.join": _join,
    "conversations.create": _create,
}
