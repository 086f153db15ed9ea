"""What a Web API call brings along: its token and arguments, from the query and from a JSON or form body."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.workspace.errors import InvalidArgumentsError, RefusedError

Arguments = dict[str, Any]

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_CHARSETS = {"utf-8", "iso-8859-1"}
_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
_ARRAY_NAME = re.compile(r"\w+\[\w*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it came: nothing of it is checked yet."""

    token: str
    arguments: Arguments
    warnings: tuple[str, ...] = ()


async def read(request: web.Request, *, takes_json: bool) -> Call:
    """Reads a call as Slack's SDKs send it; raises Slack's refusals of what is no call at all.

    A method that takes no JSON ignores such a body; no token is looked for in one (docs: Web API, POST bodies).
    """
    arguments: Arguments = dict(request.query)
    warnings: tuple[str, ...] = ()
    in_arguments = arguments.pop("token", None)
    if request.can_read_body and request.method == "POST":
        _check_type(request)
        if request.content_type == "application/json":
            body = _parse_body(await request.read())
            body.pop("token", None)
            arguments |= body if takes_json else {}
            warnings = () if request.charset else ("missing_charset",)
        elif request.content_type in _FORMS:
            form = await _read_form(request)
            in_arguments = form.pop("token", in_arguments)
            arguments |= form
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return Call(token=header.removeprefix("Bearer ").strip(), arguments=arguments, warnings=warnings)
    return Call(token=in_arguments or "", arguments=arguments, warnings=warnings)


def check(specification: dict[str, Any], arguments: Arguments) -> Arguments:
    """The arguments that the method knows, each of its kind; InvalidArgumentsError with what is wrong."""
    missing = [name for name in specification["required"] if arguments.get(name) is None or arguments[name] == ""]
    if missing:
        raise InvalidArgumentsError(*(f"missing required field: {name}" for name in missing))
    known, takes_all = specification["args"], specification.get("open", False)
    given = {name: value for name, value in arguments.items() if (takes_all or name in known) and value is not None}
    return {name: _convert(name, value, known.get(name, "")) for name, value in given.items()}


def readable(arguments: Arguments) -> Arguments:
    """The arguments for people's eyes: JSON within texts is taken out of them."""
    return {name: _taken_out(value) for name, value in arguments.items()}


def _check_type(request: web.Request) -> None:
    if "Content-Type" not in request.headers:
        raise RefusedError("missing_post_type")
    if request.content_type not in _FORMS | {"application/json", "text/plain"}:
        raise RefusedError("invalid_post_type")
    if request.charset and request.charset.lower() not in _CHARSETS:
        raise RefusedError("invalid_charset")


async def _read_form(request: web.Request) -> dict[str, str]:
    try:
        form = await request.post()
    except ValueError as error:
        raise RefusedError("invalid_form_data") from error
    for name in form:
        if _ARRAY_NAME.fullmatch(name):
            raise RefusedError("invalid_array_arg")
        if not _NAME.fullmatch(name):
            raise RefusedError("invalid_arg_name")
    return {name: value for name, value in form.items() if isinstance(value, str)}


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


def _taken_out(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
