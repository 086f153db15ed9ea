"""Who reads a view and when: moments are told in words, in the reader's own time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from runner.forecast import Range
from runner.wording import span

AT_ONCE = "right away"
_NO_WAITING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A person's time zone and the moment at which they read."""

    now: datetime
    zone: tzinfo

    def moment(self, moment: datetime) -> str:
        """``14:05`` today, ``5 Mar 14:05`` on another day, with the year where it is another."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        clock = f"{local:%H:%M}"
        if local.date() == today.date():
            return clock
        day = f"{local.day} {local:%b}"
        return f"{day} {clock}" if local.year == today.year else f"{day} {local.year} {clock}"

    def between(self, found: Range) -> str:
        """When something is to be expected: ``14:05 to 14:20``, ``about 14:05``, ``not before 14:05``."""
        earliest = self.moment(found.earliest)
        if found.latest is None:
            return f"not before {earliest}"
        if found.latest - self.now <= _NO_WAITING:
            return AT_ONCE
        latest = self.moment(found.latest)
        if found.earliest <= self.now:
            return f"by {latest}"
        return f"about {latest}" if earliest == latest else f"{earliest} to {latest}"

    def since(self, moment: datetime) -> str:
        """How long ago it was."""
        return f"{span(max(timedelta(), self.now - moment))} ago"
