"""Sends files to people: into their conversation with the app, by Slack's upload from outside (files:write).

https://docs.slack.dev/messaging/working-with-files (how a file is uploaded: an address is asked for, takes the bytes,
and the file is completed and shared).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from runner.errors import ScriptRunnerError
from runner.system.slack_addresses import is_of_slack, opener
from runner.system.text import quoted, slack_text, visible

_SECONDS = 30  # without a byte
_REASONS: Mapping[str, str] = {
    "missing_scope": "ScriptRunner may not send files in this workspace; its owner has to add the scope files:write",
    "file_uploads_disabled": "this workspace takes no files",
    "file_uploads_except_images_disabled": "this workspace takes no files but images",
    "file_type_not_allowed": "this workspace takes no files of that type",
    "storage_limit_reached": "the workspace has no room for files left",
    "ratelimited": "Slack asks us to go slower; try again in a minute",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """The first bytes of an open file, so many of them, and what the file is called; what a picture shows, in words."""

    handle: int
    size_bytes: int
    name: str
    title: str
    alt_text: str = ""


def send_file(client: WebClient, user_id: str, file: OutgoingFile, *, comment: str) -> None:
    """Send a file with a comment to a person; returns once it is there. ScriptRunnerError with the reason else."""
    try:
        conversation = str(client.conversations_open(users=user_id)["channel"]["id"])
        ticket = client.files_getUploadURLExternal(
            filename=file.name, length=file.size_bytes, **({"alt_txt": file.alt_text} if file.alt_text else {})
        )
        _upload(client, str(ticket["upload_url"]), file)
        client.files_completeUploadExternal(
            files=[{"id": ticket["file_id"], "title": file.title}],
            channel_id=conversation,
            initial_comment=slack_text(comment),
        )
    except SlackApiError as error:
        code = str(error.response.get("error"))
        raise _failed(file, _REASONS.get(code, f"Slack says {visible(code)[:100]}")) from error
    except (SlackClientError, OSError, HTTPException, LookupError) as error:
        raise _failed(file, _why(error)) from error


def _upload(client: WebClient, url: str, file: OutgoingFile) -> None:
    if not is_of_slack(client, url):
        raise _failed(file, "Slack names an address for it that is not its own")
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size_bytes)}
    content: Any = _Content(file)  # read in blocks, so that a large file takes no memory
    request = Request(url, data=content, headers=headers, method="POST")  # noqa: S310  # checked above
    with opener(client).open(request, timeout=_SECONDS):
        pass


class _Content:
    """Reads the part of a file that is sent, whatever is added to it meanwhile."""

    def __init__(self, file: OutgoingFile) -> None:
        self._file = file
        self._offset = 0

    def read(self, size: int) -> bytes:
        """The next bytes; OSError where the file has become shorter."""
        part = os.pread(self._file.handle, min(size, self._file.size_bytes - self._offset), self._offset)
        self._offset += len(part)
        if not part and self._offset < self._file.size_bytes:
            raise OSError("it was cut off meanwhile")
        return part


def _failed(file: OutgoingFile, why: str) -> ScriptRunnerError:
    return ScriptRunnerError(f"{quoted(file.name)} could not be sent: {why}.")


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()
        return f"Slack answered {error.code}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
    return visible(str(error)).removesuffix(".")[:200] or type(error).__name__
