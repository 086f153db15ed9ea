"""Web API methods about the app itself and where it is installed."""

from typing import Any

from bot.workspace.errors import RefusedError
from bot.workspace.state.people import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    ENTERPRISE_ID,
    ENTERPRISE_NAME,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    UPDATED,
)
from bot.workspace.transport import socket_mode
from bot.workspace.workspace import Workspace


def _echo(_workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    told = {"args": arguments} if arguments else {}
    if "error" in arguments:
        raise RefusedError(arguments["error"], **told)
    return told


def _test(workspace: Workspace, _arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": f"{workspace.base_url}/",
        "team": TEAM_NAME,
        "user": workspace.everybody[BOT_USER_ID].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
        **({"enterprise_id": ENTERPRISE_ID} if workspace.settings.is_enterprise else {}),
    }


def _open_connection(workspace: Workspace, _arguments: dict[str, Any]) -> dict[str, Any]:
    ticket = socket_mode.require_sockets(workspace.link).give_ticket()
    address = workspace.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/socket?ticket={ticket}&app_id={APP_ID}"}


def _bot_info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments.get("bot", BOT_ID) != BOT_ID:
        raise RefusedError("bot_not_found")
    bot = {
        "id": BOT_ID,
        "deleted": False,
        "name": workspace.manifest.bot_name,
        "updated": UPDATED,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
    }
    return {"bot": bot}


def _team_info(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments.get("team", TEAM_ID) != TEAM_ID:
        raise RefusedError("team_not_found")
    team = {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": "example.com", "icon": {}}
    of_enterprise = {"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME}
    return {"team": team | (of_enterprise if workspace.settings.is_enterprise else {})}


METHODS = {
    "api.test": _echo,
    "auth.test": _test,
    "apps.connections.open": _open_connection,
    "bots.info": _bot_info,
    "team.info": _team_info,
}
