"""What the options of an annotation may hold: readers that answer a value or a ValueError fit to be shown."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ValidationError

from runner.scripts.parameters import patterns
from runner.settings import parse_duration, parse_size
from runner.system.text import check_line, check_text

MAX_LABEL = 150  # characters; of a placeholder and a heading too, for Slack takes no more of those
MAX_DESCRIPTION = 2_000  # Slack's limit on the hint of an input block
MAX_CHOICES = 10_000  # Slack: 100 groups of 100 options in a menu
MAX_CHOICE = 150  # Slack's limit on the value of an option
MAX_PATTERN = 500
MAX_LENGTH = 3_000  # characters: Slack's limit on what is typed into a plain_text_input
MAX_NUMBER = 50  # characters
MAX_INTEGER = 2**63 - 1  # what fits the native integer of about every language a script is written in
MAX_NAMES = 90
MAX_COUNT = 1_000  # of values
MAX_URL = 500
MAX_CPUS = 4_096

# ASCII only throughout: str.isdigit(), int() and \d also take the digits of other scripts.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FLAG = re.compile(r"(?:[-+]|--)[A-Za-z0-9][A-Za-z0-9_.:@-]{0,62}|[-+][!#$%*,./:=?@^_{}~\[\]]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SECRET = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_EXTENSION = re.compile(r"\.?[A-Za-z0-9][A-Za-z0-9._-]{0,30}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_LOADED = re.compile(
    r"(?i:SCRIPTRUNNER_.*|SLURM_CONF|LD_.*|DYLD_.*|PYTHON.*|PERL.*|RUBY.*|NODE_.*|BASH_.*|GIT_.*|_JAVA_.*|JAVA_.*)"
    r"|(?i:PATH|IFS|ENV|SHELL|SHELLOPTS|PS4|HOME|USER|LOGNAME|CDPATH|GLOBIGNORE|TMPDIR|PROMPT_COMMAND)"
)
"""Variables that change what is run rather than what it works on, and those that we set ourselves."""


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


def whole_number(written: object) -> int:
    """An integer that fits 64 bits; ValueError for anything else."""
    if not _INTEGER.fullmatch(str(written)) or abs(int(str(written))) > MAX_INTEGER:
        raise ValueError("must be a whole number of at most 64 bits")
    return int(str(written))


def number(written: object) -> Decimal:
    """A decimal number, exactly as it was written; ValueError for anything else, and for what a double cannot hold."""
    text = str(written)
    if len(text) > MAX_NUMBER or not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise ValueError("must be a number such as 12 or 0.5")
    return Decimal(text)


def day(written: object) -> date:
    """A day written YYYY-MM-DD; ValueError for anything else."""
    try:
        return date.fromisoformat(str(written) if _DATE.fullmatch(str(written)) else "")
    except ValueError as error:
        raise ValueError("must be a day of the calendar, written YYYY-MM-DD") from error


def time_of_day(written: object) -> str:
    """A time of day written HH:MM, from 00:00 to 23:59; ValueError for anything else."""
    if not _TIME.fullmatch(str(written)):
        raise ValueError("must be a time of day, written HH:MM in quotes")
    return str(written)


def moment(written: object) -> datetime:
    """A moment in UTC, written as RFC 3339 has it, with ``Z`` or an offset; ValueError for anything else."""
    try:
        return datetime.fromisoformat(str(written) if _MOMENT.fullmatch(str(written)) else "").astimezone(UTC)
    except (ValueError, OverflowError) as error:  # in UTC it may be before the year 1 or after 9999
        raise ValueError("must be a moment such as 2026-03-04T10:00Z or 2026-03-04T10:00+01:00, in quotes") from error


def is_url(text: str) -> bool:
    """Whether the text is a web or file-transfer address with a host and no white space."""
    try:
        parts = urlsplit(text)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    is_whole = parts.scheme in ("http", "https", "ftp", "ftps", "sftp") and bool(parts.hostname) and port_is_good
    return is_whole and not re.search(r"[\s\"<>\\^`{|}]", text)


def one_of(*words: str) -> BeforeValidator:
    """A reader that takes one of the words."""

    def check(written: object) -> str:
        if written not in words:
            raise ValueError(f"must be {' or '.join(words)}")
        return str(written)

    return BeforeValidator(check)


def listed(written: object, *, of: str, at_most: int, check: Callable[[object], str]) -> tuple[str, ...]:
    """A list without repetitions, or the one entry that is written without brackets; ValueError for anything else."""
    entries = [written] if isinstance(written, str) else written
    if not isinstance(entries, list | tuple) or not 1 <= len(entries) <= at_most:
        raise ValueError(f"must be a list of 1 to {at_most:,} {of}")
    read = tuple(check(each) for each in entries)
    if len(set(read)) < len(read):
        raise ValueError(f"lists “{_twice(read)}” more than once")
    return read


def _twice(texts: Sequence[str]) -> str:
    return next(text for text, count in Counter(texts).items() if count > 1)


def _matching(pattern: re.Pattern[str], message: str) -> Callable[[object], str]:
    def check(written: object) -> str:
        if not pattern.fullmatch(text := check_text(written)):
            raise ValueError(message)
        return text

    return check


def _truth(written: object) -> bool:
    if isinstance(written, bool):
        return written
    if written not in ("true", "false"):
        raise ValueError("must be true or false")
    return written == "true"


def _pattern(written: object) -> str:
    pattern = check_line(written, at_most=MAX_PATTERN)
    patterns.check(pattern)
    return pattern


def _choices(written: object) -> Mapping[str, str]:
    """Values with their labels: of a list each value is its own label."""
    if isinstance(written, list | tuple):
        if not all(isinstance(each, str) for each in written):
            raise ValueError("each choice must be text; put it in quotes")
        if len(set(written)) < len(written):
            raise ValueError(f"lists “{_twice(written)}” more than once")
        written = dict.fromkeys(written, "")
    if not isinstance(written, Mapping) or not 1 <= len(written) <= MAX_CHOICES:
        raise ValueError(f"must be a list of 1 to {MAX_CHOICES:,} choices, such as [small, large] or {{s: Small}}")
    try:
        return MappingProxyType(
            {_choice(value): _choice(label) if label else value for value, label in written.items()}
        )
    except ValueError as error:
        raise ValueError(f"each choice {error}") from error


def _choice(written: object) -> str:
    return check_line(written, at_most=MAX_CHOICE)


def _length(written: object) -> int:
    length = whole_number(written)
    if not 0 <= length <= MAX_LENGTH:
        raise ValueError(f"must be a whole number from 0 to {MAX_LENGTH:,}")
    return length


def _count(written: object) -> int:
    count = whole_number(written)
    if not 2 <= count <= MAX_COUNT:
        raise ValueError(f"must be a whole number from 2 to {MAX_COUNT:,}")
    return count


def _cpus(written: object) -> int:
    count = whole_number(written)
    if not 1 <= count <= MAX_CPUS:
        raise ValueError(f"must be a whole number from 1 to {MAX_CPUS:,}")
    return count


def is_set_already(variable: str) -> bool:
    """Whether a variable is ours to set, or changes which programs run."""
    return _LOADED.fullmatch(variable) is not None


def _variable(written: object) -> str:
    name = _matching(_VARIABLE, "must be the name of a variable: letters, digits and _, at most 64")(written)
    if is_set_already(name):
        raise ValueError("is a variable that is set already, or changes which programs run: choose another name")
    return name


def _extension(written: object) -> str:
    text = _matching(_EXTENSION, "each must be an extension such as .csv or .tar.gz")(written)
    return f".{text.removeprefix('.').lower()}"


def _conditions(written: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(written, Mapping) or not written:
        raise ValueError("must be {OTHER: VALUE} or {OTHER: [VALUE, …]}")
    return MappingProxyType(
        {_name(name): listed(values, of="values", at_most=100, check=check_text) for name, values in written.items()}
    )


def _examples(written: object) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(written, Mapping) or not all(isinstance(values, Mapping) for values in written.values()):
        raise ValueError("must be {'NAME OF THE EXAMPLE': {PARAMETER: VALUE, …}, …}")
    if not 1 <= len(written) <= MAX_EXAMPLES:
        raise ValueError(f"must be 1 to {MAX_EXAMPLES} examples")
    return MappingProxyType(
        {
            check_line(name, at_most=MAX_EXAMPLE): MappingProxyType(
                {_name(key): several(each) for key, each in values.items()}
            )
            for name, values in written.items()
        }
    )


def several(written: object) -> str:
    """A text, or a list of texts as the one value that stands for all: one a line."""
    if isinstance(written, list | tuple):
        return "\n".join(check_text(each) for each in written)
    return check_text(written)


def _pair(written: object) -> tuple[str, str]:
    if not isinstance(written, list | tuple) or len(written) != 2 or written[0] == written[1]:
        raise ValueError("must be two different texts, for yes and for no, such as [on, off]")
    yes, no = (check_line(each, at_most=MAX_LABEL, may_be_empty=True) for each in written)
    return yes, no


def _separator(written: object) -> str:
    if written == "":
        raise ValueError("must not be empty")
    return check_line(written, at_most=10, may_be_empty=True)


def _confirm(written: object) -> str:
    if isinstance(written, bool) or written in ("true", "false"):
        return "Run it with these values?" if written in (True, "true") else ""
    if str(written).casefold() in ("true", "false", "yes", "no", "on", "off"):
        raise ValueError("must be true, false or a question")
    return check_line(written, at_most=MAX_QUESTION)


def _web_address(written: object) -> str:
    text = check_line(written, at_most=MAX_URL)
    if not (is_url(text) and text.startswith(("http://", "https://"))):
        raise ValueError("must be an address that begins with https:// or http://")
    return text


def _reported(read: Callable[[object], Any]) -> BeforeValidator:
    def check(written: object) -> Any:
        try:
            return read(written)
        except ValueError as error:
            raise ValueError(f"must be {error}") from error

    return BeforeValidator(check)


MAX_EXAMPLES = 10
MAX_EXAMPLE = 60  # characters of an example's name
MAX_QUESTION = 300  # Slack's limit on the text of a confirmation
MAX_OWNER = 100

_name = _matching(_NAME, "a name is a letter, then at most 63 letters, digits, _ or -")

Name = Annotated[str, BeforeValidator(_name)]
Names = Annotated[tuple[str, ...], BeforeValidator(partial(listed, of="parameters", at_most=MAX_NAMES, check=_name))]
Flag = Annotated[str, BeforeValidator(_matching(_FLAG, "must look like -x or --long-name"))]
FlagStyle = Annotated[str, one_of("joined", "equals", "separate", "once", "repeated")]
Variable = Annotated[str, BeforeValidator(_variable)]
SecretName = Annotated[str, BeforeValidator(_matching(_SECRET, "must be capital letters, digits and _, at most 64"))]
Label = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_LABEL))]
Owner = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_OWNER))]
Description = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_DESCRIPTION, may_be_empty=True))]
Separator = Annotated[str, BeforeValidator(_separator)]
Default = Annotated[str, BeforeValidator(several)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Length = Annotated[int, BeforeValidator(_length)]
Count = Annotated[int, BeforeValidator(_count)]
Cpus = Annotated[int, BeforeValidator(_cpus)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
Choices = Annotated[Mapping[str, str], BeforeValidator(_choices)]
Extensions = Annotated[
    tuple[str, ...],
    BeforeValidator(partial(listed, of="extensions, such as [.csv, .tsv]", at_most=10, check=_extension)),
]
Conditions = Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_conditions)]
Examples = Annotated[Mapping[str, Mapping[str, str]], BeforeValidator(_examples)]
Pair = Annotated[tuple[str, str], BeforeValidator(_pair)]
Question = Annotated[str, BeforeValidator(_confirm)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
Constant = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_LENGTH))]
IpVersion = Annotated[str, one_of("4", "6")]
Duration = Annotated[timedelta, _reported(parse_duration)]
Size = Annotated[int, _reported(parse_size)]
