"""HTTP mode: signed requests to the app's request URL instead of sockets."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientSSLError, ClientTimeout

from bot.workspace.clock import Clock
from bot.workspace.transport.link import ANSWER_SECONDS, Answer, EnvelopeKind, Parcel, SendOutcome
from bot.workspace.transport.payloads import VERIFICATION_TOKEN

ANSWER_BYTES_MAX = 1024 * 1024


class HttpLink:
    """Posts commands, interactions and events to one URL, as Slack signs them."""

    timeout_reason = "http_timeout"

    def __init__(self, *, url: str, signing_secret: str, clock: Clock) -> None:
        self._url = url
        self._signing_secret = signing_secret.encode()
        self._clock = clock

    def count(self) -> int:
        """One: a URL is as good as a connection."""
        return 1

    async def deliver(self, parcel: Parcel) -> Answer:
        """Posts the parcel; any answer but 200 counts as not delivered."""
        body, content_type = _encode(parcel)
        headers: dict[str, str] = {}
        if parcel.retry_attempt:
            headers = {"X-Slack-Retry-Num": str(parcel.retry_attempt), "X-Slack-Retry-Reason": parcel.retry_reason}
        try:
            status, content, sent_back = await self._post(body, content_type, headers)
        except asyncio.TimeoutError:  # noqa: UP041 - aiohttp raises a child of it
            return Answer(
                outcome=SendOutcome.TIMED_OUT, reason=self.timeout_reason, detail="nothing came back within 3 s"
            )
        except ClientSSLError as error:
            return Answer(outcome=SendOutcome.UNDELIVERED, reason="ssl_error", detail=str(error))
        except (ClientError, OSError) as error:
            return Answer(outcome=SendOutcome.UNDELIVERED, reason="connection_failed", detail=str(error))
        wants_no_retry = sent_back.get("X-Slack-No-Retry") == "1"
        if status != 200:
            detail = f"HTTP {status}: {content[:200].decode('utf-8', 'replace')}"
            return Answer(
                outcome=SendOutcome.UNDELIVERED, reason="http_error", detail=detail, wants_no_retry=wants_no_retry
            )
        return Answer(outcome=SendOutcome.ACKNOWLEDGED, payload=_decode(content), wants_no_retry=wants_no_retry)

    async def verify(self) -> dict[str, Any]:
        """What Slack does when a URL is entered: the challenge it must send back, and the check of its certificate."""
        challenge = secrets.token_urlsafe(24)
        body = json.dumps({"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": challenge}).encode()
        status, content, _ = await self._post(body, "application/json", {})
        form = _form({"ssl_check": "1", "token": VERIFICATION_TOKEN})
        ssl_status, _, _ = await self._post(form, "application/x-www-form-urlencoded", {})
        is_sent_back = status == 200 and challenge.encode() in content
        return {"url_verification": is_sent_back, "ssl_check": ssl_status == 200}

    async def close(self) -> None:
        """Nothing stays open between requests."""

    async def _post(
        self, body: bytes, content_type: str, headers: dict[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """The answer's status, content and headers."""
        signed = self._signed(body) | {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **headers}
        async with (
            ClientSession(timeout=ClientTimeout(total=ANSWER_SECONDS)) as session,
            session.post(self._url, data=body, headers=signed, allow_redirects=False) as response,
        ):
            return response.status, await response.content.read(ANSWER_BYTES_MAX), response.headers

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock()))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(self._signing_secret, base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}


def _encode(parcel: Parcel) -> tuple[bytes, str]:
    match parcel.kind:
        case EnvelopeKind.COMMAND:
            return _form(parcel.payload), "application/x-www-form-urlencoded"
        case EnvelopeKind.INTERACTION:
            return _form({"payload": json.dumps(parcel.payload)}), "application/x-www-form-urlencoded"
        case EnvelopeKind.EVENT:
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
