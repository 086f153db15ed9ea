"""What a form starts with where a default stands for a value known only then, as ``today-7d`` does."""

import re
from datetime import UTC, datetime, time, timedelta

_DAY = re.compile(r"today(?:([+-][0-9]{1,5})([dw]))?")
_MOMENT = re.compile(r"now(?:([+-][0-9]{1,5})(min|[mhdw]))?")
_UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)} | {
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def is_day(default: str) -> bool:
    """Whether it is ``today``, or so many days (d) or weeks (w) before or after it."""
    return _DAY.fullmatch(default) is not None


def is_moment(default: str) -> bool:
    """Whether it is ``now``, or so many minutes (min), hours (h), days (d) or weeks (w) before or after it."""
    return _MOMENT.fullmatch(default) is not None


def moment(default: str, now: datetime) -> datetime:
    """The moment that a relative default stands for; days begin at midnight in the zone of ``now``.

    ValueError for what is no relative default.
    """
    if found := _DAY.fullmatch(default):
        day = (now + _shift(found)).date()
        return datetime.combine(day, time(), tzinfo=now.tzinfo)
    found = _MOMENT.fullmatch(default)
    if found is None:
        raise ValueError(f"{default!r} is no relative default")
    return (now.astimezone(UTC) + _shift(found)).astimezone(now.tzinfo)


def utc(value: datetime) -> str:
    """The moment as a value of the type datetime."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _shift(found: re.Match[str]) -> timedelta:
    return timedelta() if found[1] is None else int(found[1]) * _UNITS[found[2]]
