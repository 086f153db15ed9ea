"""Files that people have put into Slack: what Slack says of them, and their content, fetched with the bot's token."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError
from urllib.request import Request

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from runner.errors import ScriptRunnerError
from runner.system.clock import Monotonic
from runner.system.slack_addresses import is_of_slack, opener
from runner.system.text import quoted

_MOST_KEPT = 1_000
_AGE_SECONDS = 3600
_CHUNK_BYTES = 256 * 1024
_SECONDS = 30  # without a byte
_INVISIBLE = frozenset({"file_not_found", "file_deleted", "not_visible", "access_denied", "not_in_channel"})


_DOCUMENTS = {"canvas": "a canvas", "quip": "a canvas", "list": "a list of Slack's", "space": "a post of Slack's"}


class Interrupted(ScriptRunnerError):
    """Slack or the way to it failed; what arrived up to then is not the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackFile:
    """A file in Slack. ``created`` is in seconds; ``url`` is where its content is, empty where Slack has none.

    ``document`` says what of Slack's own it is that has no content: a canvas, a list, a post; empty of files.
    """

    id: str
    name: str
    size_bytes: int
    created: int = 0
    document: str = ""
    url: str = field(default="", repr=False)


def described(found: object) -> SlackFile | None:
    """A file as Slack's file object describes it; None for anything else."""
    if not isinstance(found, Mapping) or not isinstance(found.get("id"), str):
        return None
    size_bytes, created = found.get("size"), found.get("created") or found.get("timestamp")
    mode = str(found.get("mode"))
    is_here = not found.get("is_external") and mode not in ("external", "tombstone", "hidden_by_limit", *_DOCUMENTS)
    return SlackFile(
        id=found["id"],
        name=str(found.get("name") or found.get("title") or found["id"]),
        size_bytes=size_bytes if isinstance(size_bytes, int) else 0,
        created=created if isinstance(created, int) else 0,
        document=_DOCUMENTS.get(mode, ""),
        url=str(found.get("url_private_download") or found.get("url_private") or "") if is_here else "",
    )


class SlackFiles:
    """What is known of files, by their ids; a bounded number, for an hour. Safe for threads."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._kept = TTLCache[str, SlackFile, float](_MOST_KEPT, _AGE_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def remember(self, files: Iterable[SlackFile]) -> None:
        """Keep what Slack has told of files."""
        with self._lock:
            for file in files:
                self._kept[file.id] = file

    def find(self, client: WebClient, file_id: str) -> SlackFile:
        """The file of that id; ScriptRunnerError where Slack does not show it to us."""
        with self._lock:
            known = self._kept.get(file_id)
        if known is None:
            known = looked_up(client, file_id)
            self.remember([known])
        return known


def looked_up(client: WebClient, file_id: str) -> SlackFile:
    """What Slack says of a file right now; ScriptRunnerError where it does not show it to us.

    SlackApiError for whatever else Slack refuses.
    """
    try:
        found = described(client.files_info(file=file_id)["file"])
    except SlackApiError as error:
        code = error.response.get("error")
        if code in _INVISIBLE:
            raise ScriptRunnerError(
                "Slack does not show ScriptRunner that file: add ScriptRunner to its channel, or upload it in the form."
            ) from error
        if code == "missing_scope":
            raise ScriptRunnerError(
                "ScriptRunner may not read files in this workspace: its owner has to add the scope files:read."
            ) from error
        raise
    if found is not None and found.document:
        raise ScriptRunnerError(f"{quoted(found.name)} is {found.document}, no file: export it, then send that.")
    if found is None or not found.url:
        raise ScriptRunnerError("That file does not lie in Slack itself: download it, then upload it.")
    return found


def content(client: WebClient, file: SlackFile) -> Iterator[bytes]:
    """The file's content in parts. Interrupted where another try may help, ScriptRunnerError where none will."""
    _check_place(client, file)
    request = Request(file.url, headers={"Authorization": f"Bearer {client.token}"})  # noqa: S310  # checked above
    received = 0
    try:
        with opener(client).open(request, timeout=_SECONDS) as answer:
            _check_answer(answer, file)
            while part := answer.read1(_CHUNK_BYTES):
                received += len(part)
                yield part
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        is_final = isinstance(error, HTTPError) and error.code < 500 and error.code != 429
        words = f"{quoted(file.name)} could not be fetched from Slack: {_why(error)}."
        raise (ScriptRunnerError if is_final else Interrupted)(words) from error
    if received != file.size_bytes:
        raise Interrupted(f"Of {quoted(file.name)} {received:,} of {file.size_bytes:,} bytes arrived.")


def _check_place(client: WebClient, file: SlackFile) -> None:
    """The token goes to Slack alone, whatever an address says."""
    if not is_of_slack(client, file.url):
        raise ScriptRunnerError(f"{quoted(file.name)} does not lie in Slack: upload it in the form.")


def _check_answer(answer: HTTPResponse, file: SlackFile) -> None:
    """Slack answers a token that may not read a file with a page for logging in."""
    is_page = (answer.headers.get_content_type()) == "text/html"
    length = answer.headers.get("Content-Length")
    if is_page and length != str(file.size_bytes):
        raise ScriptRunnerError(
            f"Slack does not give ScriptRunner the content of {quoted(file.name)}: it may lack the scope files:read."
        )


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError) and 300 <= error.code < 400:
        return "it sends us elsewhere, as where the scope files:read is lacking"
    if isinstance(error, HTTPError):
        return f"it answered {error.code}"
    return str(error).removesuffix(".") or type(error).__name__
