"""Values as people, their phones and Slack write them, brought into the form that a parameter takes.

What a parameter takes as it is stays as it is, and so does what could be meant in two ways.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from bot.slack.typed_text import plain_dashes, plain_text, targets
from runner.errors import InvalidValue
from runner.scripts.parameters import (
    AnyParameter,
    Boolean,
    Choice,
    Date,
    DateTime,
    Email,
    Integer,
    Ip,
    Number,
    Time,
    Url,
    User,
)
from runner.system.text import letters

_YES = frozenset({"true", "yes", "y", "on", "1", "x", "\u2713", "\u2714", "\u2705", "\u2611", "ja", "oui", "si", "t"})
_NO = frozenset({"false", "no", "n", "off", "0", "nein", "non", "f", "\u2717", "\u2718", "\u274c"})
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:([ '\u2019_.,])[0-9]{3})(?:\3[0-9]{3})*)(?:([.,])([0-9]+))?")
_COMMA = re.compile(r"([+-]?)([0-9]+),([0-9]+)")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-./ ]([0-9]{1,2})[-./ ]([0-9]{1,2})\.?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./]) ?([0-9]{1,2})\2 ?([0-9]{4})")
_TIGHT = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h] ?([0-9]{2}))?(?::00)? ?([ap]\.?m\.?)?(?: ?(?:uhr|h|o'clock))?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]+)>")


def normalized(parameter: AnyParameter, raw: str) -> str:
    """The value that was surely meant; the text as it is where that is taken, or where nothing is sure.

    Of several values, one a line, each is looked at by itself.
    """
    if _is_taken(parameter, raw):
        return raw
    if parameter.takes_several and "\n" in raw:
        found = "\n".join(_normalized(parameter, line) for line in raw.split("\n"))
        return found if _is_taken(parameter, found) else raw
    return _normalized(parameter, raw)


def _normalized(parameter: AnyParameter, raw: str) -> str:
    return next((each for each in _meanings(parameter, raw) if each != raw and _is_taken(parameter, each)), raw)


def _meanings(parameter: AnyParameter, raw: str) -> Iterator[str]:  # one case for each type
    match parameter:
        case Integer() | Number():
            yield from _numbers(plain_text(raw))
        case Date():
            yield from _dates(plain_dashes(plain_text(raw)).replace("--", "-"))
        case Time():
            yield from _times(plain_text(raw))
        case DateTime():
            yield plain_dashes(plain_text(raw)).replace("--", "-")
        case Boolean():
            yield from _truths(parameter, raw)
        case Choice(choices=choices) if choices is not None:
            yield from alike(raw, choices)
        case Email() | User():
            yield from _addresses(raw)
        case Url():
            yield from _links(raw)
        case Ip():
            yield plain_text(raw)
        case _:
            pass


def _numbers(written: str) -> Iterator[str]:
    text = re.sub(r"^([+-]) +", r"\1", plain_dashes(written).replace("--", "-"))
    yield text
    yield text.strip(" ;,.")
    if found := _GROUPED.fullmatch(text):
        sign, whole, mark, comma, fraction = found.groups()
        groups = whole.count(mark)
        if mark not in ".," or groups > 1 or (comma and comma != mark):
            digits = f"{sign}{re.sub(r'[^0-9]', '', whole)}"
            yield digits if comma is None else f"{digits}.{fraction}"
    elif (found := _COMMA.fullmatch(text)) and (len(found[3]) != 3 or len(found[2]) > 3 or not Decimal(found[2])):
        yield f"{found[1]}{found[2]}.{found[3]}"


def _dates(text: str) -> Iterator[str]:
    yield text
    if found := _YEAR_FIRST.fullmatch(text) or _TIGHT.fullmatch(text):
        yield _day(found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(text):
        first, mark, second, year = found.groups()
        if mark == "." or int(first) > 12 or first == second:
            yield _day(year, second, first)
        elif int(second) > 12:
            yield _day(year, first, second)


def _day(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def _times(text: str) -> Iterator[str]:
    if len(text) == 4 and text.isascii() and text.isdigit():
        yield f"{text[:2]}:{text[2:]}"
    found = _TIME.fullmatch(text.casefold())
    if not found or not (found[2] or found[3] or text[-1:].isalpha()):
        return
    hour, half = int(found[1]), (found[3] or "")[:1]
    if half and not 1 <= hour <= 12:
        return
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    yield f"{hour:02}:{found[2] or '00'}"


def _truths(parameter: Boolean, raw: str) -> Iterator[str]:
    word = plain_text(raw).casefold()
    yes, no = (each.casefold() for each in parameter.values)
    if word == yes or (word in _YES and word != no):
        yield "true"
    elif word == no or word in _NO:
        yield "false"


def alike(raw: str, choices: Mapping[str, str]) -> Iterator[str]:
    """The one choice that is written like it, or whose label is, by the strictest way that finds any.

    ``choices`` are labels by value.
    """
    ways: tuple[Callable[[str], str], ...] = (str.strip, lambda text: plain_text(text).casefold(), letters)
    for way in ways:
        wanted = way(raw)
        found = {value for value, label in choices.items() if wanted and wanted in (way(value), way(label))}
        if found:
            yield from found if len(found) == 1 else ()
            return


def _addresses(raw: str) -> Iterator[str]:
    text = plain_text(targets(raw))
    yield text
    bracketed = _IN_BRACKETS.fullmatch(text)
    found = (bracketed[1] if bracketed else text).strip(" ,;.\"'<>")
    yield found[7:] if found[:7].casefold() == "mailto:" else found


def _links(raw: str) -> Iterator[str]:
    text = targets(raw).strip()
    yield text
    yield text.removeprefix("<").removesuffix(">").partition("|")[0].strip()
    yield plain_text(text).strip("<> \"'")


def _is_taken(parameter: AnyParameter, raw: str) -> bool:
    try:
        parameter.parse(raw)
    except InvalidValue:
        return False
    return True
