"""Time as a value that is passed in: nothing else reads the clock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""

Monotonic = Callable[[], float]
"""Gives seconds that go on evenly, however the clock is set; only differences mean something."""


def system_clock() -> datetime:
    """The machine's own clock, in UTC."""
    return datetime.now(UTC)


def uptime() -> float:
    """For how many seconds the machine has been up, the time that it slept included (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def time_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


class Jumps:
    """Notices where the clock is set, and where we are not served for long, as while the machine sleeps."""

    def __init__(self, now: datetime, *, at_most: timedelta) -> None:
        self._at_most = at_most
        self._seen = (now, time.monotonic())
        self._steady_since = time.monotonic()

    def look(self, now: datetime) -> None:
        """Compare the clock with the monotonic one; to be called more often than every ``at_most``."""
        passed = timedelta(seconds=time.monotonic() - self._seen[1])
        jump = abs(now - self._seen[0] - passed)
        if max(jump, passed - self._at_most) > self._at_most:
            self._steady_since = time.monotonic()
        self._seen = (now, time.monotonic())

    def steady_for(self) -> timedelta:
        """For how long nothing was noticed."""
        return timedelta(seconds=time.monotonic() - self._steady_since)


class IdleSignal:
    """Since when one thread has had nothing to do, for others whose work is less urgent than its own."""

    def __init__(self) -> None:
        self._since: float | None = 0.0

    @contextmanager
    def while_waiting(self) -> Iterator[None]:
        """It waits within the block, and works after it."""
        self.begin()
        try:
            yield
        finally:
            self._since = None

    def begin(self) -> None:
        """It has nothing to do from now on."""
        self._since = time.monotonic()

    def has_lasted(self, pause: timedelta) -> bool:
        """Whether it has had nothing to do for so long."""
        since = self._since
        return since is not None and time.monotonic() - since >= pause.total_seconds()
