"""Reads the YAML flow mappings of annotations, ``{OPTION: VALUE, …}``, by libyaml, without ever making a YAML type.

Where PyYAML was built without libyaml, its own parser does the same, in several times as long.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_DEPTH = 4
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What a mapping's end is found by: brackets, and texts in quotes, which begin behind a mark and may hold brackets.
_STEP = re.compile(
    r"""[{\[,:]\s*+(?:'[^']*+(?:''[^']*+)*+(?:'|\Z)|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|[{}\[\]]""", re.DOTALL
)


class Flaw(Exception):
    """What is wrong with a text, at the character ``index``; ``found`` is the part at fault, None for all of it."""

    def __init__(self, message: str, *, index: int = 0, found: str | None = None) -> None:
        super().__init__(message)
        self.message, self.index, self.found = message, index, found


def read(text: str, start: int) -> tuple[dict[str, tuple[object, int]], str]:
    """The mapping that begins at ``start``, as keys with their values and places in the text, and what follows it.

    Flaw where it cannot be read.
    """
    end = _end_of_mapping(text, start)
    if end is None:
        raise Flaw("the { is never closed by a }", index=start, found=text[start:])
    try:
        pairs = _flow_mapping(text[start:end])
    except Flaw as flaw:
        flaw.index += start
        raise
    return {key: (value, start + index) for key, (value, index) in pairs.items()}, text[end:].strip()


def written(value: object) -> str:
    """A value as its annotation wrote it, for people."""
    match value:
        case str():
            return value
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {written(each)}' for key, each in value.items())}}}"
        case _:
            return str(value)


def _end_of_mapping(text: str, start: int) -> int | None:
    """Where the mapping ends; what looks like its end and is none is no mapping to the parser either."""
    depth = 0
    for step in _STEP.finditer(text, start):
        mark = text[step.start()]
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                return step.end()
    return None


def _flow_mapping(text: str) -> dict[str, tuple[object, int]]:
    """Keys with their values and places; only events are read, so no YAML type is ever made and all values are text."""
    try:
        events = iter(_LOADER(text).get_event, None)
        next(events), next(events), next(events)  # the beginnings of stream, document and mapping
        pairs = _pairs(events, depth=1)
        if not all(isinstance(next(events), end) for end in (yaml.DocumentEndEvent, yaml.StreamEndEvent)):
            raise Flaw("must be one mapping", found=text)
    except yaml.MarkedYAMLError as error:
        index = _index(error.problem_mark)
        raise Flaw(_yaml_message(error.problem or "not understood"), index=index, found=text) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # without libyaml chr() fails on "\UFFFFFFFF"
        raise Flaw(_yaml_message("a character that YAML does not allow"), found=text) from error
    return pairs


def _yaml_message(problem: str) -> str:
    return f"is no YAML flow mapping ({problem}); quote values that hold any of , : {{ }} [ ] # or begin with a sign"


def _pairs(events: Iterator[yaml.Event], *, depth: int) -> dict[str, tuple[object, int]]:
    pairs: dict[str, tuple[object, int]] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _value(event, events, depth=depth)
        index = _index(event.start_mark)
        if not isinstance(key, str):
            raise Flaw("an option's name must be a word", index=index, found=written(key))
        if key in pairs:
            raise Flaw("is given twice", index=index, found=key)
        pairs[key] = (_value(next(events), events, depth=depth), index)
    return pairs


def _value(event: yaml.Event, events: Iterator[yaml.Event], *, depth: int) -> object:
    refusal = _refusal(event, depth=depth)
    if refusal is not None:
        raise Flaw(refusal, index=_index(event.start_mark))
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if isinstance(event, yaml.MappingStartEvent):
        return {key: value for key, (value, _) in _pairs(events, depth=depth + 1).items()}
    items: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_value(event, events, depth=depth + 1))
    return items


def _refusal(event: yaml.Event, *, depth: int) -> str | None:
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:  # an alias has the anchor it stands for
        return "YAML's anchors and aliases are refused: write & and * in quotes"
    if getattr(event, "tag", None) is not None:
        return "YAML's tags are refused: write ! in quotes"
    if depth == MAX_DEPTH and not isinstance(event, yaml.ScalarEvent):
        return f"is nested more than {MAX_DEPTH} deep"
    return None


def _index(mark: Any) -> int:
    """The number of characters before it, also for libyaml, which is given bytes; 0 where there is no place."""
    return mark.index if mark else 0
