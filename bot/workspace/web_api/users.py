"""Web API methods about people."""

from typing import Any

from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.state.people import AccountKind, Person, as_user
from bot.workspace.web_api import paging
from bot.workspace.workspace import Workspace

PAGE_MAX = 1000


def _info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    person = workspace.everybody.get(arguments["user"])
    if person is None:
        raise RefusedError("user_not_found")
    return {"user": _user(workspace, person, arguments)}


def _list(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    # People from elsewhere are not members of this workspace and are not listed.
    members = [one for one in workspace.everybody.values() if one.kind is not AccountKind.EXTERNAL]
    start, size = paging.start(arguments.get("cursor", "")), _size(arguments.get("limit", "0"))
    page = members[start : start + size]
    after = start + size
    cursor = paging.cursor(after) if after < len(members) else ""
    return {
        "members": [_user(workspace, person, arguments) for person in page],
        "cache_ts": int(workspace.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


def _lookup_by_email(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    email = arguments["email"].strip().lower()
    for person in workspace.everybody.values():
        if person.email == email and person.kind not in {AccountKind.DEACTIVATED, AccountKind.EXTERNAL}:
            return {"user": _user(workspace, person, arguments)}
    raise RefusedError("users_not_found")


def _user(workspace: Workspace, person: Person, arguments: dict[str, Any]) -> dict[str, Any]:
    user = as_user(person, with_email="users:read.email" in workspace.manifest.bot_scopes)
    return user | ({"locale": "en-GB"} if arguments.get("include_locale") else {})


def _size(limit: str) -> int:
    if not limit.isdecimal():
        raise InvalidArgumentsError("must provide an integer [json-pointer:/limit]")
    return min(int(limit) or PAGE_MAX, PAGE_MAX)


METHODS = {"users.info": _info, "users.list": _list, "users.lookupByEmail": _lookup_by_email}
