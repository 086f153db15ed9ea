"""Reads the YAML flow mappings of annotations, ``{OPTION: VALUE, …}``, without ever making a YAML type."""

from collections.abc import Iterator
from typing import Any

import yaml

MAX_DEPTH = 4


class Flaw(Exception):
    """What is wrong with a text, at the character ``index``; ``found`` is the part at fault, None for all of it."""

    def __init__(self, message: str, *, index: int = 0, found: str | None = None) -> None:
        super().__init__(message)
        self.message, self.index, self.found = message, index, found


def read(text: str, start: int) -> tuple[dict[str, tuple[object, int]], str]:
    """The mapping that begins at ``start``, as keys with their values and places in the text, and what follows it.

    Flaw where it cannot be read.
    """
    rest = text[start:]
    end = _end_of_mapping(rest)
    if end is None:
        raise Flaw("the { is never closed by a }", index=start, found=rest)
    try:
        pairs = _flow_mapping(rest[:end])
    except Flaw as flaw:
        flaw.index += start
        raise
    return {key: (value, start + index) for key, (value, index) in pairs.items()}, rest[end:].strip()


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


def _end_of_mapping(text: str) -> int | None:
    depth, quote, before = 0, "", ""
    characters = enumerate(text)
    for index, character in characters:
        if quote:
            is_pair = quote == "'" and text[index : index + 2] == "''"
            if is_pair or (quote == '"' and character == "\\"):
                next(characters, None)
            elif character == quote:
                quote = ""
        elif character in "'\"" and before in "{[,:":
            quote = character
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return index + 1
        if not character.isspace():
            before = character
    return None


def _flow_mapping(text: str) -> dict[str, tuple[object, int]]:
    """Keys with their values and places; only events are read, so no YAML type is ever made and all values are text."""
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    try:
        next(events), next(events), next(events)  # the beginnings of stream, document and mapping
        pairs = _pairs(events, depth=1)
        if not isinstance(next(events), yaml.DocumentEndEvent):
            raise Flaw("must be one mapping", found=text)
    except yaml.MarkedYAMLError as error:
        index = _index(error.problem_mark)
        raise Flaw(_yaml_message(error.problem or "not understood"), index=index, found=text) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML 6.0.3 lets chr() fail on "\UFFFFFFFF"
        raise Flaw(_yaml_message("a character that YAML does not allow"), found=text) from error
    return pairs


def _yaml_message(problem: str) -> str:
    return f"is no YAML flow mapping ({problem}); quote values that hold any of , : {{ }} [ ] # or begin with a sign"


def _pairs(events: Iterator[yaml.Event], *, depth: int) -> dict[str, tuple[object, int]]:
    pairs: dict[str, tuple[object, int]] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        index = _index(event.start_mark)
        key = _value(event, events, depth=depth)
        if not isinstance(key, str):
            raise Flaw("an option's name must be a word", index=index, found=written(key))
        if key in pairs:
            raise Flaw("is given twice", index=index, found=key)
        pairs[key] = (_value(next(events), events, depth=depth), index)
    return pairs


def _value(event: yaml.Event, events: Iterator[yaml.Event], *, depth: int) -> object:
    index = _index(event.start_mark)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise Flaw("YAML's anchors and aliases are refused: write & and * in quotes", index=index)
    if getattr(event, "tag", None) is not None:
        raise Flaw("YAML's tags are refused: write ! in quotes", index=index)
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if depth == MAX_DEPTH:
        raise Flaw(f"is nested more than {MAX_DEPTH} deep", index=index)
    if isinstance(event, yaml.MappingStartEvent):
        return {key: value for key, (value, _) in _pairs(events, depth=depth + 1).items()}
    items: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_value(event, events, depth=depth + 1))
    return items


def _index(mark: Any) -> int:
    return mark.index if mark else 0
