"""The options of the parameter that an argument becomes: its type, its way to the script, what it starts with."""

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError

from runner.errors import InvalidValue
from runner.scripts.annotations.python.arguments import MANY, Argument, Kind, Manners, Note
from runner.scripts.parameters import TYPES, Several
from runner.scripts.parameters.options import MAX_LABEL, MAX_PATTERN
from runner.system.text import clipped, readable

_MOST_TIMES = 9


def options(argument: Argument, manners: Manners) -> dict[str, object]:
    """The options of the parameter, but for those that tell where it stands and what it goes with."""
    match argument.shape:
        case "flag" if argument.is_required:
            return {"type": "text", "constant": argument.flag}
        case "flag":
            return {"type": "boolean", "flag": argument.flag, "required": False}
        case "negatable":
            return _negatable(argument)
        case "confirmation":
            return {"type": "choice", "choices": {str(argument.flag): "Yes"}}
        case "count":
            least = {"required": True, "min": "1"} if argument.is_required else {"required": False, "min": "0"}
            way = {"flag": argument.flag, "flag_style": "repeated", "max": str(_MOST_TIMES)}
            return {"type": "integer"} | least | way
        case _:
            return _with_default(argument, _valued(argument, manners))


def one_of(group: Sequence[Argument]) -> dict[str, object]:
    """The options of the one parameter that some flags are, of which just one must be given."""
    choices = {
        str(each.flag): clipped(each.label + (f": {each.description}" if each.description else ""), MAX_LABEL)
        for each in group
    }
    label = " or ".join(each.label or readable(each.name) for each in group)
    return {"type": "choice", "choices": choices, "label": clipped(label, MAX_LABEL)}


def notes(argument: Argument, manners: Manners) -> Iterator[Note]:
    """What of the argument has no effect in the form."""
    if argument.shape != "value":
        return
    if _is_degraded(argument, manners):
        yield Note(f"nargs={argument.number}", "one value is passed: more would take the word behind them too")
    if isinstance(argument.number, int) and argument.number > 1 and argument.repeats:
        yield Note(f"nargs={argument.number}", "it is given once")
    if _several(argument, manners) and not _may_be_several(argument.kind.type):
        yield Note(f"nargs={argument.number}", f"several of type {argument.kind.type} are asked for as lines of text")


def _negatable(argument: Argument) -> dict[str, object]:
    is_known = isinstance(argument.default, bool) and argument.exclusive is None
    if argument.opposite is None:
        return {"type": "boolean", "flag": argument.flag, "required": False}
    if is_known:
        start = "true" if argument.default else "false"
        return {"type": "boolean", "values": [argument.flag, argument.opposite], "default": start}
    choices = {str(argument.flag): "Yes", argument.opposite: "No"}
    found: dict[str, object] = {"type": "choice", "choices": choices}
    return found if argument.is_required else found | {"required": False, "omit": True}


def _several(argument: Argument, manners: Manners) -> bool:
    if _is_degraded(argument, manners):
        return False
    return argument.repeats or argument.number in MANY or (isinstance(argument.number, int) and argument.number > 1)


def _is_degraded(argument: Argument, manners: Manners) -> bool:
    """Whether several values of a flag would take the word that chooses what follows for another of them."""
    return manners.goes_on and argument.flag is not None and argument.number in MANY and not argument.repeats


def _may_be_several(kind: str) -> bool:
    return issubclass(TYPES[kind], Several)


def _valued(argument: Argument, manners: Manners) -> dict[str, object]:
    several = _several(argument, manners)
    count = argument.number if isinstance(argument.number, int) and argument.number > 1 else None
    found: dict[str, object] = _typed(argument.kind, several=several, count=count)
    found |= {"required": argument.is_required}
    found |= {"multiple": True} if several else {}
    found |= {"count": str(count)} if count else {}
    if argument.flag is None:
        return found | (_refusing(found, manners) if manners.goes_on else _behind(found, manners))
    found["flag"] = argument.flag
    if count or (several and not argument.repeats):
        return found | {"flag_style": "once"} | _once(found, manners)
    return found | ({"flag_style": "equals"} if manners.letters_equal else {})


def _typed(kind: Kind, *, several: bool, count: int | None) -> dict[str, object]:
    """The type, or text where that cannot be had several times, or not twice the same in an order of one's own."""
    if several and not _may_be_several(kind.type):
        return {"type": "text"}
    if count and kind.type == "choice" and isinstance(choices := kind.options.get("choices"), list):
        pattern = "|".join(map(re.escape, choices))
        hint = clipped(f"one of {', '.join(choices)}", MAX_LABEL)
        is_short = len(pattern) <= MAX_PATTERN
        return {"type": "text", **({"pattern": pattern, "pattern_hint": hint} if is_short else {})}
    return {"type": kind.type, **kind.options}


def _behind(found: Mapping[str, object], manners: Manners) -> dict[str, object]:
    return {"after_dashes": True} | (_beginning(manners.file_signs) if found["type"] == "text" else {})


def _once(found: Mapping[str, object], manners: Manners) -> dict[str, object]:
    if not manners.takes_negatives and found["type"] in ("integer", "number"):
        return {"min": found.get("min", "0")}
    signs = "".join(dict.fromkeys(("" if manners.takes_negatives else "-", *manners.signs, *manners.file_signs)))
    signs = signs if not manners.takes_negatives else signs.replace("-", "")
    return _beginning(signs) if found["type"] == "text" and "pattern" not in found else {}


def _refusing(found: Mapping[str, object], manners: Manners) -> dict[str, object]:
    """What keeps a position before a word from being taken for an option."""
    if found["type"] in ("integer", "number"):
        return {"min": found.get("min", "0")}
    return _beginning(f"{manners.signs}{manners.file_signs}") if found["type"] == "text" else {}


def _beginning(signs: str) -> dict[str, object]:
    if not signs:
        return {}
    hint = f"text that does not begin with {' or '.join(signs)}"
    return {"pattern": f"[^{re.escape(signs)}].*", "pattern_hint": hint}


def _with_default(argument: Argument, found: dict[str, object]) -> dict[str, object]:
    """With what holds where nothing is given: the form starts with it, or says it where it is no value here."""
    default = argument.default
    if default is None:
        return found
    start = default if isinstance(default, str) else list(default) if isinstance(default, Sequence) else str(default)
    may_start = not argument.is_shown_only and argument.exclusive is None and found["type"] != "input"
    if may_start and start and _fits(found, start):
        return found | {"default": start}
    if argument.is_required or "placeholder" not in TYPES[str(found["type"])].options():
        return found
    told = start if isinstance(start, str) else ", ".join(start)
    if not told.strip() or not told.isprintable():
        return found
    words = f"Added to {told}" if argument.repeats else f"Left empty, it is {told}"
    return found | {"placeholder": clipped(words, MAX_LABEL)}


def _fits(found: Mapping[str, object], default: str | Sequence[str]) -> bool:
    written = {name: value for name, value in found.items() if name != "type"}
    text = default if isinstance(default, str) else "\n".join(default)
    try:
        parameter = TYPES[str(found["type"])].model_validate(
            written | {"name": "x", "description": "", "default": text}
        )
        return parameter.parse(text) == text
    except (ValidationError, InvalidValue):
        return False
