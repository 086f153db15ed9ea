"""Reads the YAML flow mappings of annotations, ``{OPTION: VALUE, …}``, without ever making a YAML type."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

MAX_DEPTH = 4

# The YAML that nearly all annotations keep to: words and texts in quotes, none of them odd, and a value for each key.
_ODD = r"\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_FIRST = rf"(?:[^{_ODD} ,\[\]{{}}?#:&*!|>'\"%@`-]|-(?=[A-Za-z0-9.-]))"
_INSIDE = rf"(?:[^{_ODD} ,\[\]{{}}?#:]|:(?=[^{_ODD} ,\[\]{{}}'\"]))"
_SCALAR = rf"""({_FIRST}{_INSIDE}*+(?:\ ++{_INSIDE}++)*+|'(?:[^{_ODD}']|'')*+'|"[^{_ODD}"\\]*+\")"""
_PAIR = re.compile(rf"\ *+{_SCALAR}\ {{0,9}}:\ ++(?:{_SCALAR}\ *+([,\]}}]))?")
_ITEM = re.compile(rf"\ *+{_SCALAR}\ *+([,\]}}])")
_OPENING = re.compile(r" *+([{\[])")
_CLOSING = re.compile(r" *+([,\]}])")
_MAX_KEY = 1_000  # characters; YAML 1.1 takes 1,024 up to the colon


class Flaw(Exception):
    """What is wrong with a text, at the character ``index``; ``found`` is the part at fault, None for all of it."""

    def __init__(self, message: str, *, index: int = 0, found: str | None = None) -> None:
        super().__init__(message)
        self.message, self.index, self.found = message, index, found


def read(text: str, start: int) -> tuple[dict[str, tuple[object, int]], str]:
    """The mapping that begins at ``start``, as keys with their values and places in the text, and what follows it.

    Flaw where it cannot be read.
    """
    with suppress(_Unusual):
        found, behind = _Scan(text).mapping(start + 1, depth=1)
        return found, text[behind:].strip()
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


class _Unusual(Exception):
    """Left to PyYAML: wrong, or right in a way that is seldom seen."""


class _Scan:
    """Reads the usual YAML of a text as PyYAML does, in a twentieth of the time."""

    def __init__(self, text: str) -> None:
        self._text = text

    def mapping(self, at: int, *, depth: int) -> tuple[dict[str, tuple[object, int]], int]:
        """The pairs from behind a ``{``, each with the place of its key, and where the mapping ends."""
        pairs: dict[str, tuple[object, int]] = {}
        value: object
        mark = ","
        while mark == ",":
            found = _PAIR.match(self._text, at)
            if found is None or found.end(1) - found.start(1) > _MAX_KEY or (key := _unquoted(found[1])) in pairs:
                raise _Unusual
            if found[3]:
                value, mark, at = _unquoted(found[2]), found[3], found.end()
            else:
                value, mark, at = self._nested(found.end(), depth)
            pairs[key] = (value, found.start(1))
        if mark != "}":
            raise _Unusual
        return pairs, at

    def _items(self, at: int, *, depth: int) -> tuple[list[object], int]:
        items: list[object] = []
        value: object
        mark = ","
        while mark == ",":
            found = _ITEM.match(self._text, at)
            if found:
                value, mark, at = _unquoted(found[1]), found[2], found.end()
            else:
                value, mark, at = self._nested(at, depth)
            items.append(value)
        if mark != "]":
            raise _Unusual
        return items, at

    def _nested(self, at: int, depth: int) -> tuple[object, str, int]:
        """The list or mapping there, the mark behind it, and where that ends."""
        opening = _OPENING.match(self._text, at)
        if opening is None or depth == MAX_DEPTH:
            raise _Unusual
        value: object
        if opening[1] == "[":
            value, at = self._items(opening.end(), depth=depth + 1)
        else:
            pairs, at = self.mapping(opening.end(), depth=depth + 1)
            value = {key: each for key, (each, _) in pairs.items()}
        closing = _CLOSING.match(self._text, at)
        if closing is None:
            raise _Unusual
        return value, closing[1], closing.end()


def _unquoted(scalar: str) -> str:
    if scalar[0] == "'":
        return scalar[1:-1].replace("''", "'")
    return scalar[1:-1] if scalar[0] == '"' else scalar


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
        if not all(isinstance(next(events), end) for end in (yaml.DocumentEndEvent, yaml.StreamEndEvent)):
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
