"""Derives from the stand-in's data file, for each limit in it, one payload at the limit and one beyond it.

What is said about a payload beyond a limit, and where, is worked out here anew, from the way to the field.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.blockkit.samples import SAMPLES, Json, Name

DATA: Json = json.loads((Path(__file__).parents[3] / "bot/workspace/blockkit/blockkit.json").read_text())
ROOTS: dict[str, Name] = {"modal": ("views", "modal"), "message": ("message", "message"), "home": ("views", "home")}

# What else has to change in the smallest sample where a field is set; None takes a field away.
_BESIDE: dict[tuple[str, str], Json] = {
    ("static_select", "option_groups"): {"options": None},
    ("multi_static_select", "option_groups"): {"options": None},
    ("image", "slack_file"): {"image_url": None},
    ("slack_file", "url"): {"id": None},
    ("button", "agent_prompt_display"): {"agent_prompt": "x"},
    ("container", "default_collapsed"): {"is_collapsible": True},
}
# Fields that have to agree with others: hand-written cases are theirs.
BY_HAND = {
    ("axis_config", "categories"),
    ("series", "data"),
    ("point", "label"),
    ("data_table", "row_header_column_index"),
}
_FITTING = {"initial_date": "2026-02-28", "initial_time": "23:59"}
_NUMBERED = ("value", "action_id", "task_id", "name")  # what tells the entries of a list apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One limit: what is taken at it, what is refused beyond it, and the line that says so."""

    name: str
    surface: str
    taken: Json
    refused: Json
    line: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a type may stand: `within` builds the whole payload around one of it."""

    surface: str
    pointer: str
    within: Callable[[Any], Json]


def cases() -> Iterator[Case]:
    """A case for every limit of the data file that does not depend on another field."""
    for name, place in places().items():
        for field, rule in fields(name).items():
            if (name[1], field) not in BY_HAND:
                yield from _field_cases(name, field, rule, place)
        if not _definition(name).get("open"):
            sample = SAMPLES[name]
            stranger = (sample | {"unheard_of": 1}, "invalid additional property: unheard_of", "")
            yield _case(f"{'.'.join(name)}: unknown key", place, sample, stranger)


def places() -> dict[Name, Place]:
    """The first place found for every type of the data file, walking inwards from each surface."""
    found: dict[Name, Place] = {}
    for surface, root in ROOTS.items():
        pointer = "" if surface == "message" else "/view"
        for name, place in _walk(root, Place(surface, pointer, lambda whole: whole)).items():
            found.setdefault(name, place)
    return found


def fields(name: Name) -> dict[str, Json]:
    """The rules of a type's fields."""
    given = _definition(name).get("fields", {})
    return {field: DATA["shared"][rule] if isinstance(rule, str) else rule for field, rule in given.items()}


def _definition(name: Name) -> Json:
    table, kind = name
    found: Json = DATA["message"] if table == "message" else DATA[table][kind]
    return found


def _walk(root: Name, place: Place) -> dict[Name, Place]:
    found, waiting = {root: place}, [root]
    while waiting:
        name = waiting.pop(0)
        for field, rule in fields(name).items():
            for inner, several in _within(rule, place.surface):
                if inner not in found:
                    found[inner] = _inwards(found[name], name, field, several)
                    waiting.append(inner)
    return found


def _within(rule: Json, surface: str) -> Iterator[tuple[Name, int]]:
    """The types that a field may hold, and how many lists deep."""
    match rule["is"]:
        case "list":
            yield from ((name, depth + 1) for name, depth in _within(rule["of"], surface))
        case "object":
            yield ("objects", rule["of"]), 0
        case "one_of":
            for kind in rule["kinds"]:
                yield ("typed" if kind in DATA["typed"] else "blocks", kind), 0
        case "element":
            yield from ((name, 0) for name in _on(surface, "elements") if rule["in"] in _definition(name)["in"])
        case "blocks":
            kinds = rule["kinds"] if "kinds" in rule else DATA["blocks"]
            yield from ((name, 1) for name in _on(surface, "blocks") if name[1] in kinds)
        case _:
            return


def _on(surface: str, table: str) -> list[Name]:
    return [(table, kind) for kind, one in DATA[table].items() if surface in one["surfaces"]]


def _inwards(place: Place, outer: Name, field: str, lists: int) -> Place:
    def within(value: Any) -> Json:
        for _ in range(lists):
            value = [value]
        if outer == ("blocks", "data_table"):
            value = [[{"type": "raw_text", "text": "x"}], value[0]]  # a header, which takes less
        return place.within(_with(outer, field, value))

    deep = "/1/0" if outer == ("blocks", "data_table") else "/0" * lists
    return Place(place.surface, f"{place.pointer}/{field}{deep}", within)


def _with(name: Name, field: str, value: Any) -> Json:
    """The smallest sample with that field set; with None, without it."""
    changed = deepcopy(SAMPLES[name]) | _BESIDE.get((name[1], field), {}) | {field: value}
    if field == "initial_options" and value and "options" in changed:
        changed["options"] = value
    if name == ("blocks", "data_table") and field == "rows" and isinstance(value, list) and value:
        changed["rows"] = value if len(value[0]) == len(value[-1]) else [value[-1]] * len(value)
    return {key: one for key, one in changed.items() if one is not None}


Beyond = tuple[Any, str, str]  # a value, what is said about it, and where below the field


def _case(name: str, place: Place, taken: Any, beyond: Beyond) -> Case:
    refused, message, where = beyond
    line = f"{message} [json-pointer:{place.pointer}{where}]"
    return Case(
        name=name,
        surface=place.surface,
        taken=place.within(deepcopy(taken)),
        refused=place.within(deepcopy(refused)),
        line=line,
    )


def _field_cases(name: Name, field: str, rule: Json, place: Place) -> Iterator[Case]:
    label = f"{'.'.join(name)}.{field}"
    for limit, fitting, (value, message, where) in _limits(rule, place.surface, field):
        taken = _with(name, field, fitting)
        beyond = (_with(name, field, value), message, f"/{field}{where}")
        yield _case(f"{label}: {limit}", place, taken, beyond)
    if rule.get("required"):
        yield _case(
            f"{label}: required",
            place,
            SAMPLES[name],
            (_with(name, field, None), f"missing required field: {field}", ""),
        )


def _limits(rule: Json, surface: str, field: str) -> Iterator[tuple[str, Any, Beyond]]:
    """Name of the limit, a value at it, a value beyond it."""
    match rule["is"]:
        case "string":
            yield from _string_limits(rule, field)
        case "integer" | "number":
            yield from _number_limits(rule)
        case "boolean":
            yield "type", True, ("yes", "must provide a boolean", "")
        case "text":
            yield from _text_limits(rule)
        case "list" | "blocks":
            yield from _list_limits(rule, surface, field)
        case _:
            fitting = _sample(rule, surface)
            yield "type", fitting, ([], "must provide an object", "")
            if rule["is"] != "object":
                yield "kind", fitting, (fitting | {"type": "nothing"}, "unsupported type: nothing", "/type")


def _string_limits(rule: Json, field: str) -> Iterator[tuple[str, Any, Beyond]]:
    least, most = rule.get("min", 0), rule.get("max")
    fitting = _text(rule, field, max(least, 1))
    yield "type", fitting, (5, "must provide a string", "")
    if least:
        yield "min", fitting, ("x" * (least - 1), f"must be more than {least - 1} characters", "")
    if most is not None:
        message = f"must be less than {most + 1} characters"
        yield "max", _text(rule, field, most), (_text(rule, field, most + 1), message, "")
    if "enum" in rule:
        for value in rule["enum"]:
            yield f"enum {value}", value, (f"{value}?", "must be a valid enum value", "")
    if "pattern" in rule:
        yield "pattern", fitting, ("1,5", f"input must match regex pattern: {rule['pattern']}", "")
    if rule.get("format") in {"uri", "https"}:
        yield "format", fitting, ("not an address", f"input must be a valid: {rule['format']}", "")


def _text(rule: Json, field: str, length: int) -> str:
    if "enum" in rule:
        return str(rule["enum"][0])
    if "pattern" in rule:
        return _FITTING.get(field, "1")
    return "https://example.com/".ljust(length, "x") if "format" in rule else "x" * length


def _number_limits(rule: Json) -> Iterator[tuple[str, Any, Beyond]]:
    fitting = rule.get("max", rule.get("min", 1))
    noun = "an integer" if rule["is"] == "integer" else "a number"
    yield "type", fitting, ("1", f"must provide {noun}", "")
    if "min" in rule:
        yield "min", rule["min"], (rule["min"] - 1, f"must be greater than {rule['min'] - 1}", "")
    if "max" in rule:
        yield "max", rule["max"], (rule["max"] + 1, f"must be less than {rule['max'] + 1}", "")
    if "above" in rule:
        yield "above", rule["above"] + 0.001, (rule["above"], f"must be greater than {rule['above']}", "")


def _text_limits(rule: Json) -> Iterator[tuple[str, Any, Beyond]]:
    most = rule["max"]
    for kind in rule["kinds"]:
        at = {"type": kind, "text": "x" * most}
        yield f"{kind} max", at, (at | {"text": "x" * (most + 1)}, f"must be less than {most + 1} characters", "/text")
        yield f"{kind} min", at, (at | {"text": ""}, "must be more than 0 characters", "/text")
        yield f"{kind} unknown key", at, (at | {"size": 1}, "invalid additional property: size", "")
    kind = "mrkdwn" if rule["kinds"] == ["plain_text"] else "markdown"
    at = {"type": rule["kinds"][0], "text": "x"}
    yield "kind", at, (at | {"type": kind}, f"unsupported type: {kind}", "/type")
    yield "type", at, ("x", "must provide an object", "")


def _list_limits(rule: Json, surface: str, field: str) -> Iterator[tuple[str, Any, Beyond]]:
    inner = rule.get("of", rule)
    least, most = rule.get("min", 0), rule.get("max", DATA["surfaces"][surface] if rule["is"] == "blocks" else None)

    def entries(count: int) -> list[Any]:
        return [_numbered(_sample(inner, surface), number) for number in range(count)]

    fitting = entries(max(least, 1))
    yield "type", fitting, ("x", "must provide an array", "")
    if least:
        yield "min", fitting, (entries(least - 1), f"must provide at least {least} items", "")
    if most is not None:
        yield "max", entries(most), (entries(most + 1), f"no more than {most} items allowed", "")
    if inner["is"] in {"one_of", "element", "blocks"}:
        wrong = [*fitting[:-1], {"type": "nothing"}]
        yield "kind", fitting, (wrong, "unsupported type: nothing", f"/{len(wrong) - 1}/type")
    if inner["is"] in {"string", "list", "text"}:
        for limit, one, (value, message, where) in _limits(inner, surface, field):
            if limit != "type":
                yield (
                    f"each {limit}",
                    [*fitting[:-1], one],
                    ([*fitting[:-1], value], message, f"/{len(fitting) - 1}{where}"),
                )


def _sample(rule: Json, surface: str) -> Any:
    """Something small that a rule takes."""
    if rule["is"] == "list":
        return [_sample(rule["of"], surface) for _ in range(max(rule.get("min", 0), 1))]
    inner = next(_within(rule, surface), None)
    if inner is not None:
        return deepcopy(SAMPLES[inner[0]])
    return {"type": rule["kinds"][0], "text": "x"} if rule["is"] == "text" else _text(rule, "", 1)


def _numbered(entry: Any, number: int) -> Any:
    if not isinstance(entry, dict):
        return entry
    return entry | {key: f"{entry[key]}{number}" for key in _NUMBERED if isinstance(entry.get(key), str)}
