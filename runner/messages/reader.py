"""Who reads a view and when: moments are told in the reader's own time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from runner.scheduling import Range
from runner.system.text import Moment, Told

AT_ONCE = "right away"
SOON = "within a minute"
_A_MOMENT = timedelta(seconds=2)
_NO_WAITING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A person's time zone and the moment at which they read."""

    now: datetime
    zone: tzinfo

    def between(self, found: Range) -> Told:
        """When something is to be expected: ``14:05 to 14:20``, ``about 14:05``, ``not before 14:05``.

        Empty where nothing can be said.
        """
        earliest, latest = found.earliest, found.latest
        if latest is None:
            return ["not before ", Moment(earliest)] if earliest - self.now > _NO_WAITING else []
        if latest - self.now <= _NO_WAITING:
            return [AT_ONCE if latest - self.now <= _A_MOMENT else SOON]
        if earliest <= self.now:
            return ["by ", Moment(latest)]
        if latest - earliest < _NO_WAITING:
            return ["about ", Moment(latest)]
        is_same_day = earliest.astimezone(self.zone).date() == latest.astimezone(self.zone).date()
        return [Moment(earliest), " to ", Moment(latest, has_day=not is_same_day)]

    def spoken(self, told: str | Told) -> str:
        """Words with their moments, for those who hear them."""
        parts = [told] if isinstance(told, str) else told
        return "".join(part if isinstance(part, str) else self._moment(part.at) for part in parts)

    def _moment(self, moment: datetime) -> str:
        """``14:05`` today, ``5 Mar 14:05`` on another day, with the year where it is another."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        clock = f"{local:%H:%M}"
        if local.date() == today.date():
            return clock
        day = f"{local.day} {local:%b}"
        return f"{day} {clock}" if local.year == today.year else f"{day} {local.year} {clock}"
