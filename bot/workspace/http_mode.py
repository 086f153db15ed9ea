"""HTTP mode: signed requests to the app's request URL instead of sockets."""

import asyncio
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.workspace.bounded import Clock
from bot.workspace.journal import Journal
from bot.workspace.links import ANSWER_SECONDS, Answer, Kind, Outcome, Parcel

ANSWER_BYTES_MAX = 1024 * 1024


class HttpLink:
    """Posts commands, interactions and events to one URL, as Slack signs them."""

    def __init__(self, *, url: str, signing_secret: str, clock: Clock, journal: Journal) -> None:
        self._url = url
        self._signing_secret = signing_secret.encode()
        self._clock = clock
        self._journal = journal

    def count(self) -> int:
        """One: a URL is as good as a connection."""
        return 1

    async def deliver(self, parcel: Parcel) -> Answer:
        """Posts the parcel; any answer but 200 counts as not delivered."""
        answer = await self._post(parcel)
        self._journal.note("out", parcel.kind, answer.outcome.name.lower())
        return answer

    async def close(self) -> None:
        """Nothing stays open between requests."""

    async def _post(self, parcel: Parcel) -> Answer:
        body, content_type = _encode(parcel)
        headers = self._signed(body) | {"Content-Type": content_type, "User-Agent": "Slackbot 1.0"}
        if parcel.retry_attempt:
            headers |= {"X-Slack-Retry-Num": str(parcel.retry_attempt), "X-Slack-Retry-Reason": parcel.retry_reason}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=ANSWER_SECONDS)) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                content = await response.content.read(ANSWER_BYTES_MAX)
                if response.status != 200:
                    return Answer(outcome=Outcome.UNDELIVERED)
                return Answer(outcome=Outcome.ACKNOWLEDGED, payload=_decode(content))
        except asyncio.TimeoutError:  # noqa: UP041 - aiohttp raises a child of it
            return Answer(outcome=Outcome.TIMED_OUT)
        except (ClientError, OSError):
            return Answer(outcome=Outcome.UNDELIVERED)

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock()))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(self._signing_secret, base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}


def _encode(parcel: Parcel) -> tuple[bytes, str]:
    match parcel.kind:
        case Kind.COMMAND:
            return _form(parcel.payload), "application/x-www-form-urlencoded"
        case Kind.INTERACTION:
            return _form({"payload": json.dumps(parcel.payload)}), "application/x-www-form-urlencoded"
        case Kind.EVENT:
            return json.dumps(parcel.payload).encode(), "application/json"


def _form(fields: dict[str, Any]) -> bytes:
    return urlencode(fields, errors="replace").encode()


def _decode(content: bytes) -> Any:
    """What came back: JSON, plain text as Slack takes it for a command, or nothing."""
    text = content.decode("utf-8", "replace")
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
