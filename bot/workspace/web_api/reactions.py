"""Web API methods about emoji beneath messages."""

import re
from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state.messages import Message
from bot.workspace.state.people import BOT_USER_ID
from bot.workspace.transport import payloads
from bot.workspace.web_api.conversations import require
from bot.workspace.workspace import Workspace

# Slack says nowhere how many different ones a message takes.
EMOJI_MAX = 50
_TS = re.compile(r"\d{1,12}\.\d{6}")
# Which emoji a workspace has only Slack knows; this is how their names look, with or without a skin tone.
_NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def _add(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation, ts = require(workspace, arguments["channel"]), arguments["timestamp"]
    name = arguments["name"].strip(":")
    if not _TS.fullmatch(ts):
        raise RefusedError("bad_timestamp")
    message = conversation.messages.get(ts)
    if message is None or message.only_for is not None or message.is_deleted:
        raise RefusedError("message_not_found")
    _check(message, name)
    message.reactions.setdefault(name, []).append(BOT_USER_ID)
    inner = payloads.reaction_event(message, conversation, name, workspace.conversations.next_ts())
    workspace.send_event(inner, subscription="reaction_added")
    workspace.changes.tell(conversation.person_id)
    return {}


def _check(message: Message, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RefusedError("invalid_name")
    if BOT_USER_ID in message.reactions.get(name, ()):
        raise RefusedError("already_reacted")
    if name not in message.reactions and len(message.reactions) >= EMOJI_MAX:
        raise RefusedError("too_many_emoji")


METHODS = {"reactions.add": _add}
