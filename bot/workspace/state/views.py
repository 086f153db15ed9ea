"""Modals and Home tabs: each person's stack of open views, and what is entered in them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.workspace import ids
from bot.workspace.blockkit import check, completion
from bot.workspace.blockkit.problems import BlockProblem
from bot.workspace.clock import Clock
from bot.workspace.errors import InvalidArgumentsError, RefusedError
from bot.workspace.state import view_state
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.people import APP_ID, BOT_ID, TEAM_ID

STACK_DEPTH = 3
_TEXTS = ("private_metadata", "callback_id", "external_id")


@dataclass(slots=True, kw_only=True)
class View:
    """A modal or a Home tab as one person has it before them; `conversation` is what they looked at when it opened."""

    id: str
    person_id: str
    root_view_id: str
    previous_view_id: str | None
    definition: dict[str, Any]
    hash: str
    conversation: Conversation | None = None
    values: view_state.Values = field(default_factory=dict)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The blocks, with all ids."""
        blocks: list[dict[str, Any]] = self.definition["blocks"]
        return blocks

    @property
    def external_id(self) -> str:
        """The app's own name for the view, or an empty text."""
        return str(self.definition["external_id"])

    def as_slack(self) -> dict[str, Any]:
        """Slack's view object with what is entered now."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            **self.definition,
            "state": {"values": deepcopy(self.values)},
            "hash": self.hash,
            "root_view_id": self.root_view_id,
            "previous_view_id": self.previous_view_id,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }

    def replace(self, definition: dict[str, Any], now: float) -> None:
        """Shows another definition; what was entered stays where the fields stay."""
        self.values = view_state.kept(self.values, self.blocks, definition["blocks"], self.conversation)
        self.definition = definition
        self.hash = ids.make_hash(now)


def parse(view: Any, *, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A checked and completed view definition; RefusedError with what Slack answers to a wrong one."""
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "replace")) > check.view_bytes_max():
        raise RefusedError("view_too_large")
    problems = check.check_view(view, pointer="/view", kinds=kinds)
    if problems:
        raise _refusal(problems)
    definition = {"type": view["type"], "blocks": completion.complete(view["blocks"])}
    definition |= {name: view.get(name) or "" for name in _TEXTS}
    definition |= {
        "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
    }
    for name in ("title", "submit", "close") if view["type"] == "modal" else ():
        text = view.get(name)
        definition[name] = {"emoji": True, **text} if text else None
    return definition


class Views:
    """All open modals and all Home tabs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, person_id: str) -> list[View]:
        """The person's open modals, bottom first."""
        return list(self._stacks.get(person_id, ()))

    def home(self, person_id: str) -> View | None:
        """The person's Home tab, if the app published one."""
        return self._homes.get(person_id)

    def homes(self) -> list[View]:
        """Every Home tab that was published."""
        return list(self._homes.values())

    def put_home(self, home: View) -> None:
        """Takes in a Home tab that was kept."""
        self._homes[home.person_id] = home

    def find(self, view_id: str | None, external_id: str | None = None) -> View | None:
        """The open view with that id, or that external_id."""
        for view in self._all():
            if (view_id and view.id == view_id) or (external_id and view.external_id == external_id):
                return view
        return None

    def open(self, person_id: str, definition: dict[str, Any], conversation: Conversation | None = None) -> View:
        """Opens a modal as the only one of the person's stack."""
        self._refuse_taken_external_id(definition, besides=None)
        view = self._make(person_id, definition, conversation=conversation)
        self._stacks[person_id] = [view]
        return view

    def push(self, person_id: str, definition: dict[str, Any]) -> View:
        """Puts a modal on top of the person's open ones; RefusedError when none is open, or too many are."""
        stack = self._stacks.get(person_id)
        if not stack:
            raise RefusedError("not_found")
        if len(stack) >= STACK_DEPTH:
            raise RefusedError("push_limit_reached")
        self._refuse_taken_external_id(definition, besides=None)
        view = self._make(person_id, definition, below=stack[-1], conversation=stack[-1].conversation)
        stack.append(view)
        return view

    def update(self, view: View, definition: dict[str, Any], expected_hash: str | None = None) -> None:
        """Changes what a view shows; RefusedError when `expected_hash` tells of a change in between."""
        if expected_hash and expected_hash != view.hash:
            raise RefusedError("hash_conflict")
        self._refuse_taken_external_id(definition, besides=view)
        view.replace(definition, self._clock())

    def publish(self, person_id: str, definition: dict[str, Any], expected_hash: str | None) -> View:
        """Shows a Home tab to the person, anew or in place of the last one."""
        home = self._homes.get(person_id)
        if home:
            self.update(home, definition, expected_hash)
            return home
        self._refuse_taken_external_id(definition, besides=None)
        self._homes[person_id] = self._make(person_id, definition)
        return self._homes[person_id]

    def close_top(self, person_id: str) -> None:
        """Takes the top modal off the person's stack."""
        stack = self._stacks.get(person_id)
        if stack:
            stack.pop()

    def clear(self, person_id: str) -> None:
        """Closes all of the person's modals."""
        self._stacks.pop(person_id, None)

    def forget(self, person_id: str) -> None:
        """Closes all of the person's modals and forgets their Home tab."""
        self.clear(person_id)
        self._homes.pop(person_id, None)

    def _all(self) -> Iterator[View]:
        for stack in self._stacks.values():
            yield from stack
        yield from self._homes.values()

    def _make(
        self,
        person_id: str,
        definition: dict[str, Any],
        below: View | None = None,
        conversation: Conversation | None = None,
    ) -> View:
        view_id = ids.make("V")
        return View(
            id=view_id,
            person_id=person_id,
            root_view_id=below.root_view_id if below else view_id,
            previous_view_id=below.id if below else None,
            definition=definition,
            hash=ids.make_hash(self._clock()),
            conversation=conversation,
            values=view_state.initial(definition["blocks"], conversation),
        )

    def _refuse_taken_external_id(self, definition: dict[str, Any], besides: View | None) -> None:
        taken = self.find(None, definition["external_id"])
        if taken and taken is not besides:
            raise RefusedError("duplicate_external_id")


def _refusal(problems: list[BlockProblem]) -> InvalidArgumentsError:
    first = [] if problems[0].pointer == "/view" else ["failed to match all allowed schemas [json-pointer:/view]"]
    return InvalidArgumentsError(*first, *(problem.as_line() for problem in problems))
