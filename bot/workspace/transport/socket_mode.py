"""Socket Mode: connections with single-use tickets, envelopes, and their acknowledgements."""

import asyncio
import json
import logging
import secrets
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from cachetools import TTLCache

from bot.workspace.clock import Clock
from bot.workspace.errors import RefusedError
from bot.workspace.options import CONNECTION_SECONDS
from bot.workspace.state.changes import Changes
from bot.workspace.state.people import APP_ID
from bot.workspace.transport.journal import Journal
from bot.workspace.transport.link import ANSWER_SECONDS, Answer, EnvelopeKind, Parcel, SendOutcome

CONNECTIONS_MAX = 10
FRAME_BYTES_MAX = 4 * 1024 * 1024
# How long the app is given to answer a close frame.
CLOSE_SECONDS = 1.0
# How long a connection lives with `&debug_reconnects=true` in its address (docs: Socket Mode).
DEBUG_CONNECTION_SECONDS = 360.0
# How long before its end a connection is warned (docs: about ten seconds).
WARNING_SECONDS = 10.0
PING_SECONDS = 10.0
# What was told to go stays open this long: acknowledgements may still come.
GRACE_SECONDS = 2.0
TICKET_SECONDS = 30.0
# How long an acknowledgement that comes too late is still told from one that names nothing.
GIVEN_UP_SECONDS = 300.0

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class SocketConnection:
    """One WebSocket of the app's; `waiting` are the envelopes it was given and has not acknowledged."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    is_leaving: bool = False
    waiting: set[str] = field(default_factory=set)


class Sockets:
    """The app's Socket Mode connections; each payload goes to one of them in turn."""

    timeout_reason = "timeout"

    def __init__(
        self, *, clock: Clock, journal: Journal, changes: Changes, connection_seconds: float = CONNECTION_SECONDS
    ) -> None:
        self._journal = journal
        self._changes = changes
        self._connection_seconds = connection_seconds
        self._tickets = TTLCache[str, str, float](100, ttl=TICKET_SECONDS, timer=clock)
        self._given_up = TTLCache[str, str, float](1000, ttl=GIVEN_UP_SECONDS, timer=clock)
        self._connections: list[SocketConnection] = []
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turns = count()
        self._arrived = asyncio.Condition()
        self._back_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def count(self) -> int:
        """How many connections take payloads."""
        return len(self._staying())

    def give_ticket(self) -> str:
        """A ticket that opens one connection within 30 seconds."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = ticket
        return ticket

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from its hello to its end; HTTPForbidden without a ticket that is good."""
        ticket = request.query.get("ticket", "")
        if self._tickets.pop(ticket, None) is None:
            self._journal.note("in", "socket", "refused", "unknown or used ticket")
            raise web.HTTPForbidden(text="invalid ticket")
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES_MAX, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        if self.count() >= CONNECTIONS_MAX:
            self._journal.note("in", "socket", "refused", f"more than {CONNECTIONS_MAX} connections")
            await _tell(socket, "too_many_websockets")
            await socket.close()
            return socket
        connection = SocketConnection(socket, request.transport)
        life = self._connection_seconds
        if request.query.get("debug_reconnects") == "true":
            life = min(life, DEBUG_CONNECTION_SECONDS)
        self._connections.append(connection)
        companions = [asyncio.create_task(_ping(socket)), asyncio.create_task(self._age(connection, life))]
        try:
            await socket.send_json(self._hello(life))
            await self._note_connections("opened")
            await self._read(socket)
        finally:
            for companion in companions:
                companion.cancel()
            self._connections = [other for other in self._connections if other is not connection]
            await self._note_connections("closed")
        return socket

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends an envelope on the next connection and waits for the frame that names it."""
        connection = await self._next()
        if connection is None:
            return Answer(outcome=SendOutcome.UNDELIVERED, reason="connection_failed", detail="no connection")
        envelope_id = str(uuid.uuid4())
        waiting = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        connection.waiting.add(envelope_id)
        try:
            await connection.socket.send_str(json.dumps(_envelope(envelope_id, parcel)))
            return Answer(outcome=SendOutcome.ACKNOWLEDGED, payload=await waiting)
        except ConnectionError:
            return Answer(outcome=SendOutcome.TIMED_OUT, reason="timeout", detail="the connection broke")
        finally:
            if not waiting.done() or waiting.cancelled():
                self._given_up[envelope_id] = parcel.summary()
            connection.waiting.discard(envelope_id)
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str, *, only_oldest: bool = False) -> None:
        """Tells the app to reconnect; a warning leaves the connections, any other reason ends them soon.

        Slack delivers to any connection that is left; where there is none, what comes meanwhile waits for the new one
        within its three seconds.
        """
        told = self._staying()[: 1 if only_oldest else None]
        if reason == "warning":
            for connection in told:
                await _tell(connection.socket, reason)
            return
        for connection in told:
            connection.is_leaving = True
            self._start(self._retire(connection, reason))
        if reason != "link_disabled":
            self._back_until = time.monotonic() + ANSWER_SECONDS + GRACE_SECONDS
        self._changes.tell()

    def drop(self, *, only_oldest: bool = False) -> None:
        """Cuts connections without a word, as a network does that fails."""
        for connection in self._staying()[: 1 if only_oldest else None]:
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        """Ends all connections at once."""
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self._connections):
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    def _staying(self) -> list[SocketConnection]:
        """The connections that are not told to go, oldest first."""
        return [connection for connection in self._connections if not connection.is_leaving]

    async def _next(self) -> SocketConnection | None:
        async with self._arrived:
            while not self._staying() and time.monotonic() < self._back_until:
                await self._arrived.wait()
            staying = self._staying()
            return staying[next(self._turns) % len(staying)] if staying else None

    async def _retire(self, connection: SocketConnection, reason: str) -> None:
        """Ends a connection once it has acknowledged what it was given, or had its time for that."""
        deadline = time.monotonic() + ANSWER_SECONDS
        futures = [self._waiting[one] for one in connection.waiting if one in self._waiting]
        if futures:
            await asyncio.wait(futures, timeout=deadline - time.monotonic())
        await _tell(connection.socket, reason)
        await asyncio.sleep(GRACE_SECONDS)
        await connection.socket.close()

    async def _age(self, connection: SocketConnection, life: float) -> None:
        """Warns a connection before its time is up, then ends it."""
        await asyncio.sleep(max(0.0, life - WARNING_SECONDS))
        await _tell(connection.socket, "warning")
        await asyncio.sleep(min(life, WARNING_SECONDS))
        if not connection.is_leaving:
            connection.is_leaving = True
            self._back_until = time.monotonic() + ANSWER_SECONDS + GRACE_SECONDS
            self._start(self._retire(connection, "refresh_requested"))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hello(self, life: float) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": self.count(),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "workspace", "build_number": 1, "approximate_connection_time": int(life)},
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
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))
            return
        late = self._given_up.get(envelope_id) if isinstance(envelope_id, str) else None
        if late is None:
            self._journal.note("in", "frame", "ignored", "names no envelope that waits", sent=frame)
        else:
            self._journal.note("in", "frame", "too late", "acknowledged after more than 3 s", summary=late, sent=frame)

    async def _note_connections(self, verdict: str) -> None:
        self._journal.note("in", "socket", verdict, f"{self.count()} open")
        _log.info("socket %s, %d open", verdict, self.count())
        self._changes.tell()
        async with self._arrived:
            self._arrived.notify_all()


def require_sockets(link: object) -> Sockets:
    """The link as Socket Mode; RefusedError when the app is reached by HTTP instead."""
    if not isinstance(link, Sockets):
        raise RefusedError("socket_mode_not_enabled")
    return link


def _envelope(envelope_id: str, parcel: Parcel) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "envelope_id": envelope_id,
        "type": parcel.kind.value,
        "payload": parcel.payload,
        "accepts_response_payload": parcel.kind is not EnvelopeKind.EVENT,
    }
    if parcel.kind is EnvelopeKind.EVENT:
        envelope |= {"retry_attempt": parcel.retry_attempt, "retry_reason": parcel.retry_reason}
    return envelope


async def _tell(socket: web.WebSocketResponse, reason: str) -> None:
    try:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "workspace"}})
    except ConnectionError:
        _log.info("a socket had gone before it was told to")


async def _ping(socket: web.WebSocketResponse) -> None:
    """Slack pings, and its SDK for JavaScript reconnects where a ping that it waits for does not come."""
    while not socket.closed:
        await asyncio.sleep(PING_SECONDS)
        try:
            await socket.ping(b"Ping from workspace")
        except ConnectionError:
            return
