"""What columns hold that databases have no type for."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Float, LargeBinary
from sqlalchemy.types import TypeDecorator

from runner.jobs import NotifyRule, Retries, State


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite drops time zones, so ours is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """ValueError for naive moments: they mean another time on another machine."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment our zone."""
        del dialect
        return value and value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read SQLite's text in one step: a claim reads hundreds."""
        return _moment_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _moment_of(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(f"{written}+00:00")


class Seconds(TypeDecorator[timedelta]):
    """A span of time, kept as a number of seconds."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> float | None:
        """Write the seconds."""
        del dialect
        return None if value is None else value.total_seconds()

    def process_result_value(self, value: float | None, dialect: Dialect) -> timedelta | None:
        """Read the seconds."""
        del dialect
        return None if value is None else timedelta(seconds=value)


class SomeSeconds(Seconds):
    """A span of time that is none where nothing is kept."""

    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> float | None:
        """Write the seconds, if any."""
        return super().process_bind_param(value or None, dialect)

    def process_result_value(self, value: float | None, dialect: Dialect) -> timedelta:
        """Read the seconds, if any."""
        return super().process_result_value(value, dialect) or timedelta()


class RetryRules(TypeDecorator[Retries]):
    """How often a job is attempted anew, kept as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Retries | None, dialect: Dialect) -> dict[str, object] | None:
        """Write the rule."""
        del dialect
        if value is None:
            return None
        return {"times": value.times, "delay_seconds": value.delay.total_seconds(), "on": sorted(value.on)}

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> Retries | None:
        """Read the rule."""
        del dialect
        if value is None:
            return None
        return Retries(times=value["times"], delay=timedelta(seconds=value["delay_seconds"]), on=frozenset(value["on"]))


class NotifyRules(TypeDecorator[tuple[NotifyRule, ...]]):
    """Whom a script has told, kept as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: tuple[NotifyRule, ...] | None, dialect: Dialect) -> list[object] | None:
        """Write the rules, if any."""
        del dialect
        return [[each.to, each.is_conversation, sorted(each.on)] for each in value or ()] or None

    def process_result_value(self, value: list[Any] | None, dialect: Dialect) -> tuple[NotifyRule, ...]:
        """Read the rules, if any."""
        del dialect
        return tuple(
            NotifyRule(to=to, is_conversation=is_conversation, on=frozenset(map(State, on)))
            for to, is_conversation, on in value or ()
        )


class NameList(TypeDecorator[tuple[str, ...]]):
    """Some texts, kept as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> list[str] | None:
        """Write them."""
        del dialect
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Read them."""
        del dialect
        return None if value is None else tuple(value)


class FileName(TypeDecorator[str]):
    """A file's name, kept as the bytes that it is on the disk: not every name is text that a database takes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Write the bytes."""
        del dialect
        return None if value is None else os.fsencode(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Read the bytes."""
        del dialect
        return None if value is None else os.fsdecode(value)
