"""What argc's parameters are here: each with the type and options by which argc is given just what was entered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts.annotations.argc.grammar import Tag
from runner.scripts.annotations.argc.names import Names
from runner.scripts.annotations.statements import Dialect, Entry, Mistake, ParameterStated, Statement, Unused
from runner.scripts.parameters import TYPES
from runner.scripts.parameters.options import MAX_DESCRIPTION, MAX_LABEL, is_set_already
from runner.system.text import clipped, quoted, readable

_FILE = re.compile(r"(?:^|[-_ ])(?:FILE|PATH|FILENAME|FILEPATH)S?$")
_NOT_HELP = "h(?:[^e].*|e(?:[^l].*|l(?:[^p].*|p.+)?)?)?"  # what else begins with an h
_OUTPUT = re.compile(r"out(?:[-_.]?(?:file|path|dir))?", re.IGNORECASE)
_NUMBERS = {"NUM": "number", "NUMBER": "number", "FLOAT": "number", "INT": "integer", "INTEGER": "integer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgcContext:
    """What holds for a whole command.

    ``signs`` begin what argc takes for something else than a value; ``first_position`` is the ``@arg`` where it takes
    ``help`` for a request. Where a command has neither flags nor options it ``takes_numbers`` below 0 as values, and
    where all there is takes all the rest it ``takes_anything``. It ``is_last`` where no subcommand's word follows.
    ``is_built`` is whether ``argc --argc-build`` put a parser into the script; the prefixes are what names of files
    begin with.
    """

    signs: str
    first_position: str
    is_built: bool
    takes_numbers: bool
    takes_anything: bool
    is_last: bool
    input_prefix: str
    output_prefix: str


def parameters(tags: Sequence[Tag], around: ArgcContext, names: Names) -> Iterator[Statement]:
    """Each tag as a parameter, in their order; what takes all the rest comes last, lest it take options.

    What cannot be said here is a mistake where argc needs it, and otherwise left out.
    """
    for tag in tags:
        names.of(tag)  # in their order, whatever asks for one first
    needed = _needed(tags, names, around)
    for tag in sorted(tags, key=_place):
        reason = _unsayable(tag, tags, around)
        if reason is None:
            yield from _stated(tag, _options(tag, around, needed.get(tag.line, {})), names)
            yield from _other_values(tag, around, names)
        elif tag.is_required or tag.kind == "arg":
            message = f"{reason}; describe the parameters in lines of ScriptRunner's own instead"
            yield Mistake(line=tag.line, found=tag.written, message=message)
        else:
            yield Unused(line=tag.line, found=tag.written, reason=reason)


def _place(tag: Tag) -> int:
    """What takes a few values at once stands before the arguments, and what takes all that follow it behind them."""
    if tag.modifier == "~":
        return 3
    if tag.kind == "option" and len(tag.notations) > 1:
        return 0
    return 2 if _is_greedy(tag) else 1


def _stated(tag: Tag, options: dict[str, object], names: Names) -> Iterator[Statement]:
    for found, reason in _without_effect(tag):
        yield Unused(line=tag.line, found=found, reason=reason, matters=False)
    if _takes_a_few(tag):
        options["label"] = clipped(f"{readable(tag.name)}: {tag.notations[0]}", MAX_LABEL)
        if not tag.is_required and not tag.notations[1].endswith("?"):
            options["needs"] = [names.of(tag, 2)]
    yield _parameter(tag, names.of(tag), options)


def _other_values(tag: Tag, around: ArgcContext, names: Names) -> Iterator[Statement]:
    """The values that an option takes at once besides the first, each as the argument behind the one before."""
    for part, notation in enumerate(tag.notations[1:] if _takes_a_few(tag) else (), start=2):
        one = replace(tag, kind="arg", notations=(notation,), modifier="", delimiter=None)
        options = _options(one, around, {})
        is_required = tag.is_required and not notation.endswith("?")
        options |= {"label": clipped(f"{readable(tag.name)}: {notation}", MAX_LABEL), "required": is_required}
        if not is_required:
            options |= {"omit": True, "needs": [names.of(tag, part - 1)]}
        yield _parameter(replace(tag, description=""), names.of(tag, part), options)


def _parameter(tag: Tag, name: str, options: Mapping[str, object]) -> ParameterStated:
    return ParameterStated(
        line=tag.line,
        name=name,
        description=clipped(tag.description, MAX_DESCRIPTION),
        entries={name: Entry(value, tag.line, tag.written, Dialect.ARGC) for name, value in options.items()},
        dialect=Dialect.ARGC,
    )


def _needed(tags: Sequence[Tag], names: Names, around: ArgcContext) -> Mapping[int, dict[str, object]]:
    """What argc's filling of positions from the left means for each ``@arg``, by its line.

    One before a needed one is needed itself, and an optional one only has its place behind those before it. Where two
    are all and both are lists, the second stands behind ``--``, and argc tells them apart by that only.
    """
    positional = [tag for tag in tags if tag.kind == "arg"]
    last_needed = max((index for index, tag in enumerate(positional) if tag.is_required), default=-1)
    found: dict[int, dict[str, object]] = {}
    for index, tag in enumerate(positional):
        if index <= last_needed:
            found[tag.line] = {"required": True}
        elif index > last_needed + 1:
            found[tag.line] = {"required": False, "omit": True, "needs": [names.of(positional[index - 1])]}
        else:
            found[tag.line] = {"required": False, "omit": True}
    if _are_two_lists(tags, around):
        first, second = positional
        found[first.line]["needs"] = [names.of(second)]
        found[second.line] |= {"after_dashes": True, "needs": [names.of(first)]}
    return found


def _are_two_lists(tags: Sequence[Tag], around: ArgcContext) -> bool:
    lists = [tag.modifier in ("*", "+") and not tag.delimiter for tag in tags if tag.kind == "arg"]
    return lists == [True, True] and not around.is_built


def _unsayable(tag: Tag, tags: Sequence[Tag], around: ArgcContext) -> str | None:
    if message := _unsayable_values(tag, tags, around):
        return message
    if tag.needs_equals and len(tag.flag) == 2:
        return "takes its value behind = only, and a flag of one letter is not joined to it like that"
    if tag.kind == "env" and is_set_already(tag.name):
        return "is a variable that is set already, or changes which programs run"
    if _stands_alone(tag, around):
        for choice in tag.values.choices:
            if choice.startswith(tuple(around.signs)):
                return f"offers {quoted(choice)}, which argc takes for something else than a value"
    return None


def _unsayable_values(tag: Tag, tags: Sequence[Tag], around: ArgcContext) -> str | None:
    """Why an option that takes other than one value cannot be said."""
    if tag.takes_suffix and (len(_flag(tag)) > 2 or around.is_built or tag.values.choices):
        return "is a family of options: anything may follow the name"
    if _takes_the_rest(tag) and not around.is_last:
        return "takes all that follows it, the word of a subcommand too"
    others = [each for each in tags if each.modifier == "~" and each is not tag]
    if _takes_the_rest(tag) and any(tag.modifier == "~" or each.kind == "arg" for each in others):
        return "takes all that follows it, and so does another one"
    if _takes_a_few(tag) and (tag.takes_several or tag.needs_equals):
        return f"takes {len(tag.notations)} values at once{', several times' if tag.takes_several else ' behind ='}"
    if _takes_a_few(tag) and _is_greedy(tag) and any(each.kind == "arg" for each in tags):
        return "takes as many values as follow, also those of an @arg"
    return None


def _without_effect(tag: Tag) -> Iterator[tuple[str, str]]:
    if tag.values.choices_function:
        yield f"[`{tag.values.choices_function}`]", "is known only while the script runs: a line of text is asked for"
    if tag.bound:
        yield f"${tag.bound}", "the value is passed as an argument"
    if tag.kind == "flag" and tag.modifier:
        yield f"{tag.flag}{tag.modifier}", "a box is ticked once"
    if _is_greedy(tag) and not _takes_the_rest(tag):
        yield f"<{tag.notations[-1]}>", "one value is passed each time"


def _takes_a_few(tag: Tag) -> bool:
    """Whether an option takes several values, each with a meaning of its own."""
    return tag.kind == "option" and len(tag.notations) > 1 and tag.modifier != "~"


def _takes_the_rest(tag: Tag) -> bool:
    """Whether an option is followed by a list of values; what argc takes only behind = is one value each time."""
    is_list = tag.modifier == "~" or (_is_greedy(tag) and len(tag.notations) == 1 and not tag.needs_equals)
    return tag.kind == "option" and is_list


def _is_greedy(tag: Tag) -> bool:
    return tag.kind == "option" and bool(tag.notations) and tag.notations[-1].endswith(("*", "+"))


def _options(tag: Tag, around: ArgcContext, needed: dict[str, object]) -> dict[str, object]:
    if tag.kind == "flag":
        return {"type": "boolean", "flag": tag.flag}
    options: dict[str, object] = {"type": _type(tag, around), "required": tag.is_required}
    if tag.kind == "option":
        options |= {"flag": _flag(tag)} | _style(tag, around)
    elif tag.kind == "env":
        options["env"] = tag.name
    if tag.values.choices:
        options["choices"] = list(tag.values.choices)
    if tag.takes_several or _takes_the_rest(tag):
        options |= {"multiple": True} | ({"separator": tag.delimiter} if tag.delimiter else {})
    limits = {} if "after_dashes" in needed else _limits(tag, str(options["type"]), around)
    return _with_default(tag, options | needed | limits)


def _flag(tag: Tag) -> str:
    """The long one; of a family of options that of a letter, which its values are joined to directly."""
    return tag.short if tag.takes_suffix and tag.short else tag.flag


def _style(tag: Tag, around: ArgcContext) -> dict[str, object]:
    if tag.takes_suffix:
        return {"pattern": "[^=]+=.*", "pattern_hint": "a name, = and a value"}
    if _takes_the_rest(tag):
        return {"flag_style": "once"}
    return {"flag_style": "separate"} if _stands_alone(tag, around) else {}


def _stands_alone(tag: Tag, around: ArgcContext) -> bool:
    """Whether a value is an argument of its own.

    argc takes ``--name=value``, but ``-n value``; and the parser that it builds into scripts cuts a joined value at its
    last ``=``.
    """
    if tag.kind == "option" and not tag.takes_suffix:
        is_apart = _takes_the_rest(tag) or _takes_a_few(tag)
        return not tag.needs_equals and (len(tag.flag) == 2 or around.is_built or is_apart)
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
    if not _stands_alone(tag, around) or around.takes_anything:
        return {}
    if kind in ("integer", "number"):
        return {} if around.takes_numbers else {"min": "0"}
    if kind != "text":
        return {}
    signs, sign = " or ".join(around.signs), re.escape(around.signs)
    is_first = tag.name == around.first_position and tag.kind == "arg"
    hint = (
        f"text other than help that does not begin with {signs}"
        if is_first
        else f"text that does not begin with {signs}"
    )
    pattern = f"[^{sign}h].*|{_NOT_HELP}" if is_first else f"[^{sign}].*"
    if around.takes_numbers:
        return {"pattern": rf"{pattern}|-[0-9.].*", "pattern_hint": f"{hint}, unless a number follows"}
    return {"pattern": pattern, "pattern_hint": hint}


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
