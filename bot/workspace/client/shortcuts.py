"""Shortcuts: what the app offers to do with a message, or anywhere."""

from typing import Any

from bot.workspace.client import actions, sources
from bot.workspace.errors import RefusedError
from bot.workspace.state.people import TEAM_ID, Person
from bot.workspace.state.response_urls import ResponseUrl
from bot.workspace.transport import payloads
from bot.workspace.transport.link import EnvelopeKind, Parcel
from bot.workspace.workspace import Workspace


async def run(workspace: Workspace, person: Person, act: dict[str, Any]) -> dict[str, Any]:
    """Sends a shortcut and waits for its acknowledgement; with `channel` and `ts` it is one of that message.

    A global one may name the `channel` that the person is looking at.

    RefusedError when there is no such shortcut for this person, or no such message.
    """
    actions.require_interactivity(workspace)
    callback_id = act.get("callback_id")
    shortcut = workspace.manifest.find_shortcut(callback_id, kind="message" if "ts" in act else "global")
    # As with commands: people from elsewhere do not have what is installed here.
    if shortcut is None or person.team_id != TEAM_ID:
        raise RefusedError("no_such_shortcut", message=f"There is no shortcut {callback_id!r} for you here.")
    source = sources.find(workspace, person, {**act, "type": "message"}) if shortcut.kind == "message" else None
    looked_at = workspace.require_conversation(person, act["channel"]) if act.get("channel") else None
    trigger_id = workspace.triggers.give(person.id, looked_at)
    payload = payloads.shortcut(person, shortcut.callback_id, trigger_id=trigger_id, now=workspace.clock())
    if source is not None:
        payload = _about(workspace, person, source, payload)
    return actions.told(await workspace.deliver(Parcel(kind=EnvelopeKind.INTERACTION, payload=payload)))


def _about(workspace: Workspace, person: Person, source: sources.Source, payload: dict[str, Any]) -> dict[str, Any]:
    conversation, message = source.conversation, source.message
    if conversation is None or message is None or message.only_for is not None:
        raise RefusedError("message_not_found", message="Shortcuts are for messages that others see as well.")
    # Without the message: what was written by somebody else cannot be replaced through this address.
    place = ResponseUrl(conversation=conversation, person_id=person.id)
    url = workspace.response_urls.give(workspace.base_url, place)
    return payloads.message_shortcut(payload, conversation, message, url)
