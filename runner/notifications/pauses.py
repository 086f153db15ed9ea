"""Who is left alone for now, single recipients or all of a channel, and until when; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MOST_REMEMBERED = 10_000
_LONGEST_OUTAGE = timedelta(minutes=1)
"""While a channel is down, one message is tried as often as that at least, so that all go soon after it is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    since: datetime
    until: datetime
    failures: int

    def holds(self, now: datetime) -> bool:
        """Not where the clock was set back since."""
        return self.since <= now < self.until


class Pauses:
    """Each recipient by itself, the longer the more messages in a row were refused; ``back_off`` says how long."""

    def __init__(self, back_off: Callable[[int], timedelta]) -> None:
        self._back_off = back_off
        self._pauses: dict[str, _Pause] = {}

    def add(self, recipient: str, now: datetime, *, asked: timedelta | None) -> datetime:
        """Leave the recipient alone as long as was ``asked`` for, if it was; until when."""
        former = self._pauses.get(recipient)
        failures = former.failures + 1 if former else 0
        until = now + (self._back_off(failures) if asked is None else asked)
        if len(self._pauses) >= _MOST_REMEMBERED:  # those who were left alone long enough begin anew
            self._pauses = {name: pause for name, pause in self._pauses.items() if pause.holds(now)}
        self._pauses[recipient] = _Pause(since=now, until=until, failures=failures)
        return until

    def end(self, recipient: str) -> None:
        """The recipient took a message."""
        self._pauses.pop(recipient, None)

    def left_alone(self, now: datetime) -> set[str]:
        """Who is to be left alone now."""
        return {recipient for recipient, pause in self._pauses.items() if pause.holds(now)}

    def next_end(self, now: datetime) -> datetime | None:
        """When the first pause ends; None where there is none."""
        return min((pause.until for pause in self._pauses.values() if pause.holds(now)), default=None)


class Outage:
    """Whether all of a channel is left alone: the longer, the more often in a row it was down, as ``back_off`` says."""

    def __init__(self, back_off: Callable[[int], timedelta]) -> None:
        self._back_off = back_off
        self._failures = 0
        self._down: tuple[datetime, datetime] | None = None

    def begin(self, now: datetime, *, asked: timedelta | None) -> datetime:
        """Leave it alone, at least as long as was ``asked`` for; until when."""
        pause = min(self._back_off(self._failures), _LONGEST_OUTAGE)
        self._failures += 1
        self._down = (now, now + max(pause, asked or timedelta()))
        return self._down[1]

    def is_new(self) -> bool:
        """Whether it has been down once since it worked."""
        return self._failures == 1

    def end(self) -> bool:
        """It works; whether it did not before."""
        was_down, self._failures = self._failures > 0, 0
        return was_down

    def left(self, now: datetime) -> timedelta:
        """How long it is still to be left alone; not at all where the clock was set back since."""
        since, until = self._down or (now, now)
        return until - now if since <= now < until else timedelta()
