"""Time as a value that is passed in: nothing else reads the clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's own clock, in UTC."""
    return datetime.now(UTC)
