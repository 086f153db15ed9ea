"""Serves the journal to whoever watches what goes over the wire."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.workspace.errors import RefusedError
from bot.workspace.transport.journal import Journal

KEEP_ALIVE_SECONDS = 15


class Inspector:
    """Serves `/journal`; what an entry is, the journal's own description says."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        """Both ways to read the journal."""
        return [web.get("/journal", self._list), web.get("/journal/events", self._events)]

    async def _list(self, request: web.Request) -> web.Response:
        after = _number(request.query.get("after", "0"))
        entries = self._journal.entries(after)
        return web.json_response({"ok": True, "last": entries[-1]["n"] if entries else after, "entries": entries})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Goes on after the last event that a reconnecting browser names, else after `after`."""
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after", "0"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with self._journal.listening() as wake, suppress(ConnectionError):
            while True:
                wake.clear()
                for entry in self._journal.entries(after):
                    after = entry["n"]
                    await response.write(_event(entry))
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), KEEP_ALIVE_SECONDS)
                    continue
                await response.write(b": still here\n\n")
        return response


def _event(entry: dict[str, Any]) -> bytes:
    return f"id: {entry['n']}\ndata: {json.dumps(entry)}\n\n".encode()


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise RefusedError("bad_arguments", message=f"after is {text!r} and must be an entry's number")
    return int(text)
