"""Socket Mode: connections with single-use tickets, envelopes, and their acknowledgements."""

import asyncio
import json
import logging
import secrets
import uuid
from datetime import timedelta
from itertools import count
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.workspace.bounded import Bounded, Clock
from bot.workspace.changes import Changes
from bot.workspace.errors import RefusedError
from bot.workspace.journal import Journal
from bot.workspace.links import ANSWER_SECONDS, Answer, Kind, Outcome, Parcel
from bot.workspace.people import APP_ID

CONNECTIONS_MAX = 10
FRAME_BYTES_MAX = 4 * 1024 * 1024
# How long the app is given to answer a close frame.
CLOSE_SECONDS = 1.0
LIFE_SECONDS = 3600
# The old connection stays usable for this long after a `disconnect`, so that the app can open the next one.
GRACE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Sockets:
    """The app's Socket Mode connections; each payload goes to one of them in turn."""

    def __init__(self, *, clock: Clock, journal: Journal, changes: Changes) -> None:
        self._journal = journal
        self._changes = changes
        self._tickets: Bounded[str, str] = Bounded(size=100, age=timedelta(seconds=30), clock=clock)
        self._connections: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turns = count()
        self._closing: set[asyncio.Task[None]] = set()

    def count(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def give_ticket(self) -> str:
        """A ticket that opens one connection within 30 seconds."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.put(ticket, ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if not self._tickets.find(ticket):
            self._journal.note("in", "socket", "refused", "unknown or used ticket")
            raise web.HTTPForbidden(text="invalid ticket")
        self._tickets.drop(ticket)
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MAX, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        if len(self._connections) >= CONNECTIONS_MAX:
            await socket.send_json(
                {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "workspace"}}
            )
            await socket.close()
            return socket
        self._connections.append(socket)
        try:
            await socket.send_json(self._hello())
            self._note_connections("opened")
            await self._read(socket)
        finally:
            self._connections = [other for other in self._connections if other is not socket]
            self._note_connections("closed")
        return socket

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends an envelope on the next connection and waits for the frame that names it."""
        if not self._connections:
            self._journal.note("out", parcel.kind, "undelivered", "no connection")
            return Answer(outcome=Outcome.UNDELIVERED)
        envelope_id = str(uuid.uuid4())
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        try:
            socket = self._connections[next(self._turns) % len(self._connections)]
            await socket.send_str(json.dumps(_envelope(envelope_id, parcel)))
            payload = await asyncio.wait_for(waiting, ANSWER_SECONDS)
        except (TimeoutError, ConnectionError):
            self._journal.note("out", parcel.kind, "not acknowledged", envelope_id)
            return Answer(outcome=Outcome.TIMED_OUT)
        finally:
            del self._waiting[envelope_id]
        self._journal.note("out", parcel.kind, "acknowledged", envelope_id)
        return Answer(outcome=Outcome.ACKNOWLEDGED, payload=payload)

    async def disconnect(self, reason: str) -> None:
        """Tells the app to reconnect; a warning leaves the connections, any other reason ends them soon."""
        leaving = list(self._connections)
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "workspace"}}
        for socket in leaving:
            await _send_quietly(socket, frame)
        if reason == "warning":
            return
        self._connections = [socket for socket in self._connections if socket not in leaving]
        task = asyncio.create_task(_close_later(leaving))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        self._changes.tell()

    async def close(self) -> None:
        """Ends all connections at once."""
        for socket in list(self._connections):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "workspace", "build_number": 1, "approximate_connection_time": LIFE_SECONDS},
        }

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._take(message.data)

    def _take(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            self._journal.note("in", "frame", "ignored", "not JSON")
            return
        envelope_id = frame.get("envelope_id") if isinstance(frame, dict) else None
        waiting = self._waiting.get(envelope_id) if isinstance(envelope_id, str) else None
        if waiting is None or waiting.done():
            self._journal.note("in", "frame", "ignored", "names no envelope that waits")
            return
        waiting.set_result(frame.get("payload"))

    def _note_connections(self, verdict: str) -> None:
        self._journal.note("in", "socket", verdict, f"{len(self._connections)} open")
        _log.info("socket %s, %d open", verdict, len(self._connections))
        self._changes.tell()


def require_sockets(link: object) -> Sockets:
    """The link as Socket Mode; raises when the app is reached by HTTP instead."""
    if not isinstance(link, Sockets):
        raise RefusedError("socket_mode_not_enabled")
    return link


def _envelope(envelope_id: str, parcel: Parcel) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "envelope_id": envelope_id,
        "type": parcel.kind.value,
        "payload": parcel.payload,
        "accepts_response_payload": parcel.kind is not Kind.EVENT,
    }
    if parcel.kind is Kind.EVENT:
        envelope |= {"retry_attempt": parcel.retry_attempt, "retry_reason": parcel.retry_reason}
    return envelope


async def _send_quietly(socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    try:
        await socket.send_json(frame)
    except ConnectionError:
        _log.info("a socket had gone before it was told to")


async def _close_later(leaving: list[web.WebSocketResponse]) -> None:
    await asyncio.sleep(GRACE_SECONDS)
    for socket in leaving:
        await socket.close()
