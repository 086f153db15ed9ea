"""One thing somebody did in Slack: who, with what, and how to answer where they are."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt import Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackRequestError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.slack.modals import TriggeredModal
from bot.slack.replies import Reply
from runner.errors import Refused
from runner.messages.blocks import plain, rich, section
from runner.system.text import clipped, slack_text, visible

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_TEXT = 3000
_SHOWN = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A command, a press of a button, a submission or an event, as Slack sent it; its trigger opens ``modal``."""

    body: Mapping[str, Any]
    client: WebClient
    ack: Reply
    respond: Respond
    modal: TriggeredModal

    @property
    def kind(self) -> str:
        """Slack's name for it: ``block_actions``, ``view_submission``, …; empty for a command."""
        return str(self.body.get("type") or "")

    @property
    def is_answered_in_modal(self) -> bool:
        """Whether an answer takes a modal of its own: in a view, unless that is an answer itself."""
        return bool(self.view) and self.view.get("callback_id") != _SHOWN

    @property
    def user_id(self) -> str:
        """Who did it; Refused where Slack does not say."""
        person = self.body.get("user") or self.body.get("event")
        found = self.body.get("user_id") or (
            person.get("id") or person.get("user") if isinstance(person, Mapping) else ""
        )
        if not (isinstance(found, str) and _USER_ID.fullmatch(found)):
            raise Refused("Slack did not say who you are.")
        return found

    @property
    def text(self) -> str:
        """What stands after a command."""
        return str(self.body.get("text") or "").strip()

    @property
    def view(self) -> Mapping[str, Any]:
        """The view it happened in; empty where it was not in one."""
        view = self.body.get("view")
        return view if isinstance(view, Mapping) else {}

    @property
    def pressed(self) -> str:
        """The value of the button that was pressed."""
        return str(self._action.get("value"))

    @property
    def chosen(self) -> str:
        """The value of the entry that was chosen in a menu."""
        option = self._action.get("selected_option")
        return str(option.get("value")) if isinstance(option, Mapping) else ""

    @property
    def chosen_user(self) -> str:
        """The user id of the person who was chosen in a menu; empty where nobody was."""
        return str(self._action.get("selected_user") or "")

    @property
    def action_id(self) -> str:
        """The element that something was done with; empty where there is none."""
        return str(self._action.get("action_id") or "")

    @property
    def searched(self) -> str:
        """What was typed in a menu to search in it."""
        return str(self.body.get("value") or "")

    @property
    def acted_at(self) -> str:
        """When it happened, in seconds, as Slack's client says; empty where nothing was pressed or chosen."""
        return str(self._action.get("action_ts") or "")

    @property
    def block_id(self) -> str:
        """The block that something was typed or chosen in."""
        return str(self._action.get("block_id") or self.body.get("block_id") or "")

    @property
    def press_id(self) -> str:
        """What tells this press of a button from every other: person, button and moment."""
        parts = [self.user_id, *(str(self._action.get(key)) for key in ("action_id", "value", "action_ts"))]
        return f"press:{digest(parts)}"

    def answer(self, text: str, blocks: Sequence[Block] | None = None, *, title: str = "ScriptRunner") -> None:
        """Show blocks, and the text to those who hear it; only the person who asked sees it, in a modal under a title.

        A message that only this person sees is replaced; one that stays, such as a direct message, is answered beside
        it. From the Home tab the answer opens a modal; it takes the place of another answer, and lies above a form, so
        that nothing typed is lost. SlackRequestError, or another SlackClientError, where Slack does not take it.
        """
        shown = blocks or [rich(section(clipped(text, _TEXT)))]
        if self.view or self.modal.is_waiting():
            self._show(shown, text, title)
            return
        container = self.body.get("container")
        answer = self.respond(
            text=slack_text(clipped(text, _TEXT)),
            blocks=shown,
            response_type="ephemeral",
            replace_original=isinstance(container, Mapping) and bool(container.get("is_ephemeral")),
            unfurl_links=False,
            unfurl_media=False,
        )
        if answer.status_code != 200:
            raise SlackRequestError(f"Slack took no answer: {answer.status_code} {visible(answer.body[:200])}")

    def show(self, view: View) -> None:
        """Show a modal, unless it was closed while it was waited for."""
        self.modal.show(view)

    def write(self, text: str) -> None:
        """Say it in a direct message: where no other way is left."""
        words = clipped(text, _TEXT)
        self.client.chat_postMessage(channel=self.user_id, text=slack_text(words), blocks=[rich(section(words))])

    def _show(self, blocks: Sequence[Block], text: str, title: str) -> None:
        modal = View(type="modal", callback_id=_SHOWN, title=plain(title), close=plain("Close"), blocks=blocks)
        if self.view.get("callback_id") == _SHOWN:
            self.client.views_update(view_id=self.view["id"], view=modal)
        elif not self.modal.show(modal):
            self.write(text)

    @property
    def _action(self) -> Mapping[str, Any]:
        actions = self.body.get("actions")
        return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}


def digest(parts: Sequence[str]) -> str:
    """A short name for texts of any length that no other texts have."""
    return hashlib.sha256(
        "".join(f"{len(part)}:{part}" for part in parts).encode(errors="backslashreplace")
    ).hexdigest()
