"""What each option and argument of Click is here; the rules are those of Click's documentation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from runner.scripts.annotations.python import click_types, expressions
from runner.scripts.annotations.python.arguments import Argument, Exclusive, Kind, Note, Shape, Unfit
from runner.scripts.annotations.python.click_calls import ClickCommand, Declaration
from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.texts import line_of, parameter_name
from runner.scripts.annotations.python.values import External, MadeCall, Unknown, is_plain, written
from runner.scripts.parameters.options import MAX_DESCRIPTION, MAX_LABEL
from runner.system.text import readable

_FLAG = re.compile(r"-[A-Za-z0-9][A-Za-z0-9_.-]{0,62}|--[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_RUNTIME = "is known only while the script runs"
_PASSWORD: Mapping[str, object] = {"prompt": True, "confirmation_prompt": True, "hide_input": True}
_CONFIRMATION: Mapping[str, object] = {"is_flag": True, "prompt": "Do you want to continue?"}
_PRESET = {
    "password_option": ("--password", _PASSWORD),
    "confirmation_option": ("--yes", _CONFIRMATION),
}


@dataclass(frozen=True, slots=True)
class ParameterNames:
    """What a parameter is called: its flags, those that say the opposite, and the function's name for its value."""

    flags: Sequence[str]
    opposites: Sequence[str]
    destination: str


def parameters(command: ClickCommand, prefixes: Prefixes) -> list[Argument | Unfit]:
    """The options and arguments of a command, in its order."""
    found = [_parameter(each, command, prefixes) for each in command.declared]
    return _placed(_switched(found, command.declared))


def names(written_names: Sequence[str], *, is_option: bool) -> ParameterNames:
    """Which of the words of a call are flags, and which name the parameter: a name by itself, or the longest flag's."""
    flags: list[str] = []
    opposites: list[str] = []
    given: str | None = None
    for each in written_names:
        if each.isidentifier() or not is_option:
            given = each
            continue
        first, sign, second = each.partition(";" if each[:1] == "/" else "/")
        flags += [first.strip()] if first.strip() else []
        opposites += [second.strip()] if sign and second.strip() else []
    dashes = sorted(flags or opposites, key=lambda flag: len(flag.lstrip("-")) - len(flag))
    name = given or (dashes[0].lstrip("-/").lower() if dashes else "")
    return ParameterNames(flags, opposites, name.replace("-", "_") if is_option else name.replace("-", "_").lower())


def _parameter(declared: Declaration, command: ClickCommand, prefixes: Prefixes) -> Argument | Unfit:
    found = _made(declared, command, prefixes)
    return found if declared.written is None else replace(found, written=declared.written)


def _made(declared: Declaration, command: ClickCommand, prefixes: Prefixes) -> Argument | Unfit:
    flag, preset = _PRESET.get(declared.kind, ("", {}))
    call = declared.call
    if flag:
        call = replace(call, arguments=call.arguments or [flag], options={**preset, **call.options})
    is_option = declared.kind != "argument"
    texts = [each for each in call.arguments if isinstance(each, str)]
    found = names(texts, is_option=is_option)
    if refusal := _refusal(declared, call, found, command.doubts, is_option=is_option):
        is_needed = call.option("required") is True or (not is_option and _is_required(call))
        return Unfit(line=call.line, written=written(call.node), reason=refusal, is_needed=is_needed)
    if is_option:
        is_confirmed = declared.kind == "confirmation_option"
        return _option(call, found, prefixes, is_confirmed=is_confirmed)
    return _argument(call, found, prefixes)


def _refusal(
    declared: Declaration, call: MadeCall, found: ParameterNames, doubts: int, *, is_option: bool
) -> str | None:
    """Why the form cannot have it."""
    if not call.is_whole or any(not isinstance(each, str) for each in call.arguments) or not found.destination:
        return f"{_RUNTIME}: its names or options are computed"
    if len(declared.doubts) > doubts:
        return f"is added {declared.doubts[-1]}"
    if call.option("hidden") is True and call.option("required") is not True:
        return "is hidden from people by its author"
    if not isinstance(call.option("nargs", default=1), int):
        return f"takes a number of values that {_RUNTIME}"
    if is_option and not any(_FLAG.fullmatch(flag) for flag in (*found.flags, *found.opposites)):
        return "has no flag of the form -x or --long-name"
    if is_option and call.option("is_eager") is True and call.option("expose_value") is False:
        return "is answered before the command does anything"
    return None


def _is_required(call: MadeCall) -> bool:
    """Whether an argument must be given: unless it says so itself, where it has no default and is not any number."""
    given = call.option("required")
    if given is not None:
        return given is not False
    return call.option("default") is None and call.option("nargs") != -1


def _argument(call: MadeCall, found: ParameterNames, prefixes: Prefixes) -> Argument:
    number = call.option("nargs", default=1)
    is_required = _is_required(call)
    pieces = click_types.parts(call.option("type"))
    metavar = call.option("metavar")
    words = [found.destination, *([metavar] if isinstance(metavar, str) else [])]
    kind = _kind(call, words, prefixes)
    count = len(pieces) or (number if isinstance(number, int) else 1)
    default, is_shown_only, notes = _default(call, kind)
    return Argument(
        line=call.line,
        written=written(call.node),
        name=parameter_name(found.destination),
        label=readable(found.destination)[:MAX_LABEL],
        description=_help(call),
        kind=kind,
        number=("+" if is_required else "*") if count == -1 else "?" if count == 1 and not is_required else count,
        is_required=is_required,
        default=default,
        is_shown_only=is_shown_only,
        section=line_of(call.option("rich_help_panel"), MAX_LABEL) or None,
        notes=(*kind.notes, *notes),
    )


def _option(call: MadeCall, found: ParameterNames, prefixes: Prefixes, *, is_confirmed: bool) -> Argument:
    flags = sorted((each for each in found.flags if _FLAG.fullmatch(each)), key=_rank)
    opposites = sorted((each for each in found.opposites if _FLAG.fullmatch(each)), key=_rank)
    shape: Shape = "confirmation" if is_confirmed else _shape(call, flags, opposites)
    pieces = click_types.parts(call.option("type"))
    number = call.option("nargs", default=1)
    is_valued = shape == "value"
    words = [found.destination, *(flag.lstrip("-") for flag in found.flags)]
    kind = _kind(call, words, prefixes) if is_valued else Kind()
    default, is_shown_only, notes = _default(call, kind)
    if shape == "negatable" and "default" not in call.options and call.option("required") is not True:
        default = False
    is_asked = _is_asked(call)
    if is_asked and call.option("hide_input") is True:
        reason = (
            "is a secret that a form would show: take it from the server's secrets with a line of ScriptRunner's own"
        )
        notes = (*notes, Note("hide_input=True", reason, matters=True))
    is_switch = shape == "flag" and not (is_asked or call.option("required") is True)
    return Argument(
        line=call.line,
        written=written(call.node),
        name=parameter_name(found.destination),
        label=_label(call, found, is_confirmed=is_confirmed),
        description=_help(call),
        flag=(flags or opposites)[0],
        opposite=opposites[0] if flags and opposites else None,
        short=next((each for each in flags if len(each) == 2), None),
        shape=shape,
        kind=kind,
        number=(len(pieces) or (number if isinstance(number, int) else 1)) if is_valued else 1,
        repeats=is_valued and call.option("multiple") is True,
        is_required=not is_switch and (is_asked or call.option("required") is True),
        default=default,
        is_shown_only=is_shown_only,
        section=line_of(call.option("rich_help_panel"), MAX_LABEL) or None,
        notes=(*kind.notes, *notes),
    )


def _shape(call: MadeCall, flags: Sequence[str], opposites: Sequence[str]) -> Shape:
    if call.option("count") is True:
        return "count"
    is_flag = call.option("is_flag")
    if is_flag is False or (is_flag is None and "flag_value" not in call.options and not opposites):
        return "value"
    if flags and opposites:
        return "negatable"
    return "flag"


def _is_asked(call: MadeCall) -> bool:
    """Whether the script would ask for it, and wait for an answer that nobody gives."""
    return call.option("prompt") not in (None, False) and call.option("prompt_required") is not False


def _kind(call: MadeCall, words: Sequence[str], prefixes: Prefixes) -> Kind:
    given = call.option("type")
    if pieces := click_types.parts(given):
        return click_types.together(pieces, words, prefixes)
    return click_types.kind(given, call.option("default"), words, prefixes)


def _default(call: MadeCall, kind: Kind) -> tuple[str | list[str] | bool | None, bool, tuple[Note, ...]]:
    """What the form starts with or says, whether it only says it, and what is to be noted.

    Where a variable of the environment counts before it, it is left to Click.
    """
    default = call.option("default")
    is_told = "envvar" in call.options
    if default is None or call.option("count") is True:
        return None, False, ()
    if isinstance(default, bool):
        return default if kind.type != "choice" else str(default).lower(), is_told, ()
    if isinstance(default, str | int | float):
        return str(default), is_told or (kind.takes_texts_only and not isinstance(default, str)), ()
    listed = expressions.items(default) if isinstance(default, list | tuple) else None
    if listed is not None and all(is_plain(each) and each is not None for each in listed):
        return [str(each) for each in listed], is_told, ()
    words = default.written if isinstance(default, Unknown) else default.path if isinstance(default, External) else "…"
    return None, False, (Note(f"default={words}", f"{_RUNTIME}: left empty, the script chooses"),)


def _help(call: MadeCall) -> str:
    given = call.option("help")
    return line_of(given.partition("\f")[0].replace("\b", "") if isinstance(given, str) else None, MAX_DESCRIPTION)


def _label(call: MadeCall, found: ParameterNames, *, is_confirmed: bool) -> str:
    prompt = call.option("prompt")
    if is_confirmed and isinstance(prompt, str):
        return line_of(prompt, MAX_LABEL)
    return readable(found.destination)[:MAX_LABEL]


def _rank(flag: str) -> tuple[bool, bool]:
    return not flag.startswith("--"), len(flag) == 2


def _switched(found: Sequence[Argument | Unfit], declared: Sequence[Declaration]) -> list[Argument | Unfit]:
    """With those flags exclusive that put a value of their own in the same place."""
    groups: dict[str, Exclusive] = {}
    switches = [
        each.name
        for each, of in zip(found, declared, strict=True)
        if isinstance(each, Argument) and each.shape == "flag" and "flag_value" in of.call.options
    ]
    return [
        replace(each, exclusive=groups.setdefault(each.name, Exclusive(is_required=False)))
        if isinstance(each, Argument) and each.shape == "flag" and switches.count(each.name) > 1
        else each
        for each in found
    ]


def _placed(found: Sequence[Argument | Unfit]) -> list[Argument | Unfit]:
    """With those positions needed that would otherwise take what belongs to another: Click fills them from the left.

    Behind one that takes any number, and where as many as there are places must be given, none can be left out.
    """
    positions = [each for each in found if isinstance(each, Argument) and each.flag is None]
    is_open = False
    needed: set[int] = set()
    for index, each in enumerate(positions):
        is_followed = any(later.is_required or later.number == "+" for later in positions[index + 1 :])
        if each.number not in ("*", "+") and (is_open or is_followed or each.number != "?"):
            needed.add(id(each))
        is_open |= each.number in ("*", "+")
    return [
        replace(each, number=1 if each.number == "?" else each.number, is_required=True)
        if isinstance(each, Argument) and id(each) in needed
        else each
        for each in found
    ]
