"""Slack as far as a stopwatch needs it: takes the bot's Socket Mode connection and says when what arrives."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from aiohttp import WSMsgType, web

T = TypeVar("T")
Json = dict[str, Any]
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-bench", "SLACK_APP_TOKEN": "xapp-bench"}
TEAM = "T0BENCH"
_ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that has to do with messages, when it arrived by the monotonic clock."""

    method: str
    arrived: float
    body: Json


class Slack:
    """A server in a thread of its own. It answers every call of the Web API at once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._numbers = itertools.count()
        self._socket: asyncio.Future[web.WebSocketResponse] = self._loop.create_future()
        self._opened: asyncio.Future[tuple[float, Json]] = self._loop.create_future()
        self._answered: asyncio.Future[tuple[float, Json]] = self._loop.create_future()
        self._acknowledged: dict[str, asyncio.Future[tuple[float, Json]]] = {}
        self.url = ""
        self.calls: list[Call] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._serve())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """What leads the bot here."""
        return TOKENS | {"SLACK_API_URL": f"{self.url}/api/"}

    def command(self, text: str, user_id: str) -> tuple[float, Json]:
        """Type a command; the seconds from its envelope to the ``views.open`` that it leads to, and the view."""
        payload = {"command": "/runscript", "text": text, "user_id": user_id, "team_id": TEAM, "trigger_id": "1.2.x"}
        return self._wait(self._timed("slash_commands", payload, lambda _: self._opened))

    def answer(self, command: str, text: str, user_id: str) -> float:
        """Type a command that is answered by a message; the seconds from its envelope to that answer."""
        payload = {"command": command, "text": text, "user_id": user_id, "team_id": TEAM, "trigger_id": "1.2.x"}
        payload["response_url"] = f"{self.url}/answers"
        seconds, answer = self._wait(self._timed("slash_commands", payload, lambda _: self._answered))
        if not answer.get("blocks"):
            raise SystemExit(f"{command} {text} was answered by {answer}")
        return seconds

    def submit(self, view: Json, user_id: str) -> None:
        """Submit a form as it was opened, as a new one each time, and wait until it is taken."""
        person = {"id": user_id, "team_id": TEAM}
        shown = view | {"id": f"V{next(self._numbers)}", "hash": "1.x", "state": {"values": _state(view)}}
        payload = {
            "type": "view_submission",
            "user": person,
            "team": {"id": TEAM},
            "view": shown,
            "trigger_id": "1.2.x",
        }
        _, answer = self._wait(self._timed("interactive", payload, self._acknowledged.__getitem__))
        if answer.get("response_action") != "update":
            raise SystemExit(f"a form was not taken: {answer}")

    def suggestion(self, view: Json, block_id: str, typed: str, user_id: str) -> tuple[float, Json]:
        """Type into a menu; the seconds from the envelope to the frame with what is offered, and that."""
        payload = {
            "type": "block_suggestion",
            "user": {"id": user_id, "team_id": TEAM},
            "team": {"id": TEAM},
            "view": view | {"id": "V1", "hash": "1.x", "state": {"values": {}}},
            "block_id": block_id,
            "action_id": next(
                each["element"]["action_id"] for each in view["blocks"] if each.get("block_id") == block_id
            ),
            "value": typed,
        }
        return self._wait(self._timed("interactive", payload, self._acknowledged.__getitem__))

    async def _timed(
        self, kind: str, payload: Json, awaited: Callable[[str], Awaitable[tuple[float, Json]]]
    ) -> tuple[float, Json]:
        socket = await self._socket
        envelope_id = f"envelope-{next(self._numbers)}"
        self._opened, self._answered = self._loop.create_future(), self._loop.create_future()
        self._acknowledged[envelope_id] = self._loop.create_future()
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": True}
        written = json.dumps(envelope)
        began = time.perf_counter()
        await socket.send_str(written)
        arrived, found = await awaited(envelope_id)
        await self._acknowledged[envelope_id]
        del self._acknowledged[envelope_id]
        return arrived - began, found

    async def _serve(self) -> None:
        app = web.Application(client_max_size=1 << 24)
        routes = [
            web.post("/api/{method}", self._answer),
            web.post("/answers", self._take),
            web.get("/link", self._link),
        ]
        app.add_routes(routes)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        arrived, method = time.perf_counter(), request.match_info["method"]
        match method:
            case "auth.test":
                answer: Json = {"team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0BOT", "team": "Bench"}
            case "apps.connections.open":
                answer = {"url": f"{self.url.replace('http', 'ws', 1)}/link"}
            case "users.info":
                answer = {"user": _person(str((await request.post())["user"]))}
            case "views.open":
                view = json.loads(body)["view"]
                self._opened.set_result((arrived, view))
                answer = {"view": {**view, "id": "V1", "hash": "1.x"}}
            case "chat.postMessage" | "chat.update":
                self.calls.append(Call(method=method, arrived=arrived, body=json.loads(body)))
                answer = {"channel": "D1", "ts": f"{next(self._numbers)}.0"}
            case _:
                self.calls.append(Call(method=method, arrived=arrived, body={}))
                answer = {"channel": {"id": "D1"}, "messages": []}
        return web.json_response({"ok": True} | answer)

    async def _take(self, request: web.Request) -> web.Response:
        answer = json.loads(await request.read())
        self._answered.set_result((time.perf_counter(), answer))
        return web.Response(text="ok")

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0BENCH"}})
        self._socket.set_result(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                arrived, frame = time.perf_counter(), json.loads(message.data)
                self._acknowledged[frame["envelope_id"]].set_result((arrived, frame.get("payload") or {}))
        return socket

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_SECONDS)


def _state(view: Json) -> Json:
    """What stands in a form whose menus were left as they were opened."""
    inputs = [block for block in view["blocks"] if block["type"] == "input" and "initial_option" in block["element"]]
    return {
        block["block_id"]: {
            block["element"]["action_id"]: {
                "type": block["element"]["type"],
                "selected_option": block["element"]["initial_option"],
            }
        }
        for block in inputs
    }


def _person(user_id: str) -> Json:
    profile = {"email": f"{user_id.lower()}@example.com", "display_name": user_id}
    return {"id": user_id, "team_id": TEAM, "tz": "Europe/Berlin", "is_email_confirmed": True, "profile": profile}
