"""Parameter types that have an order: numbers, days, times of day and moments."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BeforeValidator, field_validator

from runner.errors import InvalidValue
from runner.scripts.parameters import options, starts
from runner.scripts.parameters.formats import DayFormat, MomentFormat, TimeFormat, formatted
from runner.scripts.parameters.parameter import Parameter
from runner.scripts.parameters.texts import Suggesting
from runner.system.text import quoted

_Limit = TypeVar("_Limit", int, Decimal, date, str, datetime)
_Amount = TypeVar("_Amount", int, Decimal)
EARLIEST, LATEST = 1_000_000_000, 9_999_999_999  # seconds of Unix: Slack's field holds ten digits


class _Limited(Parameter, ABC, Generic[_Limit]):
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
        return self._canonical(typed, value)

    def _canonical(self, typed: str, value: _Limit) -> str:
        del value
        return typed

    def _wanted(self) -> str:
        kind, least, most = self.wording
        if self.min is not None and self.max is not None:
            return f"{kind} from {self._shown(self.min)} to {self._shown(self.max)}"
        if self.min is not None:
            return f"{kind} {least} {self._shown(self.min)}"
        return kind if self.max is None else f"{kind} {most} {self._shown(self.max)}"

    def _shown(self, limit: _Limit) -> str:
        return str(limit)

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.min is not None and self.max is not None and self.min > self.max:
            yield "min", f"{self._shown(self.min)} is above max, {self._shown(self.max)}"


class _Stepped(_Limited[_Amount], Suggesting, ABC, Generic[_Amount]):
    """A number; with ``step`` only every so much above ``min``, or above 0."""

    step: Annotated[Decimal, BeforeValidator(options.number)] | None = None

    def _canonical(self, typed: str, value: _Amount) -> str:
        if self.step is not None and (Fraction(value) - Fraction(self.min or 0)) % Fraction(self.step):
            start = f" from {self.min}" if self.min else ""
            raise InvalidValue(f"must be in steps of {self.step}{start}, not {quoted(typed)}")
        return typed

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.step is not None and self.step <= 0:
            yield "step", "must be above 0"


class _Dated(_Limited[_Limit], ABC, Generic[_Limit]):
    """What stands in the calendar or on the clock; with ``format`` it reaches the script in that form."""

    format: str | None = None

    def words(self, value: str | None) -> list[str]:
        """What of a checked value reaches the script."""
        if value is None or self.format is None:
            return super().words(value)
        return [formatted(self._moment(value), self.format)]

    @abstractmethod
    def _moment(self, value: str) -> datetime:
        """A checked value as a moment of which the format uses the parts that the value has."""


class Integer(_Stepped[int]):
    """A whole number of at most 64 bits, written without leading zeros and plus sign."""

    type: ClassVar[str] = "integer"
    wording = ("a whole number", "of at least", "of at most")
    _read = staticmethod(options.whole_number)

    def _canonical(self, typed: str, value: int) -> str:
        return str(int(super()._canonical(typed, value)))

    def arguments(self, words: list[str]) -> list[str]:
        """The arguments that carry the words; a flag that is repeated carries the number by how often it is given."""
        if self.flag_style == "repeated" and self.flag is not None:
            return [self.flag] * sum(map(int, words))
        return super().arguments(words)

    @property
    def _can_repeat(self) -> bool:
        return self.min is not None and self.min >= 0 and self.max is not None and self.max <= 100 and not self.multiple

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.step is not None and self.step != int(self.step):
            yield "step", "must be a whole number"


class Number(_Stepped[Decimal]):
    """A decimal number, kept as it was typed."""

    type: ClassVar[str] = "number"
    wording = ("a number", "of at least", "of at most")
    _read = staticmethod(options.number)

    def is_any(self, value: str, wanted: tuple[str, ...]) -> bool:
        """Whether a checked value is one of these, however it is written: 5.0 is 5."""
        return not {Decimal(item) for item in self.items(value)}.isdisjoint(map(Decimal, wanted))


class Date(_Dated[date]):
    """A day of the calendar, written YYYY-MM-DD."""

    type: ClassVar[str] = "date"
    format: DayFormat | None = None
    placeholder: options.Label | None = None
    wording = ("a date (YYYY-MM-DD)", "on or after", "on or before")
    _read = staticmethod(options.day)

    def _moment(self, value: str) -> datetime:
        return datetime.combine(date.fromisoformat(value), time())

    def _is_relative(self, default: str) -> bool:
        return starts.is_day(default)


class Time(_Dated[str]):
    """A time of day, written HH:MM."""

    type: ClassVar[str] = "time"
    format: TimeFormat | None = None
    placeholder: options.Label | None = None
    wording = ("a time of day (HH:MM)", "at or after", "at or before")
    _read = staticmethod(options.time_of_day)

    def _moment(self, value: str) -> datetime:
        return datetime.combine(date.min, time.fromisoformat(value))

    def _is_relative(self, default: str) -> bool:
        return starts.is_moment(default)


class DateTime(_Dated[datetime]):
    """A moment, to the minute; in UTC, written YYYY-MM-DDTHH:MMZ."""

    type: ClassVar[str] = "datetime"
    format: MomentFormat | None = None
    wording = ("a moment (such as 2026-03-04T10:00Z)", "at or after", "at or before")

    @staticmethod
    def _read(written: object) -> datetime:
        found = options.moment(written).replace(second=0)
        if not EARLIEST <= found.timestamp() <= LATEST:
            raise ValueError("must be a moment from 2001-09-09 to 2286-11-20")
        return found

    def _canonical(self, typed: str, value: datetime) -> str:
        del typed
        return starts.utc(value)

    def _shown(self, limit: datetime) -> str:
        return starts.utc(limit)

    def _moment(self, value: str) -> datetime:
        return options.moment(value)

    def _is_relative(self, default: str) -> bool:
        return starts.is_day(default) or starts.is_moment(default)
