"""The Web API: finds the method, checks token, scopes and arguments, and words every answer as Slack does."""

import hmac
import json
import logging
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from aiohttp import web

from bot.workspace import (
    methods_app,
    methods_blocks,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_users,
    methods_views,
)
from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.workspace import Workspace

Arguments = dict[str, Any]
Method = Callable[[Workspace, Arguments], dict[str, Any]]

METHODS: dict[str, Method] = {
    **methods_app.METHODS,
    **methods_blocks.METHODS,
    **methods_chat.METHODS,
    **methods_conversations.METHODS,
    **methods_files.METHODS,
    **methods_users.METHODS,
    **methods_views.METHODS,
}

_log = logging.getLogger(__name__)


class WebApi:
    """Serves `/api/<method>` for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def serve(self, request: web.Request) -> web.Response:
        """Answers one call; whatever is wrong with it becomes one of Slack's errors."""
        name = request.match_info["method"]
        try:
            answer = {"ok": True, **self._call(name, request, await _read(request))}
        except RefusedError as error:
            answer = error.as_answer()
        self._workspace.journal.note("in", name, answer.get("error", "ok"), _complaints(answer))
        return self._respond(name, answer)

    def _call(self, name: str, request: web.Request, arguments: Arguments) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            raise RefusedError("unknown_method", req_method=name)
        specification = specifications()[name]
        _check_token(self._workspace, specification, _token(request, arguments))
        self._fail_on_demand(name)
        return method(self._workspace, _check_arguments(specification, arguments))

    def _fail_on_demand(self, name: str) -> None:
        """Refuses as a test asked for with /control/failures."""
        planned = self._workspace.failures.find(name)
        if planned:
            raise RefusedError(**planned.pop(0))

    def _respond(self, name: str, answer: dict[str, Any]) -> web.Response:
        status, headers = 200, self._headers(name)
        if answer.get("error") == "ratelimited":
            status = 429
            headers["Retry-After"] = str(answer.pop("retry_after", 1))
        return web.json_response(answer, status=status, headers=headers)

    def _headers(self, name: str) -> dict[str, str]:
        accepted = specifications().get(name, {}).get("scopes", [])
        return {
            "x-oauth-scopes": ",".join(self._workspace.manifest.bot_scopes),
            "x-accepted-oauth-scopes": ",".join(accepted),
            "Cache-Control": "private, no-cache, no-store, must-revalidate",
        }


@cache
def specifications() -> dict[str, dict[str, Any]]:
    """Slack's own description of each method: scopes, kind of token, arguments, errors."""
    text = resources.files("bot.workspace").joinpath("methods.json").read_text("utf-8")
    methods: dict[str, dict[str, Any]] = json.loads(text)["methods"]
    return methods


async def _read(request: web.Request) -> Arguments:
    """Arguments from the query and from a JSON or form body, as Slack's SDKs send them."""
    arguments: Arguments = dict(request.query)
    if not request.can_read_body:
        return arguments
    if request.content_type == "application/json":
        return arguments | _parse_body(await request.read())
    try:
        form = await request.post()
    except ValueError as error:
        raise RefusedError("invalid_form_data") from error
    return arguments | {name: value for name, value in form.items() if isinstance(value, str)}


def _parse_body(content: bytes) -> Arguments:
    if not content.strip():
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefusedError("invalid_json") from error
    if not isinstance(body, dict):
        raise RefusedError("json_not_object")
    return body


def is_bot_token(workspace: Workspace, token: str) -> bool:
    """Whether this is the token of the installed app's bot."""
    return _is_same(token, workspace.settings.bot_token)


def _token(request: web.Request, arguments: Arguments) -> str:
    header = request.headers.get("Authorization", "")
    in_body = arguments.pop("token", None)
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return in_body if isinstance(in_body, str) else ""


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
        raise RefusedError("missing_scope", needed=",".join(needed), provided=",".join(provided))


def _is_same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode("utf-8", "replace"), known.encode("utf-8", "replace"))


def _check_arguments(specification: dict[str, Any], arguments: Arguments) -> Arguments:
    missing = [name for name in specification["required"] if arguments.get(name) is None or arguments[name] == ""]
    if missing:
        raise InvalidArgumentsError(*(f"missing required field: {name}" for name in missing))
    known = specification["args"]
    given = {name: value for name, value in arguments.items() if name in known and value is not None}
    return {name: _convert(name, value, known[name]) for name, value in given.items()}


def _convert(name: str, value: Any, kind: str) -> Any:
    match kind:
        case "json" if isinstance(value, str):
            return _parse_argument(name, value)
        case "boolean" if not isinstance(value, bool):
            return str(value).lower() in {"true", "1"}
        case "string" if isinstance(value, bool | list | dict):
            raise InvalidArgumentsError(f"must provide a string [json-pointer:/{name}]")
        case "string":
            return str(value)
        case _:
            return value


def _parse_argument(name: str, text: str) -> Any:
    """An argument that is JSON within a text, as form-encoded calls carry it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if name == "blocks":
            raise RefusedError("invalid_blocks_format") from error
        raise InvalidArgumentsError(f"must be valid JSON [json-pointer:/{name}]") from error


def _complaints(answer: dict[str, Any]) -> str:
    metadata = answer.get("response_metadata")
    return "; ".join(metadata.get("messages", ())) if not answer["ok"] and metadata else ""
