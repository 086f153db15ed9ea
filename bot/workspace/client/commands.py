"""What a person types that begins with a slash: commands, and what they are told of them."""

import re
from typing import Any

from bot.workspace.client.slack_commands import INVITE, invite
from bot.workspace.errors import RefusedError
from bot.workspace.state import usergroups
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.people import SLACKBOT_ID, TEAM_ID, Person
from bot.workspace.state.response_urls import ResponseUrl
from bot.workspace.transport import payloads
from bot.workspace.transport.link import Answer, EnvelopeKind, Parcel, SendOutcome
from bot.workspace.web_api import answers
from bot.workspace.workspace import Workspace

_MENTION = re.compile(r"(?<!\S)([@#])([\w.-]+)")


async def run_command(workspace: Workspace, person: Person, conversation: Conversation, typed: str) -> dict[str, Any]:
    """Sends a slash command and waits for its acknowledgement; says what the person is told."""
    name, _, text = typed.strip().partition(" ")
    if name == INVITE:
        return invite(workspace, person, conversation, text)
    command = workspace.manifest.find_command(name)
    # A command belongs to the workspace the app is installed in; people from elsewhere do not have it.
    if command is None or person.team_id != TEAM_ID:
        message = f"{name} is not a valid command."
        return _tell(workspace, person, conversation, "unknown_command", message)
    place = ResponseUrl(conversation=conversation, person_id=person.id)
    payload = payloads.command(
        person,
        conversation,
        typed=(name, _escape(workspace, text.strip()) if command.should_escape else text.strip()),
        trigger_id=workspace.triggers.give(person.id, conversation),
        response_url=workspace.response_urls.give(workspace.base_url, place),
    )
    answer = await workspace.deliver(Parcel(kind=EnvelopeKind.COMMAND, payload=payload))
    error = _take(workspace, place, answer)
    if error is None:
        return {"ok": True}
    message = f"{name} failed with the error “{error}”"
    return _tell(workspace, person, conversation, error, message)


def _take(workspace: Workspace, place: ResponseUrl, answer: Answer) -> str | None:
    """Shows what came with the acknowledgement; returns Slack's error name when there was no good one."""
    match answer.outcome:
        case SendOutcome.TIMED_OUT:
            return "operation_timeout"
        case SendOutcome.UNDELIVERED:
            return "dispatch_failed"
        case SendOutcome.ACKNOWLEDGED:
            return _show(workspace, place, answer.payload)


def _show(workspace: Workspace, place: ResponseUrl, payload: Any) -> str | None:
    content = {"text": payload} if isinstance(payload, str) else payload
    if not content:
        return None
    if not isinstance(content, dict):
        return "dispatch_failed"
    try:
        answers.post(workspace, place, content)
    except RefusedError as error:
        if error.error == "no_text":
            return None
        workspace.journal.note("in", "command answer", "refused", str(error.as_answer()))
        return "dispatch_failed"
    return None


def _tell(workspace: Workspace, person: Person, conversation: Conversation, error: str, message: str) -> dict[str, Any]:
    workspace.post(conversation, by=SLACKBOT_ID, text=message, only_for=person.id)
    return {"ok": False, "error": error, "message": message}


def _escape(workspace: Workspace, text: str) -> str:
    """Turns @name, @group and #channel into Slack's form with ids."""

    def replace(found: re.Match[str]) -> str:
        sign, name = found.groups()
        if sign == "#":
            channel = workspace.conversations.find(name)
            return f"<#{channel.id}|{channel.name}>" if channel else found.group()
        person = next((one for one in workspace.everybody.values() if one.name == name), None)
        group = next((one for one in usergroups.SEEDED if one.handle == name and not one.is_disabled), None)
        if person is None and group is not None:
            return f"<!subteam^{group.id}|@{group.handle}>"
        return f"<@{person.id}|{person.name}>" if person else found.group()

    return _MENTION.sub(replace, text)
