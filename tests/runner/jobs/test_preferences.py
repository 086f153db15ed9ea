"""Quiet hours by people's own clocks, and what each kind of message is."""

from datetime import UTC, datetime, time

import pytest

from runner.jobs import Event, Preferences, QuietHours, State, Topic, topic_of

NIGHT = QuietHours(start=time(22), end=time(7))
EARLY = QuietHours(start=time(1), end=time(2, 30))
NOON = QuietHours(start=time(12), end=time(13))
BERLIN = "Europe/Berlin"


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        pytest.param(NIGHT, "UTC", "2026-03-04T23:00", "2026-03-05T07:00", id="before midnight"),
        pytest.param(NIGHT, "UTC", "2026-03-05T06:59", "2026-03-05T07:00", id="after midnight"),
        pytest.param(NIGHT, "UTC", "2026-03-05T07:00", None, id="at the end"),
        pytest.param(NIGHT, "UTC", "2026-03-05T22:00", "2026-03-06T07:00", id="at the start"),
        pytest.param(NOON, "UTC", "2026-03-05T12:30", "2026-03-05T13:00", id="within a day"),
        pytest.param(NOON, "UTC", "2026-03-05T13:30", None, id="after those within a day"),
        pytest.param(NIGHT, "Asia/Tokyo", "2026-03-04T14:00", "2026-03-04T22:00", id="far east"),
        pytest.param(NIGHT, "Pacific/Kiritimati", "2026-03-04T09:00", "2026-03-04T17:00", id="a day ahead"),
        pytest.param(NIGHT, BERLIN, "2026-03-28T22:00", "2026-03-29T05:00", id="night that loses an hour"),
        pytest.param(NIGHT, BERLIN, "2026-10-24T22:00", "2026-10-25T06:00", id="night that gains an hour"),
        pytest.param(EARLY, BERLIN, "2026-03-29T00:30", "2026-03-29T01:30", id="end that the clock skips"),
        pytest.param(EARLY, BERLIN, "2026-10-25T00:15", "2026-10-25T01:30", id="end that comes twice"),
        pytest.param(EARLY, BERLIN, "2026-10-25T00:45", "2026-10-25T01:30", id="between an end and its second"),
        pytest.param(NIGHT, "No/Where", "2026-03-04T23:00", "2026-03-05T07:00", id="zone nobody knows"),
    ],
)
def test_quiet_hours_end_by_the_person_s_own_clock(hours: QuietHours, zone: str, now: str, until: str | None) -> None:
    assert hours.until(utc(now), zone) == (until and utc(until))


@pytest.mark.parametrize(
    ("event", "state", "topic"),
    [
        (Event.QUEUED, State.QUEUED, Topic.STARTS),
        (Event.STARTED, State.RUNNING, Topic.STARTS),
        (Event.ENDED, State.SUCCEEDED, Topic.ENDS),
        (Event.ENDED, State.CANCELLED, Topic.ENDS),
        (Event.ENDED, State.FAILED, Topic.FAILURES),
        (Event.ENDED, State.TIMED_OUT, Topic.FAILURES),
        (Event.WATCHED, State.LOST, Topic.FAILURES),
        (Event.RETRIED, State.QUEUED, Topic.FAILURES),
        (Event.WARNED, State.RUNNING, Topic.REMINDERS),
        (Event.UNTOLD, State.SUCCEEDED, Topic.REMINDERS),
    ],
)
def test_each_message_is_of_one_kind(event: Event, state: State, topic: Topic) -> None:
    assert topic_of(event, state) is topic


def test_channel_that_nobody_chose_about_tells_all() -> None:
    preferences = Preferences(topics={"slack": frozenset({Topic.ENDS})})

    assert [preferences.tells(Topic.STARTS, channel) for channel in ("slack", "pager")] == [False, True]
    assert preferences.is_silent(Topic.FAILURES, ["slack"])
    assert not preferences.is_silent(Topic.FAILURES, ["slack", "pager"])
