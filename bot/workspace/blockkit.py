"""Checks blocks and views against `blockkit.json` and words what is wrong as Slack does.

The wording is that of Slack's own open JSON-schema library, slackhq/hack-json-schema.
"""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from bot.workspace import blockkit_rules
from bot.workspace.blockkit_problems import Problem, failed, missing, wrong_type

SURFACES = ("message", "modal", "home")


def check_blocks(blocks: Any, *, surface: str, pointer: str) -> list[Problem]:
    """All that Slack would refuse in a list of blocks standing on that surface."""
    return list(_Check(surface).blocks(blocks, pointer))


def check_view(view: Any, *, pointer: str, kinds: tuple[str, ...] = ("modal", "home")) -> list[Problem]:
    """All that Slack would refuse in a view."""
    if not isinstance(view, dict):
        return [wrong_type("an object", pointer)]
    kind = view.get("type")
    if kind is None:
        return [missing("type", pointer)]
    if kind not in kinds:
        return [_unsupported(kind, list(kinds), f"{pointer}/type")]
    check = _Check(kind)
    problems = list(check.fields(view, _tables()["views"][kind], pointer))
    return problems + list(blockkit_rules.check_whole(view, pointer))


def check_options(answer: Any) -> list[Problem]:
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
    tables: dict[str, Any] = json.loads(resources.files("bot.workspace").joinpath("blockkit.json").read_text("utf-8"))
    return tables


def _unsupported(found: Any, expected: list[str], pointer: str) -> Problem:
    return failed(f"unsupported type: {found}", pointer, "enum", expected)


@dataclass(slots=True)
class _Check:
    """One walk through a surface's blocks."""

    surface: str
    block_ids: set[str] = field(default_factory=set)

    def blocks(self, blocks: Any, pointer: str) -> Iterator[Problem]:
        most = _tables()["surfaces"][self.surface]
        if not isinstance(blocks, list):
            yield wrong_type("an array", pointer)
            return
        if len(blocks) > most:
            yield failed(f"no more than {most} items allowed", pointer, "max_items", most)
        for index, block in enumerate(blocks[:most]):
            yield from self._block(block, f"{pointer}/{index}")

    def fields(self, value: dict[str, Any], definition: dict[str, Any], pointer: str) -> Iterator[Problem]:
        rules = definition["fields"]
        for name, rule in rules.items():
            if value.get(name) is not None:
                yield from self._value(value[name], rule, f"{pointer}/{name}")
            elif rule.get("required"):
                yield missing(name, pointer)
        if not definition.get("open"):
            for name in value:
                if name not in rules and name != "type":
                    yield failed(f"invalid additional property: {name}", pointer, "additional_properties", None)
        for name in definition.get("rules", ()):
            yield from blockkit_rules.RULES[name](value, pointer)

    def _block(self, block: Any, pointer: str) -> Iterator[Problem]:
        kinds = [name for name, known in _tables()["blocks"].items() if self.surface in known["surfaces"]]
        kind = yield from _kind(block, kinds, pointer)
        if kind is None:
            return
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in self.block_ids:
                yield failed(f'`block_id` "{block_id}" already exists', f"{pointer}/block_id", "unique", None)
            self.block_ids.add(block_id)
        yield from self.fields(block, _tables()["blocks"][kind], pointer)

    def _value(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[Problem]:
        match rule["is"]:
            case "string":
                yield from _string(value, rule, pointer)
            case "integer":
                yield from _integer(value, rule, pointer)
            case "boolean" if not isinstance(value, bool):
                yield wrong_type("a boolean", pointer)
            case "mapping" if not isinstance(value, dict):
                yield wrong_type("an object", pointer)
            case "text":
                yield from self._text(value, rule, pointer)
            case "list":
                yield from self._list(value, rule, pointer)
            case "object":
                yield from self._object(value, rule["of"], pointer)
            case "element":
                yield from self._element(value, rule["in"], pointer)
            case "blocks":
                yield from self.blocks(value, pointer)
            case _:
                return

    def _text(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[Problem]:
        kind = yield from _kind(value, rule["kinds"], pointer)
        if kind is None:
            return
        fields = _tables()["texts"][kind]["fields"]
        limited = {"fields": fields | {"text": fields["text"] | {"min": 1, "max": rule["max"]}}}
        problems = list(self.fields(value, limited, pointer))
        if problems and len(rule["kinds"]) > 1:
            yield failed("failed to match all allowed schemas", pointer, "any_of", None)
        yield from problems

    def _list(self, value: Any, rule: dict[str, Any], pointer: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield wrong_type("an array", pointer)
            return
        least, most = rule.get("min", 0), rule.get("max")
        if len(value) < least:
            yield failed(f"must provide at least {least} items", pointer, "min_items", least)
        if most is not None and len(value) > most:
            yield failed(f"no more than {most} items allowed", pointer, "max_items", most)
        for index, entry in enumerate(value[:most]):
            yield from self._value(entry, rule["of"], f"{pointer}/{index}")

    def _object(self, value: Any, name: str, pointer: str) -> Iterator[Problem]:
        if isinstance(value, dict):
            yield from self.fields(value, _tables()["objects"][name], pointer)
        else:
            yield wrong_type("an object", pointer)

    def _element(self, element: Any, parent: str, pointer: str) -> Iterator[Problem]:
        known = _tables()["elements"]
        kinds = [name for name, one in known.items() if parent in one["in"] and self.surface in one["surfaces"]]
        kind = yield from _kind(element, kinds, pointer)
        if kind is None:
            return
        if known[kind].get("text"):
            yield from self._text(element, {"kinds": [kind], "max": 3000}, pointer)
        else:
            yield from self.fields(element, known[kind], pointer)


def _kind(value: Any, kinds: list[str], pointer: str) -> Generator[Problem, None, str | None]:
    """Yields what is wrong with an object's `type` and returns the type when nothing is."""
    if not isinstance(value, dict):
        yield wrong_type("an object", pointer)
    elif "type" not in value:
        yield missing("type", pointer)
    elif value["type"] not in kinds:
        yield _unsupported(value["type"], kinds, f"{pointer}/type")
    else:
        return str(value["type"])
    return None


def _string(value: Any, rule: dict[str, Any], pointer: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield wrong_type("a string", pointer)
        return
    least, most = rule.get("min", 0), rule.get("max")
    if len(value) < least:
        yield failed(f"must be more than {least - 1} characters", pointer, "min_length", least)
    if most is not None and len(value) > most:
        yield failed(f"must be less than {most + 1} characters", pointer, "max_length", most)
    if "enum" in rule and value not in rule["enum"]:
        yield failed("must be a valid enum value", pointer, "enum", rule["enum"])
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield failed(f"input must match regex pattern: {rule['pattern']}", pointer, "pattern", rule["pattern"])
    elif rule.get("format") == "date" and not blockkit_rules.is_date(value):
        yield failed("input must be a valid: date", pointer, "format", "date")


def _integer(value: Any, rule: dict[str, Any], pointer: str) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield wrong_type("an integer", pointer)
    elif value < rule["min"]:
        yield failed(f"must be greater than {rule['min'] - 1}", pointer, "minimum", rule["min"])
    elif value > rule["max"]:
        yield failed(f"must be less than {rule['max'] + 1}", pointer, "maximum", rule["max"])
