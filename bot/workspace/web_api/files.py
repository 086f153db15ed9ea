"""Web API methods about files."""

import re
import secrets
from typing import Any

from bot.workspace import ids
from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.files import StoredFile, Ticket
from bot.workspace.state.people import BOT_USER_ID
from bot.workspace.web_api import answers
from bot.workspace.web_api.conversations import require
from bot.workspace.workspace import Workspace

SNIPPET_BYTES_MAX = 1_000_000
ALT_TEXT_LENGTH_MAX = 1000
CHANNELS_MAX = 100
DIGITS_MAX = 18
# Slack's own pattern, which a person's id does not match: github.com/slackapi/bolt-js/issues/2115
CHANNEL_ID = "^[CGDZ][A-Z0-9]{8,}$"


def _info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    file = _known(workspace, arguments["file"])
    return {"file": file.in_full(), "comments": [], "response_metadata": {"next_cursor": ""}}


def _delete(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    file = _known(workspace, arguments["file"])
    if file.user != BOT_USER_ID:
        raise RefusedError("cant_delete_file")
    workspace.files.delete(file)
    workspace.changes.tell()
    return {}


def _get_upload_url(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    length, alt_text = _length(arguments["length"]), arguments.get("alt_txt", "")
    if len(alt_text) > ALT_TEXT_LENGTH_MAX:
        raise RefusedError("alt_txt_too_large")
    if arguments.get("snippet_type") and length > SNIPPET_BYTES_MAX:
        raise RefusedError("snippet_too_large")
    if length > workspace.settings.file_bytes_max:
        raise RefusedError("file_upload_size_restricted")
    token = secrets.token_urlsafe(24)
    ticket = Ticket(
        file_id=ids.make("F"),
        name=arguments["filename"],
        length=length,
        alt_text=alt_text,
        snippet_type=arguments.get("snippet_type", ""),
    )
    workspace.files.tickets[token] = ticket
    return {"upload_url": f"{workspace.base_url}/upload/v1/{token}", "file_id": ticket.file_id}


def _complete_upload(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    entries = _entries(arguments["files"])
    files = [_uploaded(workspace, entry["id"]) for entry in entries]
    conversations, thread_ts = _conversations(workspace, arguments), arguments.get("thread_ts")
    # What is refused must leave the files as they were, so that the app can try again.
    if thread_ts and len(conversations) == 1:
        conversations[0].thread(thread_ts)
    comment = arguments.get("initial_comment", "")
    blocks = [] if comment else answers.read_blocks(arguments.get("blocks"))
    for file, entry in zip(files, entries, strict=True):
        file.title = entry.get("title") or file.name
        file.is_known_to_app = True
    # Slack shares the files after it has answered, so the answer does not tell of it.
    answer = [file.in_full() for file in files]
    for conversation in conversations:
        # Slack asks for one channel where a thread is named; of several only one can have it.
        is_there = len(conversations) == 1 or thread_ts in conversation.messages
        workspace.post(
            conversation,
            by=BOT_USER_ID,
            text=comment[: answers.TEXT_MAX],
            blocks=blocks,
            thread_ts=thread_ts if is_there else None,
            files=files,
        )
    return {"files": answer}


def _known(workspace: Workspace, file_id: str) -> StoredFile:
    file = workspace.files.find(file_id)
    if workspace.files.is_deleted(file_id):
        raise RefusedError("file_deleted")
    if file is None or not file.is_known_to_app:
        raise RefusedError("file_not_found")
    return file


def _length(text: str) -> int:
    if not text.isdecimal() or len(text) > DIGITS_MAX:
        raise InvalidArgumentsError("must provide an integer [json-pointer:/length]")
    if int(text) == 0:
        raise RefusedError("missing_argument")
    return int(text)


def _entries(value: Any) -> list[dict[str, Any]]:
    """The `files` argument, checked: each with an id, none twice."""
    if not isinstance(value, list):
        raise InvalidArgumentsError("must provide an array [json-pointer:/files]")
    if not value:
        raise InvalidArgumentsError("must provide at least 1 items [json-pointer:/files]")
    for index, entry in enumerate(value):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise InvalidArgumentsError(f"missing required field: id [json-pointer:/files/{index}]")
        if not isinstance(entry.get("title", ""), str | None):
            raise InvalidArgumentsError(f"must provide a string [json-pointer:/files/{index}/title]")
    return list({entry["id"]: entry for entry in value}.values())


def _uploaded(workspace: Workspace, file_id: str) -> StoredFile:
    """A file whose bytes the app has sent and which it has not completed yet."""
    file = workspace.files.find(file_id)
    if file is None or (file.user == BOT_USER_ID and file.is_known_to_app):
        raise RefusedError("file_not_found")
    if file.user != BOT_USER_ID:
        raise RefusedError("access_denied")
    return file


def _conversations(workspace: Workspace, arguments: dict[str, Any]) -> list[Conversation]:
    """Where the files are to be shared; nowhere when the call names no place."""
    channel_id = arguments.get("channel_id")
    if channel_id:
        if not re.search(CHANNEL_ID, channel_id):
            raise InvalidArgumentsError(f"input must match regex pattern: {CHANNEL_ID} [json-pointer:/channel_id]")
        return [_writable(workspace, require(workspace, channel_id))]
    channels = [channel.strip() for channel in arguments.get("channels", "").split(",") if channel.strip()]
    if len(channels) > CHANNELS_MAX:
        raise RefusedError("channels_limit_exceeded")
    return [_writable(workspace, _of_channel_or_person(workspace, channel)) for channel in dict.fromkeys(channels)]


def _of_channel_or_person(workspace: Workspace, channel: str) -> Conversation:
    conversation = workspace.place(channel)
    if conversation is None:
        raise RefusedError("invalid_channel")
    return conversation


def _writable(workspace: Workspace, conversation: Conversation) -> Conversation:
    if not conversation.has_app:
        raise RefusedError("not_in_channel")
    if conversation.is_im and not workspace.manifest.has_messages_tab:
        raise RefusedError("posting_to_channel_denied")
    return conversation


METHODS = {
    "files.info": _info,
    "files.delete": _delete,
    "files.getUploadURLExternal": _get_upload_url,
    "files.completeUploadExternal": _complete_upload,
}
