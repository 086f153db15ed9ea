"""The report of ``scriptrunner check --explain``: how a file was understood."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel

from runner.jobs import Retries
from runner.scripts import annotations, files
from runner.scripts.annotations import Annotations, AnnotationSettings, Problem
from runner.scripts.annotations.statements import Dialect
from runner.scripts.authoring import check, example_values
from runner.scripts.catalogue import Catalogue
from runner.scripts.invocation import invocation
from runner.scripts.parameters import AnyParameter, Boolean, Input, is_secret
from runner.scripts.script import Script, ScriptOptions, full_name, script
from runner.system.text import clipped, quoted, size, span, visible

_TOLD_APART = frozenset(
    {"type", "label", "required", "flag", "flag_style", "env", "stdin", "omit", "after_dashes", "secret"}
)
_MOST = 300  # characters of a value


def report(
    paths: Iterable[Path], settings: AnnotationSettings, *, scripts: Path | None = None
) -> Iterator[tuple[list[str], bool]]:
    """For each file, and each file below a folder, the lines about it and whether all is well with it.

    ``scripts`` is the folder of scripts: a file in it has its group from there. ScriptRunnerError where a folder cannot
    be read.
    """
    for path in paths:
        for file, name in _files(path, settings, scripts):
            problems = check.problems(file, settings)
            try:
                found = annotations.read(files.read(file.resolve()), settings)
            except OSError:
                yield [visible(str(file)), *_wrong(problems)], False
                continue
            for each in found.commands or (found,):
                of = script(
                    name=name, path=file, options=each.options, parameters=each.parameters, command=each.command
                )
                yield explanation(of, each, problems), not problems


def explanation(of: Script, found: Annotations, problems: Sequence[Problem]) -> list[str]:
    """How the annotations of a file were understood; each line is fit for a terminal.

    What a script with problems is started with nobody can tell.
    """
    lines = [
        full_name(str(of.path), of.command),
        *_indented(_options(of, found)),
        *(
            line
            for number, each in enumerate(of.parameters)
            for line in _parameter(each, of.parameters[:number], found)
        ),
        *_headed("It is started like this", () if problems else _example(of)),
        *_headed("It finds in its environment", (f"{name}={value}" for name, value in found.environment.items())),
        *_headed("Without effect", (f"line {each.line}: {quoted(each.found)}: {each.reason}" for each in found.unused)),
        *_wrong(problems),
    ]
    return [visible(line) for line in lines]


def _files(path: Path, settings: AnnotationSettings, scripts: Path | None) -> Iterator[tuple[Path, str]]:
    """The files to explain, each with the name that the catalogue gives it."""
    if not path.is_dir():
        yield path, _name(path, scripts)
        return
    catalogue = Catalogue(path, settings)
    paths = {each.path for each in catalogue.scripts()} | {each.path for each in catalogue.broken()}
    for found in sorted(paths):
        yield found, _name(found, scripts or path)


def _name(path: Path, scripts: Path | None) -> str:
    if scripts is not None and path.resolve().is_relative_to(scripts.resolve()):
        return str(path.resolve().relative_to(scripts.resolve()))
    return path.name


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


def _headed(heading: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(_indented(lines))
    return _indented(["", f"{heading}:", *listed] if listed else [])


def _wrong(problems: Iterable[Problem]) -> Iterator[str]:
    told = (f"line {each.line}: {each}" if each.line else str(each) for each in problems)
    return _headed("Wrong", told)


def _options(of: Script, found: Annotations) -> Iterator[str]:
    stated = found.sources.options
    for option in ScriptOptions.model_fields:
        value = getattr(of, option)
        if option in stated and value is not None:
            entry = stated[option]
            written = "" if entry.written is None else f": {entry.written}"
            yield f"{option}: {_told(option, value)} ({_source(entry.line, entry.dialect)}{written})"
        elif option == "title":
            yield f"title: {of.title} (made of {_name_of(of)})"
        elif option == "group":
            yield f"group: {of.group} (the folder)" if of.group else "group: none"


def _name_of(of: Script) -> str:
    return "the file's name and the subcommand's" if of.command else "the file's name"


def _parameter(parameter: AnyParameter, before: tuple[AnyParameter, ...], found: Annotations) -> Iterator[str]:
    source = found.sources.parameters[parameter.name]
    need = "" if isinstance(parameter, Boolean) else ", required" if parameter.required else ", optional"
    told = [parameter.label, *([parameter.description] if parameter.description else [])]
    yield ""
    others = dict.fromkeys((each.line, each.dialect) for each in source.entries.values())
    beside = [_source(*each) for each in others if each[1] is not source.dialect]
    where = "; ".join([_source(source.line, source.dialect), *beside])
    yield f"  {parameter.name}: {parameter.type}{need} ({where})"
    yield from _indented(
        _indented(
            [
                ": ".join(told),
                *(f"{option}: {_told(option, value)}" for option, value in _limits(parameter)),
                f"reaches the script as {_way(parameter, before)}",
            ]
        )
    )


def _limits(parameter: AnyParameter) -> Iterator[tuple[str, object]]:
    """The options that differ from what holds without them."""
    for option in parameter.options():
        if option not in _TOLD_APART and getattr(parameter, option) != type(parameter).model_fields[option].default:
            yield option, getattr(parameter, option)


def _way(parameter: AnyParameter, before: tuple[AnyParameter, ...]) -> str:
    several = parameter.takes_several and getattr(parameter, "separator", None) is None
    if parameter.env is not None:
        way = f"the variable {parameter.env}" + (", one value a line" if several else "")
    elif parameter.stdin:
        way = "standard input" + (", one value a line" if several else "")
    elif parameter.flag is not None:
        way = _flagged(parameter, parameter.flag, several=several)
    else:
        way = _place(parameter, before) + (" and those behind it, one for each value" if several else "")
    if is_secret(parameter):
        return f"{way}: the secret {getattr(parameter, 'secret', '')} of the server"
    if isinstance(parameter, Boolean) or (parameter.required and not parameter.when):
        return way
    is_empty = parameter.is_positional and not parameter.omit and not several
    return f"{way}; {'an empty one' if is_empty else 'nothing'} when left empty"


def _flagged(parameter: AnyParameter, flag: str, *, several: bool) -> str:
    if isinstance(parameter, Boolean):
        return f"{flag} when ticked, otherwise nothing"
    times = ", once for each value" if several else ""
    match parameter.flag_style:
        case "separate":
            return f"two arguments, {flag} and the value{times}"
        case "once" if several:
            return f"{flag}, then one argument for each value"
        case "once":
            return f"two arguments, {flag} and the value"
        case "repeated":
            return f"{flag}, as often as the number says"
        case style:
            return f"{flag}{'' if len(flag) == 2 and style != 'equals' else '='}VALUE{times}"


def _place(parameter: AnyParameter, before: tuple[AnyParameter, ...]) -> str:
    ahead = [
        each for each in before if each.env is None and not each.stdin and each.after_dashes == parameter.after_dashes
    ]
    if all(_is_one_argument(each) for each in ahead):
        return f"the {_ordinal(len(ahead) + 1)} argument{' behind --, last of all' if parameter.after_dashes else ''}"
    return f"the argument behind that of {quoted(ahead[-1].name)}"


def _is_one_argument(parameter: AnyParameter) -> bool:
    is_list = parameter.takes_several and getattr(parameter, "separator", None) is None
    return parameter.is_positional and not parameter.omit and not is_list


def _ordinal(number: int) -> str:
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _example(of: Script) -> Iterator[str]:
    started = invocation(
        of.for_requester(example_values.PERSON),
        example_values.values(of),
        files=lambda parameter, value: f"{'INBOX' if isinstance(parameter, Input) else 'OUTBOX'}/{value}",
        secrets=dict.fromkeys(of.secrets, "SECRET"),
    )
    yield shlex.join([str(of.path), *started.arguments])
    for name, value in started.environment.items():
        yield f"with {name}={shlex.quote(value)} in its environment"
    if started.stdin is not None:
        text = f"the file {started.stdin}" if isinstance(started.stdin, Path) else shlex.quote(started.stdin)
        yield f"with {text} on its standard input"


def _source(line: int, dialect: Dialect) -> str:
    return f"line {line}" if dialect is Dialect.OURS else f"line {line}, {dialect}"


def _told(option: str, value: object) -> str:
    match value:
        case bool():
            words = str(value).lower()
        case timedelta():
            words = span(value)
        case int() if option in ("memory", "max_size"):
            words = size(value)
        case Retries(times=times, delay=delay, on=codes):
            at = f", at exit code {' or '.join(map(str, sorted(codes)))}" if codes else ""
            words = f"up to {times} more, each after {span(delay)}{at}"
        case BaseModel():
            words = _told(option, value.model_dump(exclude_defaults=True))
        case Mapping():
            words = ", ".join(_pair(option, key, each) for key, each in value.items())
        case tuple():
            words = ", ".join(map(str, value))
        case _:
            words = str(value)
    return clipped(words, _MOST)


def _pair(option: str, key: str, value: object) -> str:
    return key if key == value else f"{key} = {_told(option, value)}"
