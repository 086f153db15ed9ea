"""Crontab lines as APScheduler's triggers."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(?:(?P<first>[0-7])(?:-(?P<last>[0-7]))?|\*(?=/))(?:/(?P<step>[1-7]))?")
_AFTER = timedelta(microseconds=1)


class LocalSchedule(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """The times of a crontab line in a zone, the machine's where none is given; each of them comes once.

    APScheduler 3.11's own trigger has a time in the hour that the end of summer time repeats come twice. Here it comes
    the first time, and a time that the beginning of summer time leaves out comes an hour later.
    """

    def __init__(self, schedule: str, zone: tzinfo | None = None) -> None:
        self._zone: tzinfo = zone or CronTrigger().timezone
        self._without_zone = CronTrigger.from_crontab(_named_weekdays(schedule), timezone=UTC)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first time after the previous one that is still to come; in UTC, since a zone compares no folds."""
        shown = max(each.astimezone(self._zone).replace(tzinfo=UTC) for each in (previous_fire_time, now) if each)
        after = shown.replace(fold=0) + (_AFTER if previous_fire_time else timedelta())
        while (found := self._without_zone.get_next_fire_time(None, after)) is not None:
            moment: datetime = found.replace(tzinfo=self._zone).astimezone(UTC)
            if moment >= now.astimezone(UTC):
                return moment
            after = found + _AFTER
        return None

    def __str__(self) -> str:
        return str(self._without_zone)


def trigger(schedule: str, zone: tzinfo | None = None) -> LocalSchedule:
    """The times of a crontab line; ValueError where it is none."""
    return LocalSchedule(schedule, zone)


def _named_weekdays(schedule: str) -> str:
    """APScheduler 3 counts weekdays from Monday, crontab(5) from Sunday."""
    *others, weekdays = schedule.split() or [""]
    return " ".join([*others, ",".join(map(_named, weekdays.split(",")))])


def _named(weekdays: str) -> str:
    found = _WEEKDAYS.fullmatch(weekdays)
    if found is None:
        return weekdays
    first = int(found["first"] or 0)
    last = int(found["last"] or (6 if found["step"] or not found["first"] else first))
    return ",".join(_NAMES[day % 7] for day in range(first, last + 1, int(found["step"] or 1)))
