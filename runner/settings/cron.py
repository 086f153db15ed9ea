"""Crontab lines as APScheduler's triggers."""

import re

from apscheduler.triggers.cron import CronTrigger

_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(?:(?P<first>[0-7])(?:-(?P<last>[0-7]))?|\*(?=/))(?:/(?P<step>[1-7]))?")


def trigger(schedule: str) -> CronTrigger:
    """The times of a crontab line; ValueError where it is none.

    APScheduler 3 counts weekdays from Monday, crontab(5) from Sunday.
    """
    *others, weekdays = schedule.split() or [""]
    return CronTrigger.from_crontab(" ".join([*others, ",".join(map(_named, weekdays.split(",")))]))


def _named(weekdays: str) -> str:
    found = _WEEKDAYS.fullmatch(weekdays)
    if found is None:
        return weekdays
    first = int(found["first"] or 0)
    last = int(found["last"] or (6 if found["step"] or not found["first"] else first))
    return ",".join(_NAMES[day % 7] for day in range(first, last + 1, int(found["step"] or 1)))
