"""Posts scheduled messages when their time has come."""

import asyncio

from bot.workspace.errors import RefusedError
from bot.workspace.state.people import BOT_USER_ID
from bot.workspace.workspace import Workspace

PAUSE_SECONDS = 0.25


async def deliver_scheduled(workspace: Workspace) -> None:
    """Looks again and again for what is due, for as long as it is not cancelled; what cannot be posted is noted."""
    while True:
        for message in workspace.scheduled.take_due(workspace.clock()):
            conversation = workspace.conversations.find(message.channel)
            try:
                if conversation is not None:
                    workspace.post(conversation, by=BOT_USER_ID, **message.content)
            except RefusedError as error:
                workspace.journal.note("here", "chat.scheduleMessage", error.error, summary=message.id)
        await asyncio.sleep(PAUSE_SECONDS)
