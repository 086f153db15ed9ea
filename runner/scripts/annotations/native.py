"""ScriptRunner's own dialect: lines that begin with a marker, in three forms."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from runner.scripts.annotations import yaml_flow
from runner.scripts.annotations.lines import numbered
from runner.scripts.annotations.statements import Entry, Mistake, OptionsStated, ParameterStated, Statement
from runner.scripts.annotations.yaml_flow import Flaw

FORMS = ("{OPTION: VALUE, …}", "NAME - DESCRIPTION", "NAME {OPTION: VALUE, …}, with - DESCRIPTION if need be")

_HEAD = re.compile(r"(?P<name>[^\s{]+)(?P<space>\s*)(?P<rest>.*)", re.DOTALL)
_LIKELY = re.compile(
    r"\s*(?:\{\s*[A-Za-z_]+\s*:|[A-Za-z][\w-]{0,63}(?:\s+-\s+\S|\s*\{\s*[A-Za-z_]+\s*:))(?!.*[~#=*_-]{2}\s*$)"
)
_DASH = re.compile(r"-\s+(?P<description>.+)", re.DOTALL)


def statements(text: str, marker: str) -> Iterator[Statement]:
    """What the lines with the marker state, in their order."""
    for annotation in _annotations(text, marker):
        try:
            yield _statement(annotation)
        except Flaw as flaw:
            line = annotation.line_at(flaw.index)
            yield Mistake(line=line, found=flaw.found or annotation.text, message=flaw.message)


def looks_like_annotation(text: str) -> bool:
    """Whether what follows a marker, or something like one, is likely of one of the forms, right or not."""
    return _LIKELY.match(text) is not None


def annotated(marker: str) -> str:
    """The form of what an annotation's line begins with."""
    return rf"[^\S\n]*(?:(?:#|//|--|;|%|\*|'|(?i:REM)(?=\s))[^\S\n]*)?{re.escape(marker)}"


@dataclass
class _Annotation:
    """One annotation: its lines, each with its number, joined by a space."""

    lines: list[tuple[int, str]]
    is_stray: bool = False

    @property
    def text(self) -> str:
        return " ".join(line for _, line in self.lines)

    def line_at(self, index: int) -> int:
        """The number of the line that holds the character at ``index`` of the text."""
        if len(self.lines) == 1:
            return self.lines[0][0]
        return self.lines[min(bisect_left(self._ends, index), len(self.lines) - 1)][0]

    @cached_property
    def _ends(self) -> list[int]:
        """Where in the text each line ends."""
        return [end - 1 for end in accumulate(len(line) + 1 for _, line in self.lines)]


def _annotations(text: str, marker: str) -> Iterator[_Annotation]:
    if marker not in text:
        return
    form = re.compile(rf"{annotated(marker)}(?P<rest>.*)")
    current: _Annotation | None = None
    for number, line in numbered(text, up_to=marker):
        match = form.match(line) if marker in line else None
        if match and _is_ruler(match["rest"], marker):
            match = None
        body = match["rest"].strip() if match else ""
        goes_on = bool(match and body and re.match(r"\s{2}", match["rest"]))
        if goes_on and current:
            current.lines.append((number, body))
            continue
        if current:
            yield current
        current = _Annotation([(number, body)], is_stray=goes_on) if match else None
    if current:
        yield current


def _is_ruler(rest: str, marker: str) -> bool:
    """Whether the marker is but the beginning of a line that is drawn, with or without a heading in it."""
    sign = marker[-1]
    return not sign.isalnum() and rest.startswith(sign) and not looks_like_annotation(rest.lstrip(sign))


def _statement(annotation: _Annotation) -> Statement:
    text = annotation.text
    if annotation.is_stray:
        raise Flaw("two spaces continue the annotation right above, and there is none", found=text)
    if "\ufffd" in text:
        raise Flaw("is not UTF-8", found=text)
    return _options(annotation, text) if text.startswith("{") else _parameter(annotation, text)


def _options(annotation: _Annotation, text: str) -> OptionsStated:
    entries, rest = _mapping(annotation, text, 0)
    if rest:
        raise Flaw("nothing may follow the script's own options", found=rest)
    return OptionsStated(entries=entries)


def _parameter(annotation: _Annotation, text: str) -> ParameterStated:
    head = _HEAD.match(text)
    if not head:
        raise Flaw(_forms_message())
    entries: dict[str, Entry] = {}
    rest, is_apart = head["rest"], bool(head["space"])
    if rest.startswith("{"):
        entries, rest = _mapping(annotation, text, head.start("rest"))
        is_apart = True
    dash = _DASH.match(rest) if is_apart else None
    if not dash and (rest or not entries):
        raise Flaw(_forms_message())
    description = " ".join(dash["description"].split()) if dash else ""
    return ParameterStated(line=annotation.lines[0][0], name=head["name"], description=description, entries=entries)


def _forms_message() -> str:
    return f"is none of the three forms: {' or '.join(FORMS)}"


def _mapping(annotation: _Annotation, text: str, start: int) -> tuple[dict[str, Entry], str]:
    """The entries of the flow mapping that begins at ``start`` of the annotation's text, and what follows it."""
    values, rest = yaml_flow.read(text, start)
    return {key: Entry(value, annotation.line_at(index)) for key, (value, index) in values.items()}, rest
