"""Makes a script's options and parameters of what its annotations state, or says all that is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts import notify_option
from runner.scripts.annotations import dialects, relations, yaml_flow
from runner.scripts.annotations.commands import ScriptStated, commands
from runner.scripts.annotations.dialects import AnnotationSettings
from runner.scripts.annotations.problems import Problem
from runner.scripts.annotations.statements import (
    Dialect,
    Entry,
    EnvironmentStated,
    Mistake,
    OptionsStated,
    ParameterStated,
    Statement,
    Unused,
    is_annotation,
)
from runner.scripts.parameters import TYPES, AnyParameter, is_asked
from runner.scripts.parameters.options import mistakes
from runner.scripts.script import ScriptOptions
from runner.system.text import nearest, quoted

MOST_TOLD = 100
"""Mistakes of one file that are told; others are counted: wording each takes time, and nobody mends so many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What the annotations of one file say; with problems, what could be read beside them.

    Of many problems, the last says how many more there are. ``sources`` are the lines that options and parameters
    come from, ``unused`` what has no effect, ``environment`` the variables of every job. Where the file holds several
    scripts, ``commands`` are what is said of each, and the rest is what is said of all; ``command`` are the words that
    name one of them.
    """

    options: ScriptOptions
    parameters: tuple[AnyParameter, ...]
    problems: tuple[Problem, ...]
    are_present: bool
    sources: "Sources"
    unused: tuple[Unused, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    commands: "tuple[Annotations, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the script's options and its parameters are stated, by name."""

    options: Mapping[str, Entry] = field(default_factory=dict)
    parameters: Mapping[str, ParameterStated] = field(default_factory=dict)


def read(
    text: str,
    settings: AnnotationSettings | None = None,
    *,
    types: Mapping[str, type[AnyParameter]] = TYPES,
) -> Annotations:
    """Read the annotations in a file's text, whatever it holds; all problems at once, in the order of the lines.

    ``types`` are the types of parameters there are, by the names that annotations give them.
    """
    settings = settings or AnnotationSettings()
    of_all, *each = commands(dialects.statements(text, settings))
    found = _read(of_all, _Reading(settings, types), is_whole=not each)
    if found.problems or not each:
        return found
    return replace(
        found,
        commands=(read_each := tuple(_read(command, _Reading(settings, types)) for command in each)),
        are_present=found.are_present or any(command.are_present for command in read_each),
    )


def _read(command: ScriptStated, reading: "_Reading", *, is_whole: bool = True) -> Annotations:
    """What is said of one script, or where that is not the whole, of several."""
    for statement in command.statements:
        reading.take(statement)
    options = reading.finish() if is_whole else reading.options()
    described = options.model_copy(update={"description": command.description}) if command.description else options
    return Annotations(
        options=described,
        parameters=tuple(reading.parameters.values()),
        problems=(*sorted(reading.problems, key=lambda problem: problem.line or 0), *reading.untold()),
        are_present=any(is_annotation(statement) for statement in command.statements),
        sources=reading.sources,
        unused=tuple(sorted(reading.unused, key=lambda unused: unused.line)),
        environment=reading.environment,
        command=command.words,
    )


class _Reading:
    """Gathers what one file's annotations say, and all that is wrong with them."""

    def __init__(self, settings: AnnotationSettings, types: Mapping[str, type[AnyParameter]]) -> None:
        self.settings = settings
        self._types = types
        self.parameters: dict[str, AnyParameter] = {}
        self.problems: list[Problem] = []
        self._problem_count = 0
        self._are_uncounted = False
        self.unused: list[Unused] = []
        self.environment: dict[str, str] = {}
        self._stated: dict[str, ParameterStated] = {}
        self._options: dict[str, Entry] = {}
        self._fields = 0

    @property
    def sources(self) -> Sources:
        return Sources(options=self._options, parameters=self._stated)

    def take(self, statement: Statement) -> None:
        match statement:
            case Mistake(line=line, found=found, message=message):
                self._report(line, found, message)
            case OptionsStated(entries=entries):
                self._take_options(entries)
            case ParameterStated():
                self._take_parameter(statement)
            case EnvironmentStated(variables=variables):
                self.environment |= variables
            case Unused():
                self.unused.append(statement)

    def finish(self) -> ScriptOptions:
        """What was said of the script itself, once everything is known."""
        self._check_relations()
        options = self.options()
        self._check_examples(options)
        if (message := notify_option.in_vain(options.notify, options.owner)) and "notify" in self._options:
            self._report(self._options["notify"].line, "notify", message)
        return options

    def options(self) -> ScriptOptions:
        """What was said of the script itself so far."""
        known = self._without_unknown(self._options, tuple(ScriptOptions.model_fields), "a script")
        try:
            return ScriptOptions.model_validate({option: entry.value for option, entry in known.items()})
        except ValidationError as error:
            for option, message in mistakes(error):
                self._report(known[option].line, known[option].found(option), message)
            return ScriptOptions()

    def untold(self) -> Iterator[Problem]:
        """What stands for the problems that are not told."""
        count = self._problem_count - len(self.problems)
        if count or self._are_uncounted:
            words = f"more than {count:,}" if count and self._are_uncounted else f"{count:,}" if count else "many"
            yield Problem(message=f"has {words} more mistakes: mend those above first", stands_for=max(1, count))

    def _take_options(self, entries: Mapping[str, Entry]) -> None:
        for option, entry in entries.items():
            before = self._options.setdefault(option, entry)
            if before is entry:
                continue
            if entry.dialect is Dialect.OURS:
                self._report(entry.line, option, f"is given already in line {before.line}")
            else:
                reason = f"{before.found(option)} in line {before.line} counts"
                self.unused.append(Unused(line=entry.line, found=entry.found(option), reason=reason, matters=False))

    def _take_parameter(self, stated: ParameterStated) -> None:
        name = stated.name
        if name in self._stated:
            message = f"is the name of the parameter in line {self._stated[name].line} already"
            self._report(stated.line, name, message)
            return
        self._stated[name] = stated
        kind = self._kind(stated)
        if kind is not None:
            self._make(kind, stated)

    def _make(self, kind: type[AnyParameter], stated: ParameterStated) -> None:
        options = self._without_unknown(stated.entries, kind.options(), f"type {kind.type}")
        written = {option: entry.value for option, entry in options.items() if option != "type"}
        identity = {"name": stated.name, "description": stated.description}
        try:
            parameter = kind.model_validate({**written, **identity})
        except ValidationError as error:
            for option, message in mistakes(error):
                entry = options.get(option)
                found = entry.found(option) if entry else identity.get(option)
                self._report(entry.line if entry else stated.line, found or stated.name, message)
        else:
            self.parameters[stated.name] = parameter
            self._check_room(stated)

    def _check_room(self, stated: ParameterStated) -> None:
        before = self._fields
        self._fields += relations.fields(self.parameters[stated.name])
        if before <= relations.MAX_FIELDS < self._fields:
            message = f"is one too many: a Slack form holds 100 blocks, {relations.MAX_FIELDS} of them for parameters"
            self._report(stated.line, stated.name, f"{message} and headings")

    def _kind(self, stated: ParameterStated) -> type[AnyParameter] | None:
        entry = stated.entries.get("type")
        if entry is None:
            return self._types[self._type_by_prefix(stated.name)]
        kind = self._types.get(entry.value) if isinstance(entry.value, str) else None
        if kind is None:
            written = yaml_flow.written(entry.value)
            self._report(entry.line, written, "is no type of parameter", allowed=self._types, word=written)
        return kind

    def _type_by_prefix(self, name: str) -> str:
        if name.startswith(self.settings.input_prefix):
            return "input"
        return "output" if name.startswith(self.settings.output_prefix) else "text"

    def _check_relations(self) -> None:
        if self._fields > relations.MAX_FIELDS:
            return  # is said already, and what each leads to would take time quadratic in their number
        wrong = relations.wrong(self.parameters, frozenset(self._stated))
        for name, option, message in islice(wrong, MOST_TOLD):
            entry = self._stated[name].entries.get(option)
            line = entry.line if entry else self._stated[name].line
            self._report(line, entry.found(option) if entry else name, message)
        self._are_uncounted |= next(wrong, None) is not None

    def _check_examples(self, options: ScriptOptions) -> None:
        wrong = self._wrong_examples(options)
        for found, message in islice(wrong, MOST_TOLD):
            self._report(self._options["examples"].line, found, message)
        self._are_uncounted |= next(wrong, None) is not None

    def _wrong_examples(self, options: ScriptOptions) -> Iterator[tuple[str, str]]:
        for example, values in options.examples.items():
            for name, value in values.items():
                if message := self._wrong_example(name, value):
                    yield f"{example}: {{{name}: {value}}}", message

    def _wrong_example(self, name: str, value: str) -> str | None:
        if name not in self._stated:
            near = nearest(name, islice(self._stated, relations.MOST_NAMES))
            hint = f"; did you mean {quoted(near[0])}?" if near else ""
            return f"{quoted(name)} is no parameter of this script{hint}"
        parameter = self.parameters.get(name)
        if parameter is None:
            return None
        if not is_asked(parameter):
            return f"nobody is asked for {quoted(name)}"
        try:
            parameter.parse(value)
        except InvalidValue as error:
            return str(error)
        return None

    def _without_unknown(self, entries: Mapping[str, Entry], allowed: tuple[str, ...], whose: str) -> dict[str, Entry]:
        unknown = dict.fromkeys(option for option in entries if option not in allowed)
        for option in unknown:
            if self._problem_count >= MOST_TOLD:
                self._problem_count += 1
                continue
            others = [kind.type for kind in self._types.values() if option in kind.options()]
            elsewhere = f", only of type {' and '.join(others)}" if others else ""
            message = f"is no option of {whose}{elsewhere}"
            self._report(entries[option].line, option, message, allowed=allowed, word=option)
        return {option: entry for option, entry in entries.items() if option not in unknown}

    def _report(
        self, line: int, found: str, message: str, *, allowed: Iterable[str] = (), word: str | None = None
    ) -> None:
        self._problem_count += 1
        if self._problem_count > MOST_TOLD:
            return
        near = nearest(word[:100].lower(), allowed) if word else []
        self.problems.append(
            Problem(
                line=line,
                found=found,
                message=message,
                allowed=tuple(allowed),
                suggestion=near[0] if near else None,
            )
        )
