"""The clock that each part of the stand-in is given."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Gives the time in seconds since 1970."""
