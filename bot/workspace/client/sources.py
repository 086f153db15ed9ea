"""Where a person acts: in a modal, in a Home tab or on a message."""

from dataclasses import dataclass
from typing import Any

from bot.workspace.blockkit import completion
from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.messages import Message
from bot.workspace.state.people import Person
from bot.workspace.state.response_urls import ResponseUrl
from bot.workspace.state.view_state import Values
from bot.workspace.state.views import View
from bot.workspace.transport import payloads
from bot.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A view, or a message in its conversation, as one person sees it."""

    id: str
    blocks: list[dict[str, Any]]
    values: Values
    view: View | None = None
    conversation: Conversation | None = None
    message: Message | None = None

    @property
    def looked_at(self) -> Conversation | None:
        """The conversation that the person has before them, or had when the view was opened."""
        return self.conversation if self.view is None else self.view.conversation

    def element(self, block_id: Any, action_id: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The block and the element with these ids; RefusedError when they are not there."""
        found = completion.find_element(self.blocks, block_id, action_id)
        if found is None:
            raise RefusedError("no_such_field")
        return found

    def payload(self, workspace: Workspace, person: Person) -> dict[str, Any]:
        """What an interaction says of this place; RefusedError when it is neither a view nor a message."""
        if self.view is not None:
            return payloads.from_view(person, self.view)
        if self.conversation is None or self.message is None:
            raise RefusedError("message_not_found")
        place = ResponseUrl(conversation=self.conversation, person_id=person.id, message_ts=self.message.ts)
        url = workspace.response_urls.give(workspace.base_url, place)
        return {**payloads.from_message(person, self.conversation, self.message), "response_url": url}


def find(workspace: Workspace, person: Person, source: Any) -> Source:
    """The place that the person's client names; RefusedError when it is not before that person."""
    match source:
        case {"type": "view", "view_id": str(view_id)}:
            return _of_view(top_view(workspace, person, view_id))
        case {"type": "home"}:
            home = workspace.views.home(person.id)
            if home is None:
                raise RefusedError("view_not_found")
            return _of_view(home)
        case {"type": "message", "channel": str(channel), "ts": str(ts)}:
            return _of_message(workspace, person, channel, ts)
        case _:
            raise RefusedError("bad_source")


def top_view(workspace: Workspace, person: Person, view_id: str) -> View:
    """The person's modal with that id; RefusedError when it is not the one on top."""
    stack = workspace.views.stack(person.id)
    view = next((one for one in stack if one.id == view_id), None)
    if view is None:
        raise RefusedError("view_not_found")
    if view is not stack[-1]:
        raise RefusedError("view_not_on_top")
    return view


def _of_view(view: View) -> Source:
    return Source(id=view.id, blocks=view.blocks, values=view.values, view=view)


def _of_message(workspace: Workspace, person: Person, channel: str, ts: str) -> Source:
    conversation = workspace.require_conversation(person, channel)
    message = next((one for one in conversation.seen_by(person.id) if one.ts == ts), None)
    if message is None:
        raise RefusedError("message_not_found")
    return Source(id=ts, blocks=message.blocks, values=message.values, conversation=conversation, message=message)
