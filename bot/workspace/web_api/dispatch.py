"""The Web API: finds the method, checks token, scopes and arguments, and words every answer as Slack does."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from aiohttp import web

from bot.workspace.errors import RefusedError
from bot.workspace.transport.faults import Fault, Plan
from bot.workspace.web_api import (
    app,
    arguments,
    blocks,
    channels,
    chat,
    conversations,
    files,
    reactions,
    scheduled,
    usergroups,
    users,
    views,
)
from bot.workspace.web_api.arguments import Arguments, Call
from bot.workspace.workspace import Workspace

Method = Callable[[Workspace, Arguments], dict[str, Any]]

METHODS: dict[str, Method] = {
    **app.METHODS,
    **blocks.METHODS,
    **channels.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **reactions.METHODS,
    **scheduled.METHODS,
    **usergroups.METHODS,
    **users.METHODS,
    **views.METHODS,
}
_UNKNOWN = {"json": True, "scopes": [], "tier": None}


class WebApi:
    """Serves `/api/<method>` for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def serve(self, request: web.Request) -> web.Response:
        """Answers one call; whatever is wrong with it becomes one of Slack's errors."""
        began, name = time.monotonic(), request.match_info["method"]
        faults = {plan.fault: plan for plan in self._workspace.faults.for_call(name)}
        if Fault.SLOW in faults:
            await asyncio.sleep(faults[Fault.SLOW].seconds)
        call = Call(token="", arguments={})
        try:
            call = await arguments.read(request, takes_json=_specification(name)["json"])
            if Fault.SERVER_ERROR in faults:
                return self._fail(name, call, faults[Fault.SERVER_ERROR].status)
            answer = _warned({"ok": True, **self._call(name, request.method, call, faults)}, call.warnings)
        except RefusedError as error:
            answer = _warned(error.as_answer(), call.warnings)
        response = self._respond(name, answer)
        self._workspace.journal.note(
            "in",
            name,
            answer.get("error", "ok"),
            _complaints(answer),
            summary=_summary(call.arguments),
            seconds=time.monotonic() - began,
            sent=arguments.readable(call.arguments),
            answer=answer,
        )
        return response

    def _call(self, name: str, http_method: str, call: Call, faults: dict[Fault, Plan]) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            raise RefusedError("unknown_method", req_method=name)
        specification = _specification(name)
        # Only this method says in Slack's description that it insists on POST.
        if http_method != "POST" and "insecure_request" in specification["errors"]:
            raise RefusedError("insecure_request")
        _check_token(self._workspace, specification, call.token)
        _fail_on_demand(faults)
        given = arguments.check(specification, call.arguments)
        self._check_rate(name, specification["tier"], given.get("channel"))
        return method(self._workspace, given)

    def _check_rate(self, name: str, tier: str | None, channel: Any) -> None:
        place = self._workspace.place(channel) if isinstance(channel, str) else None
        seconds = self._workspace.rates.seconds_to_wait(name, tier, place.id if place else None)
        if seconds:
            raise RefusedError("ratelimited", retry_after=seconds)

    def _respond(self, name: str, answer: dict[str, Any]) -> web.Response:
        status, headers = 200, self._headers(name)
        if answer.get("error") == "ratelimited":
            status = 429
            headers["Retry-After"] = str(answer.pop("retry_after", 1))
        return web.json_response(answer, status=status, headers=headers)

    def _fail(self, name: str, call: Call, status: int) -> web.Response:
        """What comes from in front of Slack's servers when they are in trouble: no JSON."""
        sent = arguments.readable(call.arguments)
        self._workspace.journal.note("in", name, f"HTTP {status}", "on demand", sent=sent)
        return web.Response(
            status=status, text="<html><body>Service Unavailable</body></html>", content_type="text/html"
        )

    def _headers(self, name: str) -> dict[str, str]:
        return {
            "x-oauth-scopes": ",".join(self._workspace.manifest.bot_scopes),
            "x-accepted-oauth-scopes": ",".join(_specification(name)["scopes"]),
            "Cache-Control": "private, no-cache, no-store, must-revalidate",
        }


@cache
def specifications() -> dict[str, dict[str, Any]]:
    """Slack's own description of each method: scopes, kind of token, arguments, errors, tier, JSON or not."""
    text = resources.files("bot.workspace.web_api").joinpath("methods.json").read_text("utf-8")
    methods: dict[str, dict[str, Any]] = json.loads(text)["methods"]
    return methods


def is_bot_token(workspace: Workspace, token: str) -> bool:
    """Whether this is the token of the installed app's bot."""
    return _is_same(token, workspace.settings.bot_token)


def _specification(name: str) -> dict[str, Any]:
    return specifications().get(name, _UNKNOWN)


def _check_token(workspace: Workspace, specification: dict[str, Any], token: str) -> None:
    wanted = specification["token"]
    if wanted == "none":
        return
    if not token:
        raise RefusedError("not_authed")
    is_bot = is_bot_token(workspace, token)
    if not is_bot and not _is_same(token, workspace.settings.app_token):
        raise RefusedError("invalid_auth")
    if wanted not in {"any", "bot" if is_bot else "app"}:
        raise RefusedError("not_allowed_token_type")
    needed, provided = specification["scopes"], workspace.manifest.bot_scopes
    if wanted == "bot" and needed and not set(needed) & set(provided):
        raise workspace.missing_scope(*needed)


def _is_same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode("utf-8", "replace"), known.encode("utf-8", "replace"))


def _fail_on_demand(faults: dict[Fault, Plan]) -> None:
    if Fault.RATELIMITED in faults:
        raise RefusedError("ratelimited", retry_after=faults[Fault.RATELIMITED].retry_after)
    if Fault.ERROR in faults:
        raise RefusedError(faults[Fault.ERROR].error)


def _warned(answer: dict[str, Any], warnings: Sequence[str]) -> dict[str, Any]:
    if not warnings:
        return answer
    metadata = {**answer.get("response_metadata", {}), "warnings": list(warnings)}
    return {**answer, "warning": ",".join(warnings), "response_metadata": metadata}


def _summary(given: Arguments) -> str:
    """What tells one call from another in a list."""
    names = ("channel", "user", "user_id", "view_id", "external_id", "file", "filename", "email", "ts", "text")
    return " ".join(f"{name}={given[name]}" for name in names if given.get(name))


def _complaints(answer: dict[str, Any]) -> str:
    if answer["ok"]:
        return ""
    scopes = [f"{name}: {answer[name]}" for name in ("needed", "provided") if name in answer]
    messages = answer.get("response_metadata", {}).get("messages", ())
    return "\n".join([*scopes, *messages, *(str(issue) for issue in answer.get("errors", ()))])
