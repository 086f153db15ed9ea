"""What a person does with a modal: fill it in, submit it, close it."""

from typing import Any

from bot.workspace.blockkit import completion
from bot.workspace.client import actions, form_checks, sources
from bot.workspace.errors import BadValueError, RefusedError
from bot.workspace.state import view_state
from bot.workspace.state.people import Person
from bot.workspace.state.response_urls import ResponseUrl
from bot.workspace.state.views import View
from bot.workspace.transport import payloads
from bot.workspace.transport.link import EnvelopeKind, Parcel, SendOutcome
from bot.workspace.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"
_TEXT_INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input"}


async def fill(workspace: Workspace, person: Person, view: View, act: dict[str, Any]) -> dict[str, Any]:
    """Enters a value in a field; tells the app at once where the block asks for that."""
    source = sources.find(workspace, person, {"type": "view", "view_id": view.id})
    found = source.element(act.get("block_id"), act.get("action_id"))
    try:
        entry = actions.enter(workspace, person, source, found, act.get("value"))
    except BadValueError as error:
        return {"ok": False, "error": "bad_value", "message": str(error)}
    if _is_dispatched(*found, has_enter=act.get("enter") is True):
        return await actions.dispatch(workspace, person, source, found, entry)
    return {"ok": True}


async def submit(workspace: Workspace, person: Person, view: View) -> dict[str, Any]:
    """Checks the form as Slack's client does, sends it, and does what the app answers."""
    if view.definition["submit"] is None:
        return {"ok": False, "error": "no_submit_button"}
    errors = form_checks.problems(view.blocks, view.values)
    if errors:
        return {"ok": False, "errors": errors}
    addresses = _response_urls(workspace, person, view)
    payload = payloads.submission(person, view, workspace.triggers.give(person.id, view.conversation), addresses)
    answer = await workspace.deliver(Parcel(kind=EnvelopeKind.INTERACTION, payload=payload))
    if answer.outcome is not SendOutcome.ACKNOWLEDGED:
        return {"ok": False, "error": "operation_timeout", "message": TROUBLE}
    try:
        return _apply(workspace, person, view, answer.payload)
    except RefusedError as error:
        workspace.journal.note("in", "view_submission answer", "refused", str(error.as_answer()))
        return {"ok": False, "error": "invalid_response", "message": TROUBLE}
    finally:
        workspace.changes.tell(person.id)


def close(workspace: Workspace, person: Person, view: View, *, everything: bool) -> dict[str, Any]:
    """Closes the top modal (Cancel) or the whole stack (the cross); the app hears of it where it asked to."""
    is_cleared = everything or bool(view.definition["clear_on_close"])
    reported = workspace.views.stack(person.id)[0] if everything else view
    if is_cleared:
        workspace.views.clear(person.id)
    else:
        workspace.views.close_top(person.id)
    if reported.definition["notify_on_close"]:
        payload = payloads.closing(person, reported, is_cleared=everything)
        workspace.send_soon(Parcel(kind=EnvelopeKind.INTERACTION, payload=payload))
    workspace.changes.tell(person.id)
    return {"ok": True}


def _response_urls(workspace: Workspace, person: Person, view: View) -> list[dict[str, Any]]:
    """Where the app may answer: in the conversations chosen in selects with response_url_enabled."""
    found = []
    for block, element in completion.stateful_elements(view.blocks):
        chosen = view_state.content(view.values[block["block_id"]][element["action_id"]])
        conversation = workspace.conversations.find(chosen) if isinstance(chosen, str) else None
        if not element.get("response_url_enabled") or conversation is None:
            continue
        place = ResponseUrl(conversation=conversation, person_id=person.id)
        found.append(
            {
                "block_id": block["block_id"],
                "action_id": element["action_id"],
                "channel_id": conversation.id,
                "response_url": workspace.response_urls.give(workspace.base_url, place),
            }
        )
    return found


def _is_dispatched(block: dict[str, Any], element: dict[str, Any], *, has_enter: bool) -> bool:
    if block["type"] != "input":
        return True
    if not block["dispatch_action"] or element["type"] not in _TEXT_INPUTS:
        return bool(block["dispatch_action"])
    wanted = (element.get("dispatch_action_config") or {}).get("trigger_actions_on") or ["on_enter_pressed"]
    return "on_character_entered" in wanted or (has_enter and "on_enter_pressed" in wanted)


def _apply(workspace: Workspace, person: Person, view: View, answer: Any) -> dict[str, Any]:
    match answer:
        case None | "" | {} if not answer:
            _close_submitted(workspace, person, view)
            return {"ok": True, "closed": True}
        case {"response_action": "errors", "errors": dict(errors)}:
            return {"ok": False, "errors": _checked_errors(view, errors)}
        case {"response_action": "clear"}:
            workspace.views.clear(person.id)
            return {"ok": True, "closed": True}
        case {"response_action": "update", "view": definition}:
            workspace.views.update(view, workspace.parse_view(definition, kinds=("modal",)))
            return {"ok": True, "closed": False}
        case {"response_action": "push", "view": definition}:
            workspace.views.push(person.id, workspace.parse_view(definition, kinds=("modal",)))
            return {"ok": True, "closed": False}
        case _:
            raise RefusedError("invalid_response_action", answer=answer)


def _close_submitted(workspace: Workspace, person: Person, view: View) -> None:
    """Closes the submitted modal unless the person or the app already did."""
    stack = workspace.views.stack(person.id)
    if stack and stack[-1] is view:
        workspace.views.close_top(person.id)


def _checked_errors(view: View, errors: dict[str, Any]) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    for block_id, message in errors.items():
        if block_id not in inputs or not isinstance(message, str) or not message:
            raise RefusedError("invalid_errors", block_id=block_id, inputs=sorted(inputs))
    if not errors:
        raise RefusedError("invalid_errors", inputs=sorted(inputs))
    return errors
