"""Crontab lines where clocks are changed twice a year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from runner.settings.cron import trigger

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def times(schedule: str, since: datetime, *, hours: int) -> list[str]:
    """When it comes in these hours, by the clock on the wall and how far that is from UTC."""
    schedule_in_berlin, found, now, previous = trigger(schedule, BERLIN), list[str](), since, None
    while (coming := schedule_in_berlin.get_next_fire_time(previous, now)) and coming < since + hours * HOUR:
        found.append(f"{coming.astimezone(BERLIN):%H:%M%z}")
        previous, now = coming, (coming + timedelta(seconds=1)).astimezone(BERLIN)
    return found


def test_time_in_the_hour_that_comes_twice_comes_once() -> None:
    evening = datetime(2026, 10, 24, 20, tzinfo=UTC)

    assert times("17 2 * * *", evening, hours=24) == ["02:17+0200"]
    assert times("*/30 2 * * *", evening, hours=24) == ["02:00+0200", "02:30+0200"]
    assert times("0 1-4 * * *", evening, hours=24) == ["01:00+0200", "02:00+0200", "03:00+0100", "04:00+0100"]


def test_who_starts_in_the_second_of_two_equal_hours_does_not_do_again_what_the_first_did() -> None:
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC).astimezone(BERLIN)
    assert f"{second:%H:%M%z}" == "02:10+0100"

    assert times("17 2 * * *", second, hours=25) == ["02:17+0100"]  # of the day after


def test_time_in_the_hour_that_is_left_out_comes_an_hour_later() -> None:
    evening = datetime(2026, 3, 28, 20, tzinfo=UTC)

    assert times("17 2 * * *", evening, hours=48) == ["03:17+0200", "02:17+0200"]


def test_other_days_are_those_of_the_crontab() -> None:
    assert times("17 3 * * sun", datetime(2026, 6, 1, tzinfo=UTC), hours=24 * 14) == ["03:17+0200"] * 2


@pytest.mark.parametrize("schedule", ["", "never", "1 2 3 4", "61 * * * *", "* * * * 8"])
def test_what_is_no_crontab_line_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        trigger(schedule)
