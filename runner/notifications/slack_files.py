"""Files sent to people in Slack, by its upload from outside (scope files:write).

https://docs.slack.dev/messaging/working-with-files (how a file is uploaded: an address is asked for, takes the bytes,
and the file is completed and shared).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from runner.files import SentFile
from runner.notifications.protocol import ChannelDown, DeliveryFailed, Undeliverable
from runner.notifications.slack_errors import UNREACHABLE, code_of, is_limit, retry_after, unreachable
from runner.notifications.uploads import TicketUnknown, UploadedFile
from runner.system.slack_addresses import is_of_slack, opener
from runner.system.text import slack_text, visible

_log = logging.getLogger(__name__)
_SECONDS = 30  # without a byte
_TROUBLE = 500
_LONGEST_NAME = 200
_LONGEST_SNIPPET = 100_000  # bytes; Slack takes up to 1 MB
_SNIPPETS: Mapping[str, str] = {
    ".csv": "csv",
    ".json": "json",
    ".log": "text",
    ".md": "markdown",
    ".py": "python",
    ".sh": "shell",
    ".tsv": "tsv",
    ".txt": "text",
    ".yaml": "yaml",
    ".yml": "yaml",
}
"""Short texts of these kinds can be read in Slack without opening them."""

_NEVER: Mapping[str, str] = {
    "file_uploads_disabled": "this workspace takes no files",
    "file_uploads_except_images_disabled": "this workspace takes no files but images",
    "file_type_not_allowed": "this workspace takes no files of that type",
    "file_upload_size_restricted": "this workspace takes no files of that size",
    "storage_limit_reached": "the workspace has no room for files left",
    **dict.fromkeys(
        ("channel_not_found", "invalid_channel", "not_in_channel", "user_not_found", "users_not_found"),
        "Slack does not let ScriptRunner write there",
    ),
    **dict.fromkeys(
        ("posting_to_channel_denied", "cannot_dm_bot", "user_disabled", "is_archived"),
        "Slack does not let ScriptRunner write there",
    ),
}
_NOT_THERE = frozenset({"file_not_found", "file_deleted"})
_THREAD_REFUSED = frozenset({"invalid_thread_ts", "thread_not_found", "cannot_reply_to_message"})
_SNIPPET_REFUSED = frozenset({"unknown_snippet_type", "unknown_subtype", "snippet_too_large"})


class SlackUploads:
    """FileUploads one file after the other; a person's id stands for the conversation with them."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def upload(self, file: SentFile, *, title: str, go_on: Callable[[], None]) -> str:
        """Bring the bytes to Slack; the id that the file will have.

        DeliveryFailed, ChannelDown and Undeliverable as the protocol has it.
        """
        asked: dict[str, Any] = {"filename": _fitting(file.name), "length": file.size_bytes}
        asked |= {"alt_txt": title[:1000]}
        ticket = self._ticket(asked, snippet_type=_snippet_type(file))
        url = str(ticket["upload_url"])
        if not is_of_slack(self._client, url):
            raise Undeliverable("Slack names an address for it that is not its own")
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size_bytes)}
        content: Any = _Content(file, go_on)  # read in blocks, so that a large file takes no memory
        request = Request(url, data=content, headers=headers, method="POST")  # noqa: S310  # checked above
        try:
            with opener(self._client).open(request, timeout=_SECONDS):
                pass
        except HTTPError as error:
            error.close()
            pause = retry_after(dict(error.headers))
            if error.code >= _TROUBLE or pause is not None:
                raise ChannelDown(f"Slack answered {error.code}", retry_after=pause) from error
            raise DeliveryFailed(f"Slack answered {error.code}") from error
        except UNREACHABLE as error:
            if content.failure is not None:
                raise DeliveryFailed("it changed while it was read") from content.failure
            raise unreachable(error) from error
        return str(ticket["file_id"])

    def complete(self, recipient: str, thread: str | None, files: Sequence[UploadedFile], *, comment: str) -> None:
        """Share the files as one message, in the thread where that is there.

        TicketUnknown, DeliveryFailed, ChannelDown and Undeliverable as the protocol has it.
        """
        channel, _, ts = (thread or "").partition(" ")
        message: dict[str, Any] = {
            "files": [{"id": file.ticket, "title": file.title} for file in files],
            "channel_id": channel or self._conversation(recipient),
            "initial_comment": slack_text(comment),
            **({"thread_ts": ts} if ts else {}),
        }
        try:
            self._call("files_completeUploadExternal", message)
        except _Refused as refused:
            if refused.code in _THREAD_REFUSED and "thread_ts" in message:
                self.complete(recipient, None, files, comment=comment)
                return
            if refused.code in _NOT_THERE:
                raise TicketUnknown(f"Slack says {refused.code}") from refused
            raise

    def is_complete(self, ticket: str) -> bool:
        """Whether Slack has the file; of one that was not completed it says that there is none.

        DeliveryFailed, ChannelDown and Undeliverable where it says neither.
        """
        try:
            self._call("files_info", {"file": ticket})
        except _Refused as refused:
            if refused.code == "file_deleted":
                return True
            if refused.code == "file_not_found":
                return False
            raise
        return True

    def _ticket(self, asked: Mapping[str, Any], *, snippet_type: str) -> Mapping[str, Any]:
        kind = {"snippet_type": snippet_type} if snippet_type else {}
        try:
            return self._call("files_getUploadURLExternal", {**asked, **kind})
        except _Refused as refused:
            if kind and refused.code in _SNIPPET_REFUSED:
                return self._call("files_getUploadURLExternal", asked)
            raise

    def _conversation(self, recipient: str) -> str:
        if not recipient.startswith(("U", "W")):
            return recipient
        return str(self._call("conversations_open", {"users": recipient})["channel"]["id"])

    def _call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask Slack; its limits on these methods are those of the workspace, so that all files wait."""
        try:
            answer: Mapping[str, Any] = getattr(self._client, method)(**arguments)
        except SlackApiError as error:
            if is_limit(error):
                raise ChannelDown(
                    "Slack asks to wait: ratelimited", retry_after=retry_after(error.response.headers)
                ) from error
            code = code_of(error)
            if code == "missing_scope":
                scope = visible(str(error.response.get("needed") or "files:write"))[:100]
                raise Undeliverable(
                    f"ScriptRunner may not send files in this workspace; its owner has to add the scope {scope}"
                ) from error
            if code in _NEVER:
                raise Undeliverable(_NEVER[code]) from error
            raise _Refused(code) from error
        except UNREACHABLE as error:
            raise unreachable(error) from error
        return answer


class _Refused(DeliveryFailed):
    """Slack did not do it, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack says {code}")
        self.code = code


class _Content:
    """Reads the part of a file that is sent, whatever is added to it meanwhile; ``failure`` is why it could not."""

    def __init__(self, file: SentFile, go_on: Callable[[], None]) -> None:
        self.failure: OSError | None = None
        self._file = file
        self._go_on = go_on
        self._offset = 0

    def read(self, size: int) -> bytes:
        """The next bytes; OSError where the file has become shorter."""
        self._go_on()
        try:
            part = self._file.piece(self._offset, size)
        except OSError as error:
            self.failure = error
            raise
        self._offset += len(part)
        return part


def _snippet_type(file: SentFile) -> str:
    """What kind of short text it is, by its name, where it is text; empty where it goes as a file."""
    kind = _SNIPPETS.get(PurePosixPath(file.name).suffix.lower(), "")
    if not kind or file.size_bytes > _LONGEST_SNIPPET:
        return ""
    try:
        text = file.piece(0, file.size_bytes).decode()
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "\0" in text else kind


def _fitting(name: str) -> str:
    """A name that Slack takes, of a file that may be called anything; its ending stays."""
    shown = "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in name)
    shown = shown.encode(errors="replace").decode()
    ending = PurePosixPath(shown).suffix[-20:]
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - len(ending) - 1]}…{ending}"
