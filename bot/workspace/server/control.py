"""What only tests and the curious do: make things fail, cut connections, read the journal, begin anew."""

import json
from typing import Any

from aiohttp import ClientError, web

from bot.workspace.client.routes import read_object
from bot.workspace.client.transfers import Transfer, Transfers
from bot.workspace.errors import RefusedError
from bot.workspace.transport import faults, socket_mode
from bot.workspace.transport.faults import Fault, Plan
from bot.workspace.transport.http_mode import HttpLink
from bot.workspace.web_api import answers
from bot.workspace.workspace import Workspace

REASONS = {Fault.REFRESH: "refresh_requested", Fault.WARNING: "warning", Fault.LINK_DISABLED: "link_disabled"}
FAILURES_MAX = 100
SECONDS_MAX = 60


class Control:
    """Serves `/control` and the response URLs for one workspace; `faults` says what can go wrong."""

    def __init__(self, workspace: Workspace, transfers: Transfers) -> None:
        self._workspace = workspace
        self._transfers = transfers

    def routes(self) -> list[web.RouteDef]:
        """All routes that belong to no person and to no Web API method."""
        return [
            web.get("/control/log", self._log),
            web.get("/control/faults", self._list_faults),
            web.post("/control/faults", self._plan_fault),
            web.delete("/control/faults", self._forget_faults),
            web.post("/control/disconnect", self._disconnect),
            web.post("/control/failures", self._plan_failures),
            web.post("/control/downloads", self._plan_downloads),
            web.post("/control/rate_limits", self._switch_rate_limits),
            web.post("/control/verify", self._verify),
        ]

    async def serve_response_url(self, request: web.Request) -> web.Response:
        """Takes what an app posts to a response_url."""
        answer: dict[str, Any] | None = None
        try:
            place = self._workspace.response_urls.use(request.match_info["token"])
            answer = await read_object(request)
            answers.post(self._workspace, place, answer)
        except RefusedError as error:
            self._workspace.journal.note("in", "response_url", error.error, str(error.details or ""), sent=answer)
            status = 404 if error.error in {"expired_url", "used_url"} else 400
            return web.json_response(error.as_answer(), status=status)
        self._workspace.journal.note("in", "response_url", "ok", summary=str(answer.get("text", "")), sent=answer)
        return web.Response(text="ok")

    async def _log(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "entries": self._workspace.journal.entries()})

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "planned": self._workspace.faults.planned()})

    async def _forget_faults(self, _request: web.Request) -> web.Response:
        self._workspace.faults.forget()
        return web.json_response({"ok": True})

    async def _plan_fault(self, request: web.Request) -> web.Response:
        wanted = await read_object(request)
        plan = faults.read(wanted)
        if plan.fault in faults.AT_ONCE:
            await self._do(plan.fault, only_oldest=wanted.get("only") == "oldest")
        else:
            self._workspace.faults.plan(plan)
        self._workspace.journal.note("here", "fault", "told", summary=plan.fault, sent=wanted)
        return web.json_response({"ok": True})

    async def _do(self, fault: Fault, *, only_oldest: bool) -> None:
        link = socket_mode.require_sockets(self._workspace.link)
        if fault is Fault.DROP:
            link.drop(only_oldest=only_oldest)
        else:
            await link.disconnect(REASONS[fault], only_oldest=only_oldest)

    async def _disconnect(self, request: web.Request) -> web.Response:
        reason = (await read_object(request)).get("reason", REASONS[Fault.REFRESH])
        if reason not in REASONS.values():
            return _refuse(f"reason must be one of {', '.join(REASONS.values())}")
        await socket_mode.require_sockets(self._workspace.link).disconnect(reason)
        return web.json_response({"ok": True})

    async def _plan_failures(self, request: web.Request) -> web.Response:
        """The next `times` calls of a Web API method fail with `error`; ratelimited takes `retry_after` seconds."""
        wanted = await read_object(request)
        match wanted:
            case {"method": str(), "error": "ratelimited"}:
                plan = faults.read({**wanted, "fault": Fault.RATELIMITED})
            case {"method": str(), "error": str()}:
                plan = faults.read({**wanted, "fault": Fault.ERROR})
            case _:
                return _refuse("method and error are needed")
        for fault in (Fault.RATELIMITED, Fault.ERROR):
            self._workspace.faults.plan(Plan(fault=fault, method=plan.method, times=0))
        self._workspace.faults.plan(plan)
        return web.json_response({"ok": True})

    async def _plan_downloads(self, request: web.Request) -> web.Response:
        """The next `times` downloads go wrong: `fault` is error, cut or slow, a slow one takes `seconds`."""
        plan = await read_object(request)
        fault, times, seconds = plan.get("fault"), plan.get("times", 1), plan.get("seconds", 1)
        if fault not in list(Transfer):
            return _refuse(f"fault must be one of {', '.join(Transfer)}")
        if type(times) is not int or not 0 <= times <= FAILURES_MAX:
            return _refuse(f"times must be from 0 to {FAILURES_MAX}")
        if type(seconds) not in {int, float} or not 0 <= seconds <= SECONDS_MAX:
            return _refuse(f"seconds must be from 0 to {SECONDS_MAX}")
        self._transfers.plan(Transfer(fault), times=times, seconds=seconds)
        return web.json_response({"ok": True})

    async def _switch_rate_limits(self, request: web.Request) -> web.Response:
        """Turns Slack's rate limits on or off: {"on": true}."""
        wanted = (await read_object(request)).get("on")
        if not isinstance(wanted, bool):
            return _refuse("on must be true or false")
        self._workspace.rates.is_on = wanted
        return web.json_response({"ok": True})

    async def _verify(self, _request: web.Request) -> web.Response:
        """HTTP mode: asks the app what Slack asks when its URL is entered."""
        link = self._workspace.link
        if not isinstance(link, HttpLink):
            return _refuse("there is a URL to verify in HTTP mode only")
        try:
            return web.json_response({"ok": True, **await link.verify()})
        except (TimeoutError, ClientError, OSError) as error:
            return _refuse(f"the app does not answer: {error}")


def _refuse(message: str) -> web.Response:
    answer = {"ok": False, "error": "bad_arguments", "message": message}
    return web.Response(status=400, text=json.dumps(answer), content_type="application/json")
