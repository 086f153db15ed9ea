"""Slack's own commands that concern an app: the one that brings it into a channel."""

from typing import Any

from bot.workspace.state.conversations import Conversation
from bot.workspace.state.people import BOT_USER_ID, SLACKBOT_ID, Person
from bot.workspace.workspace import Workspace

INVITE = "/invite"


def invite(workspace: Workspace, person: Person, conversation: Conversation, text: str) -> dict[str, Any]:
    """Brings the app into a channel; says what the person is told. The words to them are ours."""
    name = workspace.manifest.bot_name
    if conversation.is_im or text.strip().removeprefix("@").casefold() not in {name.casefold(), BOT_USER_ID.casefold()}:
        refused = f"{INVITE} works in a channel, and nobody but @{name} has to be invited here."
        workspace.post(conversation, by=SLACKBOT_ID, text=refused, only_for=person.id)
        return {"ok": False, "error": "cannot_invite", "message": refused}
    if not conversation.has_app:
        conversation.has_app = True
        workspace.post(conversation, by=SLACKBOT_ID, text=f"{name} was added to #{conversation.name}.")
    return {"ok": True}
