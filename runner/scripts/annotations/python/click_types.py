"""Which type of parameter a type of Click's is; the rules are those of Click's documentation."""

from collections.abc import Sequence
from dataclasses import replace

from runner.scripts.annotations.python import expressions, kinds
from runner.scripts.annotations.python.arguments import Kind, Note
from runner.scripts.annotations.python.click_calls import PACKAGES, ParameterType
from runner.scripts.annotations.python.kinds import OpenedFile, Prefixes
from runner.scripts.annotations.python.values import External, MadeCall, Member, Unknown, is_plain

_NAMED = {"INT": "int", "FLOAT": "float", "STRING": "str", "BOOL": "bool", "UNPROCESSED": "str", "UUID": "str"}
_TRUTH = Kind(type="choice", options={"choices": ["true", "false"]})
_DATE = "%Y-%m-%d"


def kind(given: object, default: object, names: Sequence[str], prefixes: Prefixes) -> Kind:
    """The type of a value by the type that it is given, or by what it is where nothing is entered."""
    made_into = _plain(given) if given is not None else _guessed(default)
    match made_into:
        case External(path="bool"):
            return _TRUTH
        case ParameterType(name="Choice", call=call):
            return _choice(call)
        case ParameterType(name="IntRange", call=call):
            return Kind(type="integer", options=_range(call, 1))
        case ParameterType(name="FloatRange", call=call):
            open_ends = [name for name in ("min_open", "max_open") if call.option(name) is True]
            notes = [Note(f"{name}=True", "the form takes the bound itself for a value") for name in open_ends]
            return Kind(type="number", options=_range(call, 0), notes=notes)
        case ParameterType(name="Path", call=call):
            is_file = call.option("exists", 0) is True and call.option("dir_okay", 2) is False
            found = kinds.kind(None, None, names, prefixes, is_path=True)
            return Kind(type="input") if is_file and found.type == "text" else found
        case ParameterType(name="File", call=call):
            mode = call.option("mode", 0, "r")
            return kinds.kind(OpenedFile(mode if isinstance(mode, str) else None), None, names, prefixes)
        case ParameterType(name="DateTime", call=call):
            return _date(call)
        case _:
            return kinds.kind(made_into, None, names, prefixes)


def parts(given: object) -> Sequence[object]:
    """The types of several values that belong together; none where it is the type of one."""
    if isinstance(given, ParameterType) and given.name == "Tuple":
        given = given.call.option("types", 0)
    return tuple(given) if isinstance(given, list | tuple) else ()


def together(given: Sequence[object], names: Sequence[str], prefixes: Prefixes) -> Kind:
    """The type of several values: that of all of them, or text."""
    found = [kind(each, None, names, prefixes) for each in given]
    if all(each == found[0] for each in found):
        return found[0]
    note = Note("type=(…)", f"{len(found)} values of several types are asked for as lines of text")
    return Kind(notes=(note,), takes_texts_only=True)


def _plain(given: object) -> object:
    match given:
        case External(path=path) if path.split(".")[0] in PACKAGES:
            name = path.split(".")[-1]
            return External(_NAMED[name]) if name in _NAMED else given
        case External(path="uuid.UUID"):
            return External("str")
        case _:
            return given


def _guessed(default: object) -> object:
    """What Click takes for the type where none is given: that of the default."""
    if isinstance(default, list | tuple) and default:
        default = default[0]
    for made in (bool, int, float):
        if isinstance(default, made):
            return External(made.__name__)
    return None


def _choice(call: MadeCall) -> Kind:
    listed = expressions.items(call.option("choices", 0))
    if listed is None:
        given = call.option("choices", 0)
        found = kinds.kind(
            None, given if given is not None else Unknown(call.line, "…"), (), Prefixes(input="", output="")
        )
        return replace(found, type="text", options={})
    names = [each.name if isinstance(each, Member) else str(each) for each in listed if not isinstance(each, Unknown)]
    if len(names) < len(listed):
        note = Note("Choice", "has values that are known only while the script runs: the form does not offer them")
        return Kind(notes=(note,), takes_texts_only=True)
    return kinds.kind(None, names, (), Prefixes(input="", output=""))


def _range(call: MadeCall, step: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for position, (name, sign) in enumerate((("min", step), ("max", -step))):
        bound = call.option(name, position)
        if is_plain(bound) and isinstance(bound, int | float):
            found[name] = str(bound + (sign if call.option(f"{name}_open", position + 2) is True else 0))
    return found


def _date(call: MadeCall) -> Kind:
    formats = expressions.items(call.option("formats", 0, [_DATE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]))
    if formats == [_DATE]:
        return Kind(type="date")
    if formats is not None and _DATE in formats:
        return Kind(type="date", notes=(Note("DateTime", "is a day here, without a time"),))
    note = Note("DateTime", "is written as the script has it: a line of text is asked for")
    return Kind(notes=(note,), takes_texts_only=True)
