"""What a person does with messages: writes, edits and deletes them."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from bot.workspace.client import composing
from bot.workspace.client.composing import ComposedMessage, MentionNames
from bot.workspace.errors import RefusedError
from bot.workspace.state import usergroups
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.files import StoredFile
from bot.workspace.state.messages import Message
from bot.workspace.state.people import BOT_USER_ID, AccountKind, Person
from bot.workspace.transport import payloads
from bot.workspace.workspace import Workspace

# How many files Slack's client takes for one message.
FILES_MAX = 10


def write(
    workspace: Workspace, person: Person, conversation: Conversation, text: str, act: Mapping[str, Any]
) -> dict[str, Any]:
    """Posts what the person wrote, with `files` of theirs and in the thread of `thread_ts`, where the act names any.

    With `reply_broadcast` an answer is sent to the conversation as well. Where the app is it hears of it, if it
    subscribed.
    """
    if not _is_open(workspace, conversation):
        refusal = "Sending messages to this app has been turned off."
        return {"ok": False, "error": "messages_tab_disabled", "message": refusal}
    files = _own_files(workspace, person, act.get("files", ()))
    written, thread_ts = _compose(workspace, text), act.get("thread_ts")
    message = workspace.post(
        conversation,
        by=person.id,
        text=written.text,
        blocks=written.blocks,
        files=files,
        thread_ts=thread_ts,
        is_broadcast=bool(thread_ts and act.get("reply_broadcast") is True),
        client_msg_id=str(uuid4()),
    )
    if f"<@{BOT_USER_ID}>" in written.text and conversation.has_app and not conversation.is_im:
        workspace.send_event(payloads.mention_event(message, conversation), subscription="app_mention")
    return {"ok": True}


def edit(workspace: Workspace, person: Person, act: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Changes what the person wrote in a message of theirs; RefusedError for any other, or where nothing is left."""
    conversation, message = _find(workspace, person, act)
    if message.user != person.id:
        raise RefusedError("cant_update_message", message="Only your own messages can be edited.")
    written = _compose(workspace, text)
    if not written.text and not message.files:
        raise RefusedError("no_text", message="A message needs some words.")
    before, ts = message.as_slack(), workspace.conversations.next_ts()
    message.text, message.blocks, message.edited_ts = written.text, written.blocks, ts
    workspace.tell_changed(conversation, message, before, ts)
    return {"ok": True}


def delete(workspace: Workspace, person: Person, act: Mapping[str, Any]) -> dict[str, Any]:
    """Deletes a message of the person's; an administrator deletes those of others too. RefusedError for any other."""
    conversation, message = _find(workspace, person, act)
    if message.user != person.id and person.kind is not AccountKind.ADMIN:
        raise RefusedError("cant_delete_message", message="Only your own messages can be deleted.")
    workspace.remove(conversation, message)
    return {"ok": True}


def _is_open(workspace: Workspace, conversation: Conversation) -> bool:
    manifest = workspace.manifest
    return not conversation.is_im or (manifest.has_messages_tab and not manifest.is_messages_tab_read_only)


def _compose(workspace: Workspace, typed: str) -> ComposedMessage:
    names = MentionNames(
        people={one.name: one.id for one in workspace.everybody.values()},
        channels={one.name: one.id for one in workspace.conversations.all() if one.kind == "channel"},
        usergroups={one.handle: one.id for one in usergroups.SEEDED if not one.is_disabled},
    )
    return composing.compose(typed, names)


def _find(workspace: Workspace, person: Person, act: Mapping[str, Any]) -> tuple[Conversation, Message]:
    conversation = workspace.require_conversation(person, act.get("channel"))
    message = conversation.messages.get(str(act.get("ts")))
    if message is None or message.only_for is not None or message.is_deleted:
        raise RefusedError("message_not_found", message="This message is not there any more.")
    return conversation, message


def _own_files(workspace: Workspace, person: Person, file_ids: Any) -> list[StoredFile]:
    if not isinstance(file_ids, list | tuple) or len(file_ids) > FILES_MAX:
        raise RefusedError("bad_arguments", message=f"A message takes a list of at most {FILES_MAX} files.")
    own = {file.id: file for file in workspace.files.owned_by(person.id)}
    for file_id in file_ids:
        if not isinstance(file_id, str) or file_id not in own:
            raise RefusedError("file_not_found", message=f"There is no file {file_id!r} of yours.")
    return [own[file_id] for file_id in dict.fromkeys(file_ids)]
