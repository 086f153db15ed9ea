"""Reads the annotations in a script's comments: options and parameters, or all that is wrong with them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field, ValidationError

from runner import flow_mappings
from runner.flow_mappings import Flaw
from runner.option_values import mistakes
from runner.parameters import TYPES, AnyParameter
from runner.scripts import ScriptOptions
from runner.settings import Settings
from runner.wording import quoted, visible

MAX_PARAMETERS = 90  # Slack draws at most 100 blocks in a form, and some are not for parameters
FORMS = ("{OPTION: VALUE, …}", "NAME - DESCRIPTION", "NAME {OPTION: VALUE, …} - DESCRIPTION")

_HEAD = re.compile(r"(?P<name>[^\s{]+)(?P<space>\s*)(?P<rest>.*)", re.DOTALL)
_DASH = re.compile(r"-\s+(?P<description>.+)", re.DOTALL)

Word = Annotated[str, Field(pattern=r"^\S+$")]


class AnnotationSettings(Settings):
    """How annotations are told from other comments, and which names mean files."""

    marker: Word = "##~~"
    input_prefix: Word = "input"
    output_prefix: Word = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file; ``line`` is None where it is the file as a whole. Fit to be shown."""

    line: int | None = None
    found: str | None = None
    message: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None

    def __str__(self) -> str:
        """``found “…”: message; allowed: …; did you mean “…”?``."""
        words = f"found {quoted(self.found)}: {self.message}" if self.found is not None else self.message
        if self.allowed:
            words += f"; allowed: {', '.join(self.allowed)}"
        return visible(words + (f"; did you mean {quoted(self.suggestion)}?" if self.suggestion else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What the annotations of one file say; with problems, what could be read beside them."""

    options: ScriptOptions
    parameters: tuple[AnyParameter, ...]
    problems: tuple[Problem, ...]
    are_present: bool


def read(text: str, settings: AnnotationSettings | None = None) -> Annotations:
    """Read the annotations in a file's text, whatever it holds; all problems at once, in the order of the lines."""
    reading = _Reading(settings or AnnotationSettings())
    annotations = list(_annotations(text, reading.settings.marker))
    for annotation in annotations:
        reading.take(annotation)
    options = reading.finish_options()
    return Annotations(
        options=options,
        parameters=tuple(reading.parameters.values()),
        problems=tuple(sorted(reading.problems, key=lambda problem: problem.line or 0)),
        are_present=bool(annotations),
    )


@dataclass(slots=True)
class _Annotation:
    """One annotation: its lines, each with its number, joined by a space."""

    lines: list[tuple[int, str]]
    is_stray: bool = False

    @property
    def text(self) -> str:
        return " ".join(line for _, line in self.lines)

    def line_at(self, index: int) -> int:
        """The number of the line that holds the character at ``index`` of the text."""
        for number, line in self.lines:
            if index <= len(line):
                return number
            index -= len(line) + 1
        return self.lines[-1][0]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One option of a mapping with the line its key stands on."""

    value: object
    line: int

    def found(self, option: str) -> str:
        return f"{option}: {flow_mappings.written(self.value)}"


def _annotations(text: str, marker: str) -> Iterator[_Annotation]:
    form = re.compile(rf"\s*(?:(?:#|//|--|;|%|\*|'|(?i:REM)(?=\s))\s*)?{re.escape(marker)}(?P<rest>.*)")
    current: _Annotation | None = None
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), start=1):
        match = form.match(line) if marker in line else None
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


class _Reading:
    """Gathers what one file's annotations say, and all that is wrong with them."""

    def __init__(self, settings: AnnotationSettings) -> None:
        self.settings = settings
        self.parameters: dict[str, AnyParameter] = {}
        self.problems: list[Problem] = []
        self._names: dict[str, int] = {}
        self._options: dict[str, _Entry] = {}

    def take(self, annotation: _Annotation) -> None:
        line, text = annotation.lines[0][0], annotation.text
        if annotation.is_stray:
            self._report(line, text, "two spaces continue the annotation right above, and there is none")
        elif "\ufffd" in text:
            self._report(line, text, "is not UTF-8")
        else:
            try:
                self._take_options(annotation) if text.startswith("{") else self._take_parameter(annotation)
            except Flaw as flaw:
                self._report(annotation.line_at(flaw.index), flaw.found or text, flaw.message)

    def finish_options(self) -> ScriptOptions:
        allowed = tuple(ScriptOptions.model_fields)
        known = self._without_unknown(self._options, allowed, "a script")
        try:
            return ScriptOptions.model_validate({option: entry.value for option, entry in known.items()})
        except ValidationError as error:
            for option, message in mistakes(error):
                self._report(known[option].line, known[option].found(option), message)
            return ScriptOptions()

    def _take_options(self, annotation: _Annotation) -> None:
        entries, rest = _mapping(annotation, 0)
        if rest:
            raise Flaw("nothing may follow the script's own options", found=rest)
        for option, entry in entries.items():
            if option in self._options:
                self._report(entry.line, option, f"is given already in line {self._options[option].line}")
            else:
                self._options[option] = entry

    def _take_parameter(self, annotation: _Annotation) -> None:
        line = annotation.lines[0][0]
        head = _HEAD.match(annotation.text)
        if not head:
            raise Flaw(_forms_message())
        entries: dict[str, _Entry] = {}
        rest, is_apart = head["rest"], bool(head["space"])
        if rest.startswith("{"):
            entries, rest = _mapping(annotation, head.start("rest"))
            is_apart = True
        dash = _DASH.match(rest) if is_apart else None
        if not dash:
            raise Flaw(_forms_message())
        name, description = head["name"], " ".join(dash["description"].split())
        if name in self._names:
            self._report(line, name, f"is the name of the parameter in line {self._names[name]} already")
            return
        self._names[name] = line
        if len(self._names) == MAX_PARAMETERS + 1:
            self._report(line, name, f"a script has at most {MAX_PARAMETERS} parameters: a Slack form holds no more")
        self._make(name, description, entries, line)

    def _make(self, name: str, description: str, entries: dict[str, _Entry], line: int) -> None:
        kind = self._kind(name, entries)
        if kind is None:
            return
        options = self._without_unknown(entries, kind.options(), f"type {kind.type}")
        written = {option: entry.value for option, entry in options.items() if option != "type"}
        try:
            parameter = kind.model_validate({**written, "name": name, "description": description})
        except ValidationError as error:
            for option, message in mistakes(error):
                entry = options.get(option)
                found = entry.found(option) if entry else {"name": name, "description": description}.get(option)
                self._report(entry.line if entry else line, found or name, message)
        else:
            self.parameters[name] = parameter

    def _kind(self, name: str, entries: dict[str, _Entry]) -> type[AnyParameter] | None:
        entry = entries.get("type")
        if entry is None:
            return TYPES[self._type_by_prefix(name)]
        kind = TYPES.get(entry.value) if isinstance(entry.value, str) else None
        if kind is None:
            written = flow_mappings.written(entry.value)
            self._report(entry.line, written, "is no type of parameter", allowed=TYPES, word=written)
        return kind

    def _type_by_prefix(self, name: str) -> str:
        if name.startswith(self.settings.input_prefix):
            return "input"
        return "output" if name.startswith(self.settings.output_prefix) else "text"

    def _without_unknown(self, entries: dict[str, _Entry], allowed: tuple[str, ...], whose: str) -> dict[str, _Entry]:
        for option, entry in entries.items():
            if option not in allowed:
                others = [kind.type for kind in TYPES.values() if option in kind.options()]
                elsewhere = f", only of type {' and '.join(others)}" if others else ""
                self._report(entry.line, option, f"is no option of {whose}{elsewhere}", allowed=allowed, word=option)
        return {option: entry for option, entry in entries.items() if option in allowed}

    def _report(
        self, line: int, found: str, message: str, *, allowed: Iterable[str] = (), word: str | None = None
    ) -> None:
        near = get_close_matches(word[:100].lower(), list(allowed), n=1) if word else []
        self.problems.append(
            Problem(
                line=line,
                found=found,
                message=message,
                allowed=tuple(allowed),
                suggestion=near[0] if near else None,
            )
        )


def _forms_message() -> str:
    return f"is none of the three forms: {' or '.join(FORMS)}"


def _mapping(annotation: _Annotation, start: int) -> tuple[dict[str, _Entry], str]:
    """The entries of the flow mapping that begins at ``start``, and the text that follows it."""
    values, rest = flow_mappings.read(annotation.text, start)
    return {key: _Entry(value=value, line=annotation.line_at(index)) for key, (value, index) in values.items()}, rest
