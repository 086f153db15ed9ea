"""What only tests and the curious do: make things fail, cut connections, read the journal."""

import json
from typing import Any

from aiohttp import web

from bot.workspace import answers, sockets
from bot.workspace.errors import RefusedError
from bot.workspace.people_side import read_object
from bot.workspace.transfers import Fault, Transfers
from bot.workspace.workspace import Workspace

REASONS = ("refresh_requested", "warning", "link_disabled")
FAILURES_MAX = 100
SECONDS_MAX = 60


class Control:
    """Serves `/control` and the response URLs for one workspace."""

    def __init__(self, workspace: Workspace, transfers: Transfers) -> None:
        self._workspace = workspace
        self._transfers = transfers

    def routes(self) -> list[web.RouteDef]:
        """All routes that belong to no person and to no Web API method."""
        return [
            web.get("/control/log", self._log),
            web.post("/control/disconnect", self._disconnect),
            web.post("/control/failures", self._plan_failures),
            web.post("/control/downloads", self._plan_downloads),
        ]

    async def serve_response_url(self, request: web.Request) -> web.Response:
        """Takes what an app posts to a response_url."""
        try:
            place = self._workspace.response_urls.use(request.match_info["token"])
            answers.post(self._workspace, place, await read_object(request))
        except RefusedError as error:
            self._workspace.journal.note("in", "response_url", error.error)
            status = 404 if error.error in {"expired_url", "used_url"} else 400
            return web.json_response(error.as_answer(), status=status)
        self._workspace.journal.note("in", "response_url", "ok")
        return web.Response(text="ok")

    async def _log(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "entries": self._workspace.journal.entries()})

    async def _disconnect(self, request: web.Request) -> web.Response:
        reason = (await read_object(request)).get("reason", REASONS[0])
        if reason not in REASONS:
            return _refuse(f"reason must be one of {', '.join(REASONS)}")
        await sockets.require_sockets(self._workspace.link).disconnect(reason)
        return web.json_response({"ok": True})

    async def _plan_failures(self, request: web.Request) -> web.Response:
        """The next `times` calls of a Web API method fail with `error`; ratelimited takes `retry_after` seconds."""
        plan = await read_object(request)
        match plan:
            case {"method": str(method), "error": str(error)}:
                details: dict[str, Any] = {"retry_after": plan.get("retry_after", 1)} if error == "ratelimited" else {}
                times = plan.get("times", 1)
            case _:
                return _refuse("method and error are needed")
        if not _is_number_of_times(times):
            return _refuse(f"times must be from 0 to {FAILURES_MAX}")
        self._workspace.failures.put(method, [{"error": error, **details} for _ in range(times)])
        return web.json_response({"ok": True})

    async def _plan_downloads(self, request: web.Request) -> web.Response:
        """The next `times` downloads go wrong: `fault` is error, cut or slow, a slow one takes `seconds`."""
        plan = await read_object(request)
        fault, times, seconds = plan.get("fault"), plan.get("times", 1), plan.get("seconds", 1)
        if fault not in list(Fault):
            return _refuse(f"fault must be one of {', '.join(Fault)}")
        if not _is_number_of_times(times):
            return _refuse(f"times must be from 0 to {FAILURES_MAX}")
        if type(seconds) not in {int, float} or not 0 <= seconds <= SECONDS_MAX:
            return _refuse(f"seconds must be from 0 to {SECONDS_MAX}")
        self._transfers.plan(Fault(fault), times=times, seconds=seconds)
        return web.json_response({"ok": True})


def _is_number_of_times(value: Any) -> bool:
    return type(value) is int and 0 <= value <= FAILURES_MAX


def _refuse(message: str) -> web.Response:
    answer = {"ok": False, "error": "bad_arguments", "message": message}
    return web.Response(status=400, text=json.dumps(answer), content_type="application/json")
