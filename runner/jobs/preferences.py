"""What a person wants to be told, by which ways and when: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from runner.jobs.job import State
from runner.jobs.notification import ENDS, OWN, Event
from runner.system.clock import time_zone

_DAY = timedelta(days=1)


class Topic(StrEnum):
    """What kinds of messages people choose among."""

    STARTS = "starts"
    ENDS = "ends"
    FAILURES = "failures"
    """Attempts and jobs that came to grief: failed, out of time, lost."""
    REMINDERS = "reminders"
    """All that is told besides: that a job's time runs out, say."""


_ENDS_WELL = frozenset({State.SUCCEEDED, State.CANCELLED})


def topic_of(event: Event, state: State) -> Topic:
    """What kind of message that is, about a job in that state."""
    if event in OWN:
        return Topic.STARTS
    if event is Event.RETRIED:
        return Topic.FAILURES
    if event in ENDS:
        return Topic.ENDS if state in _ENDS_WELL else Topic.FAILURES
    return Topic.REMINDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when until when a person is told nothing, by the clock where they are; past midnight where it ends before.

    An hour that their clock skips, or has twice, belongs to the quiet ones wherever that is open.
    """

    start: time
    end: time

    def until(self, now: datetime, zone_name: str) -> datetime | None:
        """When the quiet hours that it is now in end, in that zone; None outside of them."""
        zone = time_zone(zone_name)
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        for day in (today - _DAY, today):
            last = day if self.end > self.start else day + _DAY
            begins = min(_moments(day, self.start, zone_name))
            ends = max(_moments(last, self.end, zone_name))
            if begins <= now < ends:
                return ends
        return None


def _moments(day: datetime, clock_time: time, zone_name: str) -> list[datetime]:
    """The two moments that a time of a day may mean; both the same on most days."""
    local = datetime.combine(day.date(), clock_time, time_zone(zone_name))
    utc = time_zone("UTC")
    return [local.replace(fold=fold).astimezone(utc) for fold in (0, 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a person is told by each channel, by its name; all by one that is not named.

    ``quiet`` are the hours in which nothing is told, in the person's ``time_zone``, where that is known.
    """

    topics: Mapping[str, frozenset[Topic]] = field(default_factory=dict)
    quiet: QuietHours | None = None
    time_zone: str | None = None

    def tells(self, topic: Topic, channel: str) -> bool:
        """Whether that is told by this channel."""
        return topic in self.topics.get(channel, frozenset(Topic))

    def is_silent(self, topic: Topic, channels: Iterable[str]) -> bool:
        """Whether that is told by none of these."""
        return not any(self.tells(topic, channel) for channel in channels)
