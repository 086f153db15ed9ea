"""Web API methods about user groups."""

from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state import usergroups
from bot.workspace.workspace import Workspace


def _list(_workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    with_users, with_count = bool(arguments.get("include_users")), bool(arguments.get("include_count"))
    return {
        "usergroups": [
            one.as_slack(with_users=with_users, with_count=with_count)
            for one in usergroups.SEEDED
            if arguments.get("include_disabled") or not one.is_disabled
        ]
    }


def _users(_workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    for one in usergroups.SEEDED:
        if one.id == arguments["usergroup"] and (arguments.get("include_disabled") or not one.is_disabled):
            return {"users": list(one.users)}
    raise RefusedError("no_such_subteam")


METHODS = {"usergroups.list": _list, "usergroups.users.list": _users}
