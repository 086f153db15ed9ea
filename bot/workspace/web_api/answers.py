"""Messages that an app sends as an answer: with an acknowledgement, or to a response_url."""

from typing import Any

from bot.workspace.blockkit import check, completion
from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.state.messages import Message
from bot.workspace.state.people import BOT_USER_ID
from bot.workspace.state.response_urls import ResponseUrl
from bot.workspace.workspace import Workspace

TEXT_MAX = 40_000


def post(workspace: Workspace, place: ResponseUrl, answer: dict[str, Any]) -> None:
    """Does what the answer says: replace, delete or post, by default only for the person who acted."""
    original = _original(place)
    if answer.get("delete_original") is True:
        if original is not None:
            workspace.remove(place.conversation, original)
        return
    content = read_content(answer)
    if answer.get("replace_original") is True and original is not None:
        before, ts = original.as_slack(), workspace.conversations.next_ts()
        for name, value in content.items():
            setattr(original, name, value)
        original.edited_ts = ts if original.only_for is None else None
        workspace.tell_changed(place.conversation, original, before, ts)
        return
    # What is said of a message in a thread, or names a thread, goes there.
    thread_ts = answer.get("thread_ts") or (original.thread_ts if original else None)
    is_public = answer.get("response_type") == "in_channel"
    workspace.post(
        place.conversation,
        by=BOT_USER_ID,
        only_for=None if is_public else place.person_id,
        thread_ts=thread_ts,
        **content,
    )


def read_content(answer: dict[str, Any]) -> dict[str, Any]:
    """Text, blocks and so on of a message; RefusedError as Slack refuses what is none."""
    text, blocks, attachments = answer.get("text"), answer.get("blocks"), answer.get("attachments")
    if text is not None and not isinstance(text, str):
        raise InvalidArgumentsError("must provide a string [json-pointer:/text]")
    if attachments is not None and not isinstance(attachments, list):
        raise RefusedError("invalid_attachments")
    if not text and not blocks and not attachments:
        raise RefusedError("no_text")
    _check_blocks({"blocks": blocks or [], "attachments": attachments or []})
    return {
        "text": (text or "")[:TEXT_MAX],
        "blocks": completion.complete(blocks or []),
        "attachments": attachments or [],
        "mrkdwn": answer.get("mrkdwn", True) is not False,
    }


def read_blocks(blocks: Any) -> list[dict[str, Any]]:
    """Checked and completed blocks of a message."""
    _check_blocks({"blocks": blocks or []})
    return completion.complete(blocks or [])


def _check_blocks(message: dict[str, Any]) -> None:
    if not isinstance(message["blocks"], list):
        raise RefusedError("invalid_blocks_format")
    problems = check.check_message(message, pointer="")
    if problems:
        lines = [problem.as_line() for problem in problems]
        messages = [f"[ERROR] {line}" for line in lines]
        raise RefusedError("invalid_blocks", errors=lines, response_metadata={"messages": messages})


def _original(place: ResponseUrl) -> Message | None:
    return place.conversation.messages.get(place.message_ts) if place.message_ts else None
