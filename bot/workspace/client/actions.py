"""What a person does with elements outside a form's submission: press, choose, look for options."""

from typing import Any

from bot.workspace.blockkit import check
from bot.workspace.client.sources import Source
from bot.workspace.errors import RefusedError
from bot.workspace.state import view_state
from bot.workspace.state.people import Person
from bot.workspace.transport import payloads
from bot.workspace.transport.link import Answer, EnvelopeKind, Parcel, SendOutcome
from bot.workspace.workspace import Workspace

_EXTERNAL = {"external_select", "multi_external_select"}
_PLAIN_BUTTONS = {"button", "icon_button", "workflow_button"}


async def press(
    workspace: Workspace, person: Person, source: Source, place: tuple[Any, Any], value: Any
) -> dict[str, Any]:
    """Presses a button or changes an element of an actions or section block; RefusedError for a field of the form."""
    block, element = source.element(*place)
    if block["type"] == "input" and not block["dispatch_action"]:
        raise RefusedError("no_such_field", message="This field is sent with the form.")
    entry = enter(workspace, person, source, (block, element), value)
    return await dispatch(workspace, person, source, (block, element), entry)


def enter(
    workspace: Workspace,
    person: Person,
    source: Source,
    found: tuple[dict[str, Any], dict[str, Any]],
    value: Any,
) -> dict[str, Any]:
    """Stores what the person entered in an element and returns its part of the state."""
    block, element = found
    if element["type"] in _PLAIN_BUTTONS:
        return {}
    if element["type"] == "feedback_buttons":
        return _feedback(element, value)
    if element["type"] == "overflow":
        return {"selected_option": view_state.choose(value, view_state.options_of(element))}
    entry = view_state.entered(element, value, _offered(workspace, person, source, found))
    for given in entry.get("files", ()):
        workspace.files.tell_app(given["id"])
    source.values.setdefault(block["block_id"], {})[element["action_id"]] = entry
    workspace.changes.tell(person.id)
    return entry


async def dispatch(
    workspace: Workspace,
    person: Person,
    source: Source,
    found: tuple[dict[str, Any], dict[str, Any]],
    entry: dict[str, Any],
) -> dict[str, Any]:
    """Sends block_actions and waits for its acknowledgement."""
    require_interactivity(workspace)
    action = payloads.action(*found, entry, workspace.clock())
    payload = {
        "type": "block_actions",
        **source.payload(workspace, person),
        "trigger_id": workspace.triggers.give(person.id, source.looked_at),
        "actions": [action],
    }
    answer = await workspace.deliver(Parcel(kind=EnvelopeKind.INTERACTION, payload=payload))
    return told(answer)


async def ask_options(
    workspace: Workspace, person: Person, source: Source, place: tuple[Any, Any], typed: str
) -> dict[str, Any]:
    """Asks the app for the options of an external select, once enough is typed; RefusedError for any other element."""
    require_interactivity(workspace)
    found = source.element(*place)
    block, element = found
    if element["type"] not in _EXTERNAL:
        raise RefusedError("no_such_field", message="This field has its own options.")
    if len(typed) < element.get("min_query_length", 3):
        return {"ok": True, "options": []}
    payload = {
        "type": "block_suggestion",
        **source.payload(workspace, person),
        "block_id": block["block_id"],
        "action_id": element["action_id"],
        "value": typed,
    }
    answer = await workspace.deliver(Parcel(kind=EnvelopeKind.INTERACTION, payload=payload))
    if answer.outcome is not SendOutcome.ACKNOWLEDGED:
        return told(answer)
    return _take_options(workspace, _offer_key(person, source, found), answer.payload)


def require_interactivity(workspace: Workspace) -> None:
    """RefusedError when the app takes no interactions."""
    if not workspace.manifest.is_interactive:
        message = "This app is not configured to handle interactive responses."
        raise RefusedError("interactivity_not_enabled", message=message)


def told(answer: Answer) -> dict[str, Any]:
    """What the person's client is told of an interaction."""
    match answer.outcome:
        case SendOutcome.ACKNOWLEDGED:
            return {"ok": True}
        case SendOutcome.TIMED_OUT:
            return {"ok": False, "error": "operation_timeout"}
        case SendOutcome.UNDELIVERED:
            return {"ok": False, "error": "dispatch_failed"}


def _feedback(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """The one of the two buttons that was pressed."""
    buttons = {element[name]["value"]: element[name] for name in ("positive_button", "negative_button")}
    return {name: view_state.choose(value, buttons)[name] for name in ("text", "value")}


def _take_options(workspace: Workspace, key: tuple[str, ...], answer: Any) -> dict[str, Any]:
    problems = check.check_options(answer)
    if problems:
        lines = "; ".join(problem.as_line() for problem in problems)
        workspace.journal.note("in", "options", "refused", lines)
        return {"ok": False, "error": "invalid_options", "message": lines}
    workspace.offered[key] = view_state.options_of(answer)
    return {"ok": True, **{name: answer[name] for name in ("options", "option_groups") if name in answer}}


def _offered(
    workspace: Workspace, person: Person, source: Source, found: tuple[dict[str, Any], dict[str, Any]]
) -> dict[str, Any]:
    """What can be chosen besides an element's own options."""
    if found[1]["type"] == "file_input":
        return {file.id: file.as_slack() for file in workspace.files.owned_by(person.id)}
    # What is chosen already stays choosable when a later search does not find it.
    return _chosen(source, found) | (workspace.offered.get(_offer_key(person, source, found)) or {})


def _chosen(source: Source, found: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    block, element = found
    entry = source.values.get(block["block_id"], {}).get(element["action_id"])
    content = view_state.content(entry) if entry else None
    options = content if isinstance(content, list) else [content]
    return {option["value"]: option for option in options if isinstance(option, dict) and "value" in option}


def _offer_key(person: Person, source: Source, found: tuple[dict[str, Any], dict[str, Any]]) -> tuple[str, ...]:
    block, element = found
    return (person.id, source.id, block["block_id"], element["action_id"])
