"""Web API methods about modals and Home tabs."""

from typing import Any

from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.state.views import View
from bot.workspace.workspace import Workspace


def _open(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    definition = workspace.parse_view(arguments["view"], kinds=("modal",))
    trigger = workspace.triggers.exchange(_trigger(arguments))
    return _answer(workspace, workspace.views.open(trigger.person_id, definition, trigger.conversation))


def _push(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    definition = workspace.parse_view(arguments["view"], kinds=("modal",))
    trigger = workspace.triggers.exchange(_trigger(arguments))
    return _answer(workspace, workspace.views.push(trigger.person_id, definition))


def _update(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
    if not view_id and not external_id:
        raise InvalidArgumentsError("must provide `view_id` or `external_id`")
    view = workspace.views.find(view_id, external_id)
    if view is None:
        raise RefusedError("not_found")
    definition = workspace.parse_view(arguments["view"], kinds=(view.definition["type"],))
    workspace.views.update(view, definition, arguments.get("hash"))
    return _answer(workspace, view)


def _publish(workspace: Workspace, arguments: dict[str, Any]) -> dict[str, Any]:
    definition = workspace.parse_view(arguments["view"], kinds=("home",))
    if not workspace.manifest.has_home_tab:
        raise RefusedError("not_enabled")
    person_id = arguments["user_id"]
    if person_id not in workspace.people:
        raise InvalidArgumentsError("invalid `user_id`")
    return _answer(workspace, workspace.views.publish(person_id, definition, arguments.get("hash")))


def _trigger(arguments: dict[str, Any]) -> str:
    trigger_id = arguments.get("trigger_id") or arguments.get("interactivity_pointer")
    if not trigger_id:
        raise InvalidArgumentsError("missing required field: trigger_id")
    return str(trigger_id)


def _answer(workspace: Workspace, view: View) -> dict[str, Any]:
    """The view without what is entered in it: Slack tells that in interactions only."""
    workspace.changes.tell(view.person_id)
    return {"view": view.as_slack() | {"state": {"values": {}}}}


METHODS = {"views.open": _open, "views.push": _push, "views.update": _update, "views.publish": _publish}
