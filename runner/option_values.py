"""What the options of an annotation may hold: readers that answer a value or a ValueError fit to be shown."""

import re
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, ValidationError

MAX_LABEL = 150  # characters
MAX_DESCRIPTION = 2_000  # Slack's limit on the hint of an input block
MAX_CHOICES = 10_000  # Slack: 100 groups of 100 options in a menu
MAX_CHOICE = 150  # Slack's limit on the value of an option
MAX_PATTERN = 500
MAX_NUMBER = 50  # characters
MAX_INTEGER = 2**63 - 1  # what fits the native integer of about every language a script is written in

# ASCII only throughout: str.isdigit(), int() and \d also take the digits of other scripts.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FLAG = re.compile(r"-[A-Za-z0-9]|--[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Contradictions(ValueError):
    """Options that do not go together; ``pairs`` are of option and message, for ``mistakes`` to list."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def mistakes(error: ValidationError) -> list[tuple[str, str]]:
    """What is wrong with options that a model refused: pairs of option and message."""
    found: list[tuple[str, str]] = []
    for each in error.errors():
        cause = each.get("ctx", {}).get("error")
        option = str(each["loc"][0]) if each["loc"] else ""
        if isinstance(cause, Contradictions):
            found.extend(cause.pairs)
        else:
            message = f"lacks the option {option}" if each["type"] == "missing" else each["msg"]
            found.append((option, str(cause or message)))
    return found


def check_line(written: object, *, at_most: int, may_be_empty: bool = False) -> str:
    """One line of text without control characters; ValueError for anything else and where it is too long."""
    text = _text(written)
    if not (text or may_be_empty):
        raise ValueError("must not be empty")
    if _CONTROL.search(text) or not is_unicode(text):
        raise ValueError("must be one line of text without control characters")
    if len(text) > at_most:
        raise ValueError(f"must be at most {at_most:,} characters long, not {len(text):,}")
    return text


def is_unicode(text: str) -> bool:
    """Whether the text can be encoded: half characters (surrogates) cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def whole_number(written: object) -> int:
    """An integer that fits 64 bits; ValueError for anything else."""
    if not _INTEGER.fullmatch(str(written)) or abs(int(str(written))) > MAX_INTEGER:
        raise ValueError("must be a whole number of at most 64 bits")
    return int(str(written))


def number(written: object) -> Decimal:
    """A decimal number, exactly as it was written; ValueError for anything else."""
    if len(str(written)) > MAX_NUMBER or not _NUMBER.fullmatch(str(written)):
        raise ValueError("must be a number such as 12 or 0.5")
    return Decimal(str(written))


def day(written: object) -> date:
    """A day written YYYY-MM-DD; ValueError for anything else."""
    try:
        return date.fromisoformat(str(written) if _DATE.fullmatch(str(written)) else "")
    except ValueError as error:
        raise ValueError("must be a day of the calendar, written YYYY-MM-DD") from error


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise ValueError("must be text; put it in quotes")  # noqa: TRY004  # pydantic reports ValueError only
    return written


def _like(pattern: re.Pattern[str], message: str) -> BeforeValidator:
    def check(written: object) -> str:
        if not pattern.fullmatch(text := _text(written)):
            raise ValueError(message)
        return text

    return BeforeValidator(check)


def _truth(written: object) -> bool:
    if isinstance(written, bool):
        return written
    if written not in ("true", "false"):
        raise ValueError("must be true or false")
    return written == "true"


def _pattern(written: object) -> str:
    pattern = check_line(written, at_most=MAX_PATTERN)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"must be a regular expression of Python: {error}") from error
    return pattern


def _choices(written: object) -> tuple[str, ...]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= MAX_CHOICES:
        raise ValueError(f"must be a list of 1 to {MAX_CHOICES:,} choices, such as [small, large]")
    try:
        return tuple(check_line(choice, at_most=MAX_CHOICE) for choice in written)
    except ValueError as error:
        raise ValueError(f"each choice {error}") from error


Name = Annotated[str, _like(_NAME, "a name is a letter, then at most 63 letters, digits, _ or -")]
Flag = Annotated[str, _like(_FLAG, "must look like -x or --long-name")]
Label = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_LABEL))]
Description = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_DESCRIPTION, may_be_empty=True))]
AnyText = Annotated[str, BeforeValidator(_text)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
Choices = Annotated[tuple[str, ...], BeforeValidator(_choices)]
