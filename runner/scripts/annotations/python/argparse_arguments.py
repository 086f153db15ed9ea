"""What each ``add_argument`` of argparse is here; the rules are those of argparse's documentation."""

import ast
import re
from collections.abc import Mapping, Sequence

from runner.scripts.annotations.python import expressions, kinds
from runner.scripts.annotations.python.arguments import Argument, Kind, Note, Shape, Unfit
from runner.scripts.annotations.python.kinds import OpenedFile, Prefixes
from runner.scripts.annotations.python.parsers import Added, Parser
from runner.scripts.annotations.python.texts import line_of, parameter_name, resolved_help
from runner.scripts.annotations.python.values import Class, External, Unknown, is_plain, written
from runner.scripts.parameters.options import MAX_LABEL
from runner.system.text import readable

_FLAG = re.compile(r"[-+][A-Za-z0-9][A-Za-z0-9_.-]{0,62}|--[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_SUPPRESSED = (External("argparse.SUPPRESS"), "==SUPPRESS==")
_REMAINDER = (External("argparse.REMAINDER"), "...", External("argparse.PARSER"), "A...")
_CLASSES = {
    "argparse.BooleanOptionalAction": "negatable",
    "argparse._StoreAction": "store",
    "argparse._StoreTrueAction": "store_true",
    "argparse._StoreFalseAction": "store_false",
    "argparse._StoreConstAction": "store_const",
    "argparse._AppendAction": "append",
    "argparse._ExtendAction": "extend",
    "argparse._CountAction": "count",
    "argparse._HelpAction": "help",
    "argparse._VersionAction": "version",
}
_FLAGS: Mapping[str, Shape] = {
    "store_true": "flag",
    "store_false": "flag",
    "store_const": "flag",
    "append_const": "flag",
    "negatable": "negatable",
    "count": "count",
}
_VALUES = ("store", "append", "extend")
_RUNTIME = "is known only while the script runs"


def argument(added: Added, parser: Parser, prefixes: Prefixes) -> Argument | Unfit | None:
    """What one call adds to the parser; None for what only tells something, as ``--version`` does."""
    call = added.call
    names = [each for each in added.names if isinstance(each, str)]
    is_option = bool(names) and names[0].startswith(tuple(parser.prefixes))
    action = _action(call.option("action", default="store"))
    if action in ("help", "version"):
        return None
    if refusal := _refusal(added, names, action, is_option=is_option):
        is_optional = is_option or (not names and _is_of_an_option(added, parser))
        is_needed = call.option("required") is True or not is_optional
        return Unfit(
            line=call.line,
            written=written(call.node),
            reason=refusal,
            is_needed=is_needed and call.option("nargs") not in ("?", "*", *_REMAINDER),
        )
    return _made(added, parser, action or "store", prefixes)


def _action(given: object) -> str | None:
    """The action by its name; None where what it does is not known."""
    match given:
        case str():
            return given
        case External(path=path):
            return _CLASSES.get(path)
        case Class() if given.derives_from("argparse.Action", *_CLASSES):
            if any(isinstance(each, Class) and "__init__" in each.scope.names for each in given.ancestors()):
                return None
            paths = [each.path for each in given.ancestors() if isinstance(each, External)]
            return next((_CLASSES[path] for path in paths if path in _CLASSES), "store")
        case _:
            return None


def _is_of_an_option(added: Added, parser: Parser) -> bool:
    """Whether a call whose names are computed can only add an option: by how they begin, or by what it is told."""
    call = added.call
    is_told = call.node.args and any(name in call.options for name in ("required", "dest"))
    if is_told or call.option("action") in _FLAGS:
        return True
    return any(_beginning(each).startswith(tuple(parser.prefixes)) for each in call.node.args)


def _beginning(node: ast.expr) -> str:
    """What a text that is put together begins with."""
    while True:
        match node:
            case ast.BinOp(left=first) | ast.JoinedStr(values=[first, *_]):
                node = first
            case ast.Call(func=ast.Attribute(value=first)):
                node = first
            case ast.Constant(value=str() as text):
                return text
            case _:
                return ""


def _refusal(added: Added, names: Sequence[str], action: str | None, *, is_option: bool) -> str | None:
    """Why the form cannot have it."""
    call = added.call
    number = call.option("nargs")
    if not call.is_whole or len(names) < len(added.names) or not (names or call.option("dest")):
        return f"{_RUNTIME}: its names or options are computed"
    if added.uncertain:
        return f"is added {added.uncertain}"
    if call.option("help") in _SUPPRESSED and is_option and call.option("required") is not True:
        return "is hidden from people by its author"
    if action is None or action not in (*_FLAGS, *_VALUES):
        return "has an action of its own, and what that takes is known only while the script runs"
    if refusal := _uncounted(number, action):
        return refusal
    if is_option and not any(_FLAG.fullmatch(name) for name in names):
        return "has no flag of the form -x or --long-name"
    return None


def _uncounted(number: object, action: str) -> str | None:
    if action in _VALUES and isinstance(number, Unknown):
        return f"takes a number of values that {_RUNTIME}"
    if number in _REMAINDER:
        return "takes all that follows it, options of others too"
    if action == "extend" and number in (None, "?"):
        return "takes a value apart into its letters"
    return "takes no value" if number == 0 else None


def _made(added: Added, parser: Parser, action: str, prefixes: Prefixes) -> Argument:
    call = added.call
    names = [each for each in added.names if isinstance(each, str)]
    is_option = bool(names) and names[0].startswith(tuple(parser.prefixes))
    destination = _destination(names, call.option("dest"))
    flags = sorted((name for name in names if is_option and _FLAG.fullmatch(name)), key=_rank)
    shape = _FLAGS.get(action, "value")
    given = call.option("nargs")
    number: int | str = given if isinstance(given, int | str) and shape == "value" else 1
    kind = _kind(added, [destination, *names], prefixes) if shape == "value" else Kind()
    name = flags[0] if flags and (action == "store_false" or not destination) else destination
    default = parser.defaults.get(destination, call.option("default"))
    start, is_shown_only, notes = _default(default, kind, action)
    if is_option and number == "?":
        constant = call.option("const")
        words = f"const={constant if is_plain(constant) else '…'}"
        notes = (*notes, Note(words, "is for the flag without a value, which the form never passes"))
    if action == "append" and number not in (1, "?"):
        notes = (*notes, Note(f"nargs={number}", "each value is passed as a list of its own"))
    return Argument(
        line=call.line,
        written=written(call.node),
        name=parameter_name(name),
        label=_label(flags, destination, call.option("dest")),
        description=resolved_help(call, destination, default, parser),
        flag=flags[0] if flags else None,
        opposite=f"--no-{flags[0].removeprefix('--')}" if flags and shape == "negatable" else None,
        short=next((flag for flag in flags if len(flag) == 2), None),
        shape=shape,
        kind=kind,
        number=number,
        repeats=action in ("append", "extend"),
        is_required=call.option("required") is True if is_option else number not in ("?", "*"),
        default=start,
        is_shown_only=is_shown_only,
        section=line_of(added.section, MAX_LABEL) or None,
        exclusive=added.exclusive,
        notes=(*kind.notes, *notes),
    )


def _kind(added: Added, names: Sequence[str], prefixes: Prefixes) -> Kind:
    call = added.call
    metavar = call.option("metavar")
    words = [name.lstrip("-+") for name in (*names, *([metavar] if isinstance(metavar, str) else []))]
    return kinds.kind(call.option("type"), call.option("choices"), words, prefixes)


def _default(default: object, kind: Kind, action: str) -> tuple[str | list[str] | bool | None, bool, tuple[Note, ...]]:
    """What the form starts with or says, whether it only says it, and what is to be noted.

    argparse makes only texts into what they stand for, so that what is none must be left to it, unless the type makes
    the same of it again.
    """
    if default is None or default in _SUPPRESSED or isinstance(default, External | OpenedFile):
        return None, False, ()
    if isinstance(default, bool):
        return default, True, ()
    if isinstance(default, str | int | float):
        is_same = isinstance(default, str) or kind.type in ("integer", "number") or _is_choice(default, kind)
        return str(default), action in ("append", "extend") or not is_same, ()
    listed = expressions.items(default) if isinstance(default, list | tuple) else None
    if listed is not None and all(is_plain(each) and each is not None for each in listed):
        is_same = kind.type in ("integer", "number") or all(isinstance(each, str) for each in listed)
        is_same &= not (kind.takes_texts_only or kind.type in ("date", "ip"))
        return [str(each) for each in listed], action in ("append", "extend") or not is_same, ()
    words = default.written if isinstance(default, Unknown) else "…"
    return None, False, (Note(f"default={words}", f"{_RUNTIME}: left empty, the script chooses"),)


def _is_choice(default: object, kind: Kind) -> bool:
    choices = kind.options.get("choices")
    return kind.type == "choice" and isinstance(choices, list) and str(default) in choices


def _destination(names: Sequence[str], given: object) -> str:
    """The attribute that argparse puts the value in: as it is told, or by the first long flag, or the first at all."""
    if isinstance(given, str):
        return given
    long = [name for name in names if name[:1] in "-+" and name[1:2] in "-+" and name[1:2]]
    return (long or list(names) or [""])[0].lstrip("-+").replace("-", "_")


def _rank(flag: str) -> tuple[bool, bool]:
    return not flag.startswith("--"), len(flag) == 2


def _label(flags: Sequence[str], destination: str, given: object) -> str:
    """What stands above the field: the flag's own name where it is a word, and differs from where the value goes."""
    word = flags[0].lstrip("-+") if flags else destination
    if given is None or len(word) < 2:
        return readable(destination)[:MAX_LABEL]
    return readable(word)[:MAX_LABEL]
