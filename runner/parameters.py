"""Parameter types: what a script may ask for, how a raw value is checked and how it reaches the script."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import ClassVar, Generic, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from runner import option_values
from runner.errors import InvalidValue
from runner.option_values import AnyText, Choices, Description, Flag, Label, Name, Pattern, Truth
from runner.wording import quoted, readable, visible

MAX_VALUE = 3_000  # characters: Slack's limit on what is typed into a plain_text_input
MAX_FILE_NAME = 255  # bytes: NAME_MAX of Linux file systems

_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_Limit = TypeVar("_Limit", int, Decimal, date)
_RESERVED_OUTPUT = re.compile(r"job-[0-9]+\.log", re.IGNORECASE)


class Parameter(BaseModel, ABC):
    """One typed input of a script; the fields below ``description`` are the options its annotation may give.

    A type is one subclass with its own check, listed in AnyParameter. The default is what a form starts with; it
    is never put in for a value that was left empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    name: Name
    description: Description
    label: Label = ""
    required: Truth = True
    default: AnyText | None = None
    flag: Flag | None = None

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """The options an annotation of this type may give."""
        return ("type", *(option for option in cls.model_fields if option not in ("name", "description")))

    def parse(self, raw: str) -> str:
        """The canonical text of a value; InvalidValue where it is not one of this parameter's values."""
        if not raw:
            raise InvalidValue("is required")
        if len(raw) > MAX_VALUE:
            raise InvalidValue(f"must be at most {MAX_VALUE:,} characters long, not {len(raw):,}")
        if "\0" in raw or not option_values.is_unicode(raw):
            raise InvalidValue(f"must be text without NUL or half characters, not {quoted(raw)}")
        return self._check(raw)

    def arguments(self, value: str | None) -> list[str]:
        """The arguments that carry a checked value, each byte for byte.

        A long flag is joined to its value by ``=``, a short one directly: what getopt and argparse both read whatever
        the value begins with. A positional value that is absent is an empty argument, so positions never move.
        """
        if self.flag is None:
            return [value or ""]
        if value is None:
            return []
        return [f"{self.flag}={value}" if self.flag.startswith("--") else f"{self.flag}{value}"]

    @abstractmethod
    def _check(self, raw: str) -> str:
        """What ``parse`` answers for text that is not empty, has no NUL and is not too long."""

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        """Pairs of an option and what is wrong with it beside the others."""
        yield from ()

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, written: object) -> object:
        if isinstance(written, dict) and "label" not in written and isinstance(written.get("name"), str):
            return {**written, "label": readable(written["name"])}
        return written

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if pairs := list(self._contradictions()) or list(self._wrong_default()):
            raise option_values.Contradictions(pairs)
        return self

    def _wrong_default(self) -> Iterator[tuple[str, str]]:
        if self.default is None:
            return
        try:
            canonical = self.parse(self.default)
        except InvalidValue as error:
            yield "default", str(error) if self.default else "must not be empty; leave it out instead"
        else:
            if canonical != self.default:
                yield "default", f"is written {quoted(canonical)}"


class Text(Parameter):
    """One line of text.

    ``pattern`` must match the whole value. It is the script author's code and runs with the bot's time: Python's ``re``
    cannot be stopped, so a pattern with nested repeats such as ``(a+)+`` must be written possessively, ``(a++)+``.
    """

    type: ClassVar[str] = "text"
    pattern: Pattern | None = None

    def _check(self, raw: str) -> str:
        if _LINE_BREAK.search(raw):
            raise InvalidValue("must be a single line")
        if self.pattern is not None and not re.fullmatch(self.pattern, raw):
            raise InvalidValue(
                f"must match the pattern {quoted(self.pattern, at_most=option_values.MAX_PATTERN)}, not {quoted(raw)}"
            )
        return raw


class _Limited(Parameter, Generic[_Limit]):
    """What has an order: ``min`` and ``max`` are allowed themselves."""

    min: _Limit | None = None
    max: _Limit | None = None
    wording: ClassVar[tuple[str, str, str]]  # what a value is, and the words before a lower and an upper limit

    @staticmethod
    @abstractmethod
    def _read(written: object) -> _Limit:
        """The value of a text; ValueError where it is none."""

    @field_validator("min", "max", mode="before")
    @classmethod
    def _limit(cls, written: object) -> _Limit:
        return cls._read(written)

    def _check(self, raw: str) -> str:
        typed = raw.strip(" ")
        try:
            value = self._read(typed)
        except ValueError:
            value = None
        low, high = self.min, self.max
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            raise InvalidValue(f"must be {self._wanted()}, not {quoted(raw)}")
        return typed

    def _wanted(self) -> str:
        kind, least, most = self.wording
        if self.min is not None and self.max is not None:
            return f"{kind} from {self.min} to {self.max}"
        if self.min is not None:
            return f"{kind} {least} {self.min}"
        return kind if self.max is None else f"{kind} {most} {self.max}"

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.min is not None and self.max is not None and self.min > self.max:
            yield "min", f"{self.min} is above max, {self.max}"


class Integer(_Limited[int]):
    """A whole number of at most 64 bits, written without leading zeros and plus sign."""

    type: ClassVar[str] = "integer"
    wording = ("a whole number", "of at least", "of at most")
    _read = staticmethod(option_values.whole_number)

    def _check(self, raw: str) -> str:
        return str(int(super()._check(raw)))


class Number(_Limited[Decimal]):
    """A decimal number, kept as it was typed."""

    type: ClassVar[str] = "number"
    wording = ("a number", "of at least", "of at most")
    _read = staticmethod(option_values.number)


class Date(_Limited[date]):
    """A day of the calendar, written YYYY-MM-DD."""

    type: ClassVar[str] = "date"
    wording = ("a date (YYYY-MM-DD)", "on or after", "on or before")
    _read = staticmethod(option_values.day)


class Boolean(Parameter):
    """Yes or no, as ``true`` or ``false``; with a flag, the flag alone or nothing."""

    type: ClassVar[str] = "boolean"

    def _check(self, raw: str) -> str:
        if raw not in ("true", "false"):
            raise InvalidValue(f"must be true or false, not {quoted(raw)}")
        return raw

    def arguments(self, value: str | None) -> list[str]:
        """The bare flag for ``true``; without a flag the word itself."""
        if self.flag is None:
            return super().arguments(value)
        return [self.flag] if value == "true" else []


class Choice(Parameter):
    """One of a list of texts."""

    type: ClassVar[str] = "choice"
    choices: Choices

    def _check(self, raw: str) -> str:
        if raw not in self.choices:
            near = get_close_matches(raw[: option_values.MAX_CHOICE], self.choices[:1_000], n=1)
            hint = f"; did you mean {quoted(near[0])}?" if near else ""
            listed = visible(", ".join(self.choices[:10])[:200]) + (", …" if len(self.choices) > 10 else "")
            raise InvalidValue(f"must be one of {listed}, not {quoted(raw)}{hint}")
        return raw

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for choice in self.choices:
            if choice in seen:
                yield "choices", f"lists {quoted(choice)} more than once"
            seen.add(choice)


class Input(Parameter):
    """A file of the inbox: ``name`` for one that is shared, ``~/name`` for one of the requester's own.

    Only the form is checked here; whether the file is there is for those who know the inbox.
    """

    type: ClassVar[str] = "input"

    def _check(self, raw: str) -> str:
        name = raw.removeprefix("~/")
        if not _is_file_name(name):
            raise InvalidValue(f"must be the name of a file in the inbox, not {quoted(raw)}")
        return raw


class Output(Parameter):
    """The name of a file that the script shall write in the job's folder.

    A leading dot or dash is refused though no path we hand out begins with it: results that ``ls`` hides or that
    ``rm *`` takes for an option help nobody.
    """

    type: ClassVar[str] = "output"

    def _check(self, raw: str) -> str:
        if not _is_file_name(raw):
            raise InvalidValue(f"must be a file name of at most {MAX_FILE_NAME} bytes and no path, not {quoted(raw)}")
        if visible(raw) != raw:
            raise InvalidValue(f"must not hold control characters: {quoted(raw)}")
        if raw.startswith((".", "-")):
            raise InvalidValue(f"must not begin with a dot or a dash: {quoted(raw)}")
        if _RESERVED_OUTPUT.fullmatch(raw):
            raise InvalidValue(f"must be another name: {quoted(raw)} is where the job's log goes")
        return raw


AnyParameter = Text | Integer | Number | Boolean | Choice | Date | Input | Output

TYPES: Mapping[str, type[AnyParameter]] = MappingProxyType({kind.type: kind for kind in get_args(AnyParameter)})


def _is_file_name(name: str) -> bool:
    return "/" not in name and name not in ("", ".", "..") and len(name.encode()) <= MAX_FILE_NAME
