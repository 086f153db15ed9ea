"""What argc's parameters are here: each with the type and options by which argc is given just what was entered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts.annotations.argc_grammar import Tag
from runner.scripts.annotations.statements import Dialect, Entry, Mistake, ParameterStated, Statement, Unused
from runner.scripts.parameters import TYPES
from runner.scripts.parameters.options import MAX_DESCRIPTION, MAX_LABEL, is_set_already
from runner.system.text import clipped, quoted

_FILE = re.compile(r"(?:^|[-_ ])(?:FILE|PATH|FILENAME|FILEPATH)S?$")
_NOT_HELP = "h(?:[^e].*|e(?:[^l].*|l(?:[^p].*|p.+)?)?)?"  # what else begins with an h
_OUTPUT = re.compile(r"out(?:[-_.]?(?:file|path|dir))?", re.IGNORECASE)
_NUMBERS = {"NUM": "number", "NUMBER": "number", "FLOAT": "number", "INT": "integer", "INTEGER": "integer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgcContext:
    """What holds for a whole file.

    ``signs`` begin what argc takes for something else than a value; ``first_position`` is the ``@arg`` where it takes
    ``help`` for a request; ``is_built`` is whether ``argc --argc-build`` put a parser into the script; the prefixes are
    what names of files begin with.
    """

    signs: str
    first_position: str
    is_built: bool
    input_prefix: str
    output_prefix: str


def parameters(tags: Sequence[Tag], around: ArgcContext) -> Iterator[Statement]:
    """Each tag as a parameter, in their order; what takes all the rest comes last, lest it take options.

    What cannot be said here is a mistake where argc needs it, and otherwise left out.
    """
    needed = _needed(tags)
    for tag in sorted(tags, key=lambda each: each.kind == "arg" and each.modifier == "~"):
        reason = _unsayable(tag, around)
        if reason is None:
            yield from _stated(tag, _options(tag, around, needed[tag.name] if tag.kind == "arg" else {}))
        elif tag.is_required or tag.kind == "arg":
            message = f"{reason}; describe the parameters in lines of ScriptRunner's own instead"
            yield Mistake(line=tag.line, found=tag.written, message=message)
        else:
            yield Unused(line=tag.line, found=tag.written, reason=reason)


def _stated(tag: Tag, options: Mapping[str, object]) -> Iterator[Statement]:
    for found, reason in _without_effect(tag):
        yield Unused(line=tag.line, found=found, reason=reason)
    yield ParameterStated(
        line=tag.line,
        name=_name(tag),
        description=clipped(tag.description, MAX_DESCRIPTION),
        entries={name: Entry(value, tag.line, tag.written, Dialect.ARGC) for name, value in options.items()},
        dialect=Dialect.ARGC,
    )


def _needed(tags: Sequence[Tag]) -> Mapping[str, dict[str, object]]:
    """What argc's filling of positions from the left means for each ``@arg``.

    One before a needed one is needed itself, and an optional one only has its place behind those before it.
    """
    positional = [tag for tag in tags if tag.kind == "arg"]
    last_needed = max((index for index, tag in enumerate(positional) if tag.is_required), default=-1)
    found: dict[str, dict[str, object]] = {}
    for index, tag in enumerate(positional):
        if index <= last_needed:
            found[tag.name] = {"required": True}
        elif index > last_needed + 1:
            found[tag.name] = {"required": False, "omit": True, "needs": [_name(positional[index - 1])]}
        else:
            found[tag.name] = {"required": False, "omit": True}
    return found


def _unsayable(tag: Tag, around: ArgcContext) -> str | None:
    if tag.takes_suffix:
        return "is a family of options: anything may follow the name"
    if tag.kind == "option" and tag.modifier == "~":
        return "takes all that follows it, options of others too"
    if len(tag.notations) > 1:
        return f"takes {len(tag.notations)} values at once"
    if tag.needs_equals and len(tag.flag) == 2:
        return "takes its value behind = only, and a flag of one letter is not joined to it like that"
    if tag.kind == "env" and is_set_already(tag.name):
        return "is a variable that is set already, or changes which programs run"
    if _stands_alone(tag, around):
        for choice in tag.values.choices:
            if choice.startswith(tuple(around.signs)):
                return f"offers {quoted(choice)}, which argc takes for something else than a value"
    return None


def _without_effect(tag: Tag) -> Iterator[tuple[str, str]]:
    if tag.values.choices_function:
        yield f"[`{tag.values.choices_function}`]", "is known only while the script runs: a line of text is asked for"
    if tag.bound:
        yield f"${tag.bound}", "the value is passed as an argument"
    if tag.kind == "flag" and tag.modifier:
        yield f"{tag.flag}{tag.modifier}", "a box is ticked once"
    if tag.notations and tag.notations[0].endswith(("*", "+")):
        yield f"<{tag.notations[0]}>", "one value is passed each time"


def _options(tag: Tag, around: ArgcContext, needed: dict[str, object]) -> dict[str, object]:
    if tag.kind == "flag":
        return {"type": "boolean", "flag": tag.flag}
    options: dict[str, object] = {"type": _type(tag, around), "required": tag.is_required}
    if tag.kind == "option":
        options |= {"flag": tag.flag} | ({"flag_style": "separate"} if _stands_alone(tag, around) else {})
    elif tag.kind == "env":
        options["env"] = tag.name
    if tag.values.choices:
        options["choices"] = list(tag.values.choices)
    if tag.takes_several:
        options |= {"multiple": True} | ({"separator": tag.delimiter} if tag.delimiter else {})
    return _with_default(tag, options | needed | _limits(tag, str(options["type"]), around))


def _stands_alone(tag: Tag, around: ArgcContext) -> bool:
    """Whether a value is an argument of its own.

    argc takes ``--name=value``, but ``-n value``; and the parser that it builds into scripts cuts a joined value at its
    last ``=``.
    """
    if tag.kind == "option":
        return not tag.needs_equals and (len(tag.flag) == 2 or around.is_built)
    return tag.kind == "arg"


def _type(tag: Tag, around: ArgcContext) -> str:
    if tag.values.choices:
        return "choice"
    notation = tag.notations[0].rstrip("*+?").upper() if tag.notations else ""
    name = tag.name.lower()
    is_output = name.startswith(around.output_prefix) or bool(_OUTPUT.fullmatch(name)) or notation.startswith("OUT")
    if _FILE.search(notation) or notation.endswith("DIR") or _is_file_name(name, around):
        if is_output and not tag.takes_several:
            return "output"
        return "text" if is_output or notation.endswith("DIR") else "input"
    kind = _NUMBERS.get(notation, "text")
    is_fit = tag.values.default is None or _fits({"type": kind}, tag.values.default)
    return kind if is_fit else "text"


def _is_file_name(name: str, around: ArgcContext) -> bool:
    prefixes = "|".join(re.escape(prefix.lower()) for prefix in (around.input_prefix, around.output_prefix))
    return bool(re.fullmatch(rf"(?:{prefixes})(?:[-_.]?(?:file|path)s?)?[0-9]*", name))


def _limits(tag: Tag, kind: str, around: ArgcContext) -> dict[str, object]:
    """What keeps a value that is an argument of its own from being taken for something else."""
    if not _stands_alone(tag, around):
        return {}
    if kind in ("integer", "number"):
        return {"min": "0"}
    if kind != "text":
        return {}
    signs = " or ".join(around.signs)
    sign = re.escape(around.signs)
    if tag.name != around.first_position or tag.kind != "arg":
        return {"pattern": f"[^{sign}].*", "pattern_hint": f"text that does not begin with {signs}"}
    pattern = f"[^{sign}h].*|{_NOT_HELP}"
    return {"pattern": pattern, "pattern_hint": f"text other than help that does not begin with {signs}"}


def _with_default(tag: Tag, options: dict[str, object]) -> dict[str, object]:
    """With what argc takes where nothing is given: the form starts with it, or says it where it is no value here."""
    default = tag.values.default
    if default and options["type"] != "input" and _fits(options, default):
        return options | {"default": default}
    if options["required"] or not (default or tag.values.default_function):
        return options
    words = f"Left empty, it is {default}" if default else "Left empty, the script chooses"
    return options | {"placeholder": clipped(words, MAX_LABEL)}


def _fits(options: Mapping[str, object], default: str) -> bool:
    written = {name: value for name, value in options.items() if name != "type"}
    try:
        parameter = TYPES[str(options["type"])].model_validate(written | {"name": "x", "description": ""})
        return parameter.parse(default) == default
    except (ValidationError, InvalidValue):
        return False


def _name(tag: Tag) -> str:
    """Ours, for argc's names may hold dots and colons and begin with a digit."""
    name = re.sub(r"[.:]", "_", tag.name)
    return name if re.match(r"[A-Za-z]", name) else f"{tag.kind}_{name}"
