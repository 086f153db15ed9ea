"""Checks blocks and views against `blockkit.json` and words what is wrong as Slack does.

The wording is that of Slack's own open JSON-schema library, slackhq/hack-json-schema.
"""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from bot.workspace.blockkit import layout_rules
from bot.workspace.blockkit import rules as rules_module
from bot.workspace.blockkit.problems import BlockProblem, failed, missing, wrong_type
from bot.workspace.blockkit.scalars import check_scalar
from bot.workspace.blockkit.totals import check_totals, placed

SURFACES = ("message", "modal", "home")
_RULES = {**rules_module.RULES, **layout_rules.RULES}


def check_blocks(blocks: Any, *, surface: str, pointer: str) -> list[BlockProblem]:
    """All that Slack would refuse in a list of blocks standing on that surface."""
    problems = list(_Check(surface).surface_blocks(blocks, pointer))
    return problems + list(check_totals(placed(blocks, pointer), _tables()["totals"]))


def check_message(message: Any, *, pointer: str) -> list[BlockProblem]:
    """All that Slack would refuse in a message: its blocks, and the blocks of its attachments."""
    if not isinstance(message, dict):
        return [wrong_type("an object", pointer)]
    problems = list(_Check("message").fields(message, _tables()["message"], pointer))
    blocks = list(placed(message.get("blocks"), f"{pointer}/blocks"))
    attachments = message.get("attachments")
    for index, attachment in enumerate(attachments if isinstance(attachments, list) else ()):
        if isinstance(attachment, dict):
            blocks += placed(attachment.get("blocks"), f"{pointer}/attachments/{index}/blocks")
    return problems + list(check_totals(blocks, _tables()["totals"]))


def check_view(view: Any, *, pointer: str, kinds: tuple[str, ...] = ("modal", "home")) -> list[BlockProblem]:
    """All that Slack would refuse in a view."""
    if not isinstance(view, dict):
        return [wrong_type("an object", pointer)]
    kind = view.get("type")
    if kind is None:
        return [missing("type", pointer)]
    if kind not in kinds:
        return [failed("must be a valid enum value", f"{pointer}/type", "enum", list(kinds))]
    problems = list(_Check(kind).fields(view, _tables()["views"][kind], pointer))
    problems += rules_module.check_whole(view, pointer)
    return problems + list(check_totals(placed(view.get("blocks"), f"{pointer}/blocks"), _tables()["totals"]))


def check_options(answer: Any) -> list[BlockProblem]:
    """All that Slack would refuse in an app's answer to a block_suggestion."""
    if not isinstance(answer, dict):
        return [wrong_type("an object", "")]
    offered = {"type": "static_select", **{key: answer[key] for key in ("options", "option_groups") if key in answer}}
    if answer.get("options") == []:
        return []
    return list(_Check("modal").fields(offered, _tables()["elements"]["static_select"], ""))


def is_stateful(element_type: str) -> bool:
    """Whether an element of this type has a place in `view.state.values`."""
    return bool(_tables()["elements"].get(element_type, {}).get("stateful"))


def view_bytes_max() -> int:
    """The most bytes a view may have as JSON; above is `view_too_large`."""
    limit: int = _tables()["view_bytes"]
    return limit


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(
        resources.files("bot.workspace.blockkit").joinpath("blockkit.json").read_text("utf-8")
    )
    return tables


@dataclass(slots=True)
class _Check:
    """One walk through a surface's blocks."""

    surface: str
    block_ids: set[str] = field(default_factory=set)

    def surface_blocks(self, blocks: Any, pointer: str) -> Iterator[BlockProblem]:
        kinds = [name for name, known in _tables()["blocks"].items() if self.surface in known["surfaces"]]
        rule = {"kinds": kinds, "max": _tables()["surfaces"][self.surface]}
        yield from self._blocks(blocks, rule, pointer)

    def fields(self, value: dict[str, Any], definition: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        rules = definition["fields"]
        for name, named in rules.items():
            rule = _tables()["shared"][named] if isinstance(named, str) else named
            if value.get(name) is not None:
                yield from self._value(value[name], rule, f"{pointer}/{name}")
            elif rule.get("required"):
                yield missing(name, pointer)
        for name in () if definition.get("open") else value:
            if name not in rules and name != "type":
                yield failed(f"invalid additional property: {name}", pointer, "additional_properties", None)
        for name in definition.get("rules", ()):
            yield from _RULES[name](value, pointer)

    def _blocks(self, blocks: Any, rule: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        if not isinstance(blocks, list):
            yield wrong_type("an array", pointer)
            return
        yield from _count(blocks, rule, pointer)
        for index, block in enumerate(blocks[: rule["max"]]):
            yield from self._block(block, rule["kinds"], f"{pointer}/{index}")

    def _block(self, block: Any, kinds: list[str], pointer: str) -> Iterator[BlockProblem]:
        kind = yield from _kind(block, kinds, pointer)
        if kind is None:
            return
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in self.block_ids:
                yield failed(f'`block_id` "{block_id}" already exists', f"{pointer}/block_id", "unique", None)
            self.block_ids.add(block_id)
        yield from self.fields(block, _tables()["blocks"][kind], pointer)

    def _value(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        match rule["is"]:
            case "text":
                yield from self._text(value, rule, pointer)
            case "list":
                yield from self._list(value, rule, pointer)
            case "object":
                yield from self._object(value, rule["of"], pointer)
            case "one_of":
                yield from self._one_of(value, rule["kinds"], pointer)
            case "element":
                yield from self._element(value, rule["in"], pointer)
            case "blocks" if "kinds" in rule:
                yield from self._blocks(value, rule, pointer)
            case "blocks":
                yield from self.surface_blocks(value, pointer)
            case _:
                yield from check_scalar(value, rule, pointer)

    def _text(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        kind = yield from _kind(value, rule["kinds"], pointer)
        if kind is None:
            return
        fields = _tables()["texts"][kind]["fields"]
        limited = {"fields": fields | {"text": fields["text"] | {"min": 1, "max": rule["max"]}}}
        problems = list(self.fields(value, limited, pointer))
        if problems and len(rule["kinds"]) > 1:
            yield failed("failed to match all allowed schemas", pointer, "any_of", None)
        yield from problems

    def _list(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        if not isinstance(value, list):
            yield wrong_type("an array", pointer)
            return
        yield from _count(value, rule, pointer)
        for index, entry in enumerate(value[: rule.get("max")]):
            yield from self._value(entry, rule["of"], f"{pointer}/{index}")

    def _object(self, value: Any, name: str, pointer: str) -> Iterator[BlockProblem]:
        if isinstance(value, dict):
            yield from self.fields(value, _tables()["objects"][name], pointer)
        else:
            yield wrong_type("an object", pointer)

    def _one_of(self, value: Any, kinds: list[str], pointer: str) -> Iterator[BlockProblem]:
        kind = yield from _kind(value, kinds, pointer)
        if kind is not None:
            definition = _tables()["typed"].get(kind) or _tables()["blocks"][kind]
            yield from self.fields(value, definition, pointer)

    def _element(self, element: Any, parent: str, pointer: str) -> Iterator[BlockProblem]:
        known = _tables()["elements"]
        kinds = [name for name, one in known.items() if parent in one["in"] and self.surface in one["surfaces"]]
        kind = yield from _kind(element, kinds, pointer)
        if kind is None:
            return
        if known[kind].get("text"):
            yield from self._text(element, {"kinds": [kind], "max": 3000}, pointer)
        else:
            yield from self.fields(element, known[kind], pointer)


def _kind(value: Any, kinds: list[str], pointer: str) -> Generator[BlockProblem, None, str | None]:
    """Yields what is wrong with an object's `type` and returns the type when nothing is."""
    if not isinstance(value, dict):
        yield wrong_type("an object", pointer)
    elif "type" not in value:
        yield missing("type", pointer)
    elif value["type"] not in kinds:
        yield failed(f"unsupported type: {value['type']}", f"{pointer}/type", "enum", kinds)
    else:
        return str(value["type"])
    return None


def _count(entries: list[Any], rule: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    least, most = rule.get("min", 0), rule.get("max")
    if len(entries) < least:
        yield failed(f"must provide at least {least} items", pointer, "min_items", least)
    if most is not None and len(entries) > most:
        yield failed(f"no more than {most} items allowed", pointer, "max_items", most)
