"""Web API methods about messages."""

from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.messages import Message
from bot.workspace.state.people import BOT_USER_ID, TEAM_DOMAIN
from bot.workspace.web_api import answers
from bot.workspace.web_api.conversations import require
from bot.workspace.workspace import Workspace

UPDATED_TEXT_MAX = 4000
ATTACHMENTS_MAX = 100
MARKDOWN_MAX = 12_000


def _post_message(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = writable(workspace, arguments["channel"])
    message = workspace.post(conversation, by=BOT_USER_ID, **read_message(arguments))
    return {"channel": conversation.id, "ts": message.ts, "message": message.as_slack()}


def read_message(arguments: dict[str, Any]) -> dict[str, Any]:
    """What a call wants to be posted, as `Workspace.post` takes it; RefusedError as Slack refuses what is none."""
    thread_ts = arguments.get("thread_ts")
    return {
        **_content(arguments),
        "metadata": _metadata(arguments),
        "thread_ts": thread_ts,
        "is_broadcast": bool(thread_ts and arguments.get("reply_broadcast")),
    }


def _post_ephemeral(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = writable(workspace, arguments["channel"])
    user = arguments["user"]
    if user not in workspace.people or (conversation.is_im and conversation.person_id != user):
        raise RefusedError("user_not_in_channel")
    if len(arguments.get("text", "")) > answers.TEXT_MAX:
        raise RefusedError("msg_too_long")
    content = _content(arguments)
    message = workspace.post(
        conversation, by=BOT_USER_ID, only_for=user, thread_ts=arguments.get("thread_ts"), **content
    )
    return {"message_ts": message.ts}


def _update(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    message = _own(conversation, arguments["ts"], "cant_update_message")
    if len(arguments.get("text", "")) > UPDATED_TEXT_MAX:
        raise RefusedError("msg_too_long")
    before, ts = message.as_slack(), workspace.conversations.next_ts()
    if arguments.get("reply_broadcast") and not message.is_broadcast:
        _broadcast(message, arguments)
    else:
        _change(message, arguments)
        message.edited_ts = ts
    workspace.tell_changed(conversation, message, before, ts)
    return {"channel": conversation.id, "ts": message.ts, "text": message.text, "message": message.as_slack()}


def _broadcast(message: Message, arguments: dict[str, Any]) -> None:
    """Shows an answer that stands in a thread in the conversation as well."""
    if message.thread_ts is None:
        raise RefusedError("cant_broadcast_message")
    if any(arguments.get(name) for name in ("text", "markdown_text", "blocks", "attachments")):
        raise RefusedError("no_dual_broadcast_content_update")
    message.is_broadcast = True


def _change(message: Message, arguments: dict[str, Any]) -> None:
    content, metadata = _content(arguments), _metadata(arguments)
    message.text = content["text"]
    message.metadata = metadata or message.metadata
    # Blocks and attachments stay unless the call names them.
    message.blocks = content["blocks"] if "blocks" in arguments else message.blocks
    message.attachments = content["attachments"] if "attachments" in arguments else message.attachments


def _delete(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    message = _own(conversation, arguments["ts"], "cant_delete_message")
    workspace.remove(conversation, message)
    return {"channel": conversation.id, "ts": message.ts}


def _permalink(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    conversation = require(workspace, arguments["channel"])
    ts = arguments["message_ts"]
    if ts not in conversation.messages:
        raise RefusedError("message_not_found")
    address = f"https://{TEAM_DOMAIN}.slack.com/archives/{conversation.id}/p{ts.replace('.', '')}"
    return {"channel": conversation.id, "permalink": address}


def writable(workspace: Workspace, channel: str) -> Conversation:
    """Where the app may post; a person's id stands for the direct messages with that person. RefusedError elsewhere."""
    conversation = workspace.place(channel)
    if conversation is None:
        raise RefusedError("channel_not_found")
    if conversation.is_im and not workspace.manifest.has_messages_tab:
        raise RefusedError("messages_tab_disabled")
    # With this scope an app may write in public channels that it has not joined.
    if not conversation.has_app and "chat:write.public" not in workspace.manifest.bot_scopes:
        raise RefusedError("not_in_channel")
    return conversation


def _content(arguments: dict[str, Any]) -> dict[str, Any]:
    markdown = arguments.get("markdown_text")
    if markdown is not None:
        if arguments.get("text") or arguments.get("blocks"):
            raise RefusedError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_MAX:
            raise RefusedError("msg_too_long")
        arguments = arguments | {"text": markdown}
    content = answers.read_content(arguments)
    if len(content["attachments"]) > ATTACHMENTS_MAX:
        raise RefusedError("too_many_attachments")
    return content


def _metadata(arguments: dict[str, Any]) -> dict[str, Any] | None:
    metadata: dict[str, Any] | None = arguments.get("metadata")
    match metadata:
        case None | {"event_type": str(), "event_payload": dict()}:
            return metadata
        case _:
            raise RefusedError("invalid_metadata_format")


def _own(conversation: Conversation, ts: str, refusal: str) -> Message:
    message = conversation.messages.get(ts)
    if message is None or message.only_for is not None or message.is_deleted:
        raise RefusedError("message_not_found")
    if not message.is_by_app:
        raise RefusedError(refusal)
    return message


METHODS = {
    "chat.postMessage": _post_message,
    "chat.postEphemeral": _post_ephemeral,
    "chat.update": _update,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
}
