from datetime import UTC, datetime, timedelta

from runner.system.clock import steady

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOON = timedelta(seconds=10)


def test_steady_clock_goes_on_where_the_clock_is_set_back() -> None:
    moments = [NOON, NOON, NOON - HOUR]
    clock = steady(lambda: moments.pop(0))

    assert NOON <= clock() <= clock() <= NOON + SOON


def test_steady_clock_follows_where_the_clock_is_set_forward() -> None:
    moments = [NOON, NOON + HOUR]

    assert steady(lambda: moments.pop(0))() == NOON + HOUR
