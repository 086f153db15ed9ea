"""What a form starts with: defaults, in the zone and with the address of whoever opens it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.jobs import Requester
from runner.scripts import Script, ScriptOptions, defaults
from runner.scripts.annotations import read
from runner.scripts.script import script


def make(*lines: str) -> Script:
    found = read("\n".join(f"##~~ {line} - x" for line in lines))
    assert found.problems == ()
    return script(name="a", path=Path("/a"), options=ScriptOptions(), parameters=found.parameters)


@pytest.fixture
def start(person_factory: Callable[..., Requester]) -> Callable[..., str | None]:
    """What the field of one annotation's options starts with at a moment in UTC, in a zone."""

    def start(options: str, now: str, zone: str = "UTC") -> str | None:
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        return defaults.defaults(make(f"value {options}"), person_factory(time_zone=zone), moment).get("value")

    return start


@pytest.mark.parametrize(
    ("now", "zone", "default", "value"),
    [
        ("2026-03-04T10:00", "UTC", "today", "2026-03-04"),
        ("2026-03-04T10:00", "UTC", "today-7d", "2026-02-25"),
        ("2026-03-04T10:00", "UTC", "today+1w", "2026-03-11"),
        ("2026-03-04T10:00", "UTC", "today-0d", "2026-03-04"),
        ("2024-03-01T00:00", "UTC", "today-1d", "2024-02-29"),
        ("2026-12-31T23:30", "Europe/Berlin", "today", "2027-01-01"),
        ("2026-01-01T04:00", "America/New_York", "today", "2025-12-31"),
        ("2026-03-04T10:30", "Pacific/Kiritimati", "today", "2026-03-05"),
        ("2026-03-04T10:30", "Pacific/Niue", "today", "2026-03-03"),
        # the days on which clocks in Berlin go forward (01:00 UTC) and back
        ("2026-03-28T23:30", "Europe/Berlin", "today", "2026-03-29"),
        ("2026-03-29T21:59", "Europe/Berlin", "today", "2026-03-29"),
        ("2026-03-29T22:00", "Europe/Berlin", "today", "2026-03-30"),
        ("2026-03-29T22:00", "Europe/Berlin", "today-1d", "2026-03-29"),
        ("2026-10-25T22:59", "Europe/Berlin", "today+1d", "2026-10-26"),
        ("2026-03-04T10:00", "UTC", "today-99999w", "0109-08-28"),
        ("2026-03-04T10:00", "UTC", "today+99999d", "2299-12-17"),
    ],
)
def test_today_is_the_day_of_whoever_opens_the_form(
    start: Callable[..., str | None], now: str, zone: str, default: str, value: str
) -> None:
    assert start(f"{{type: date, default: {default}}}", now, zone) == value


@pytest.mark.parametrize(
    ("now", "zone", "default", "value"),
    [
        ("2026-03-04T10:00", "UTC", "now", "10:00"),
        ("2026-03-04T10:00:59", "Europe/Berlin", "now", "11:00"),
        ("2026-03-04T10:00", "Asia/Kathmandu", "now", "15:45"),
        ("2026-03-04T23:30", "UTC", "now+45min", "00:15"),
        ("2026-03-04T23:30", "UTC", "now-1m", "23:29"),
        ("2026-03-29T00:30", "Europe/Berlin", "now+1h", "03:30"),  # 02:30 is left out on that day
        ("2026-10-25T00:30", "Europe/Berlin", "now+1h", "02:30"),  # comes twice
    ],
)
def test_now_is_the_time_of_day_of_whoever_opens_the_form(
    start: Callable[..., str | None], now: str, zone: str, default: str, value: str
) -> None:
    assert start(f"{{type: time, default: {default}}}", now, zone) == value


@pytest.mark.parametrize(
    ("now", "zone", "default", "value"),
    [
        ("2026-03-04T10:00:59", "Europe/Berlin", "now", "2026-03-04T10:00Z"),
        ("2026-03-04T10:00", "Europe/Berlin", "now+1h", "2026-03-04T11:00Z"),
        ("2026-03-04T10:00", "Europe/Berlin", "now-2w", "2026-02-18T10:00Z"),
        ("2026-03-04T10:00", "Europe/Berlin", "today", "2026-03-03T23:00Z"),
        ("2026-03-04T10:00", "America/New_York", "today+1d", "2026-03-05T05:00Z"),
        # a day is from midnight to midnight, whatever the clocks do between
        ("2026-03-28T12:00", "Europe/Berlin", "today+1d", "2026-03-28T23:00Z"),
        ("2026-03-28T12:00", "Europe/Berlin", "today+2d", "2026-03-29T22:00Z"),
        ("2026-10-24T12:00", "Europe/Berlin", "today+2d", "2026-10-25T23:00Z"),
        # from now on it is so many hours
        ("2026-03-28T12:00", "Europe/Berlin", "now+1d", "2026-03-29T12:00Z"),
        # there is no midnight in Cairo on the day on which clocks go forward: the day begins at 01:00
        ("2026-04-24T12:00", "Africa/Cairo", "today", "2026-04-23T22:00Z"),
        # and two in Havana on the day on which they go back: it begins with the first
        ("2026-11-01T12:00", "America/Havana", "today", "2026-11-01T04:00Z"),
    ],
)
def test_moments_are_told_in_utc(
    start: Callable[..., str | None], now: str, zone: str, default: str, value: str
) -> None:
    assert start(f"{{type: datetime, default: {default}}}", now, zone) == value


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "America", "\0"])
def test_zone_that_is_not_known_is_utc(start: Callable[..., str | None], zone: str) -> None:
    assert start("{type: time, default: now}", "2026-03-04T10:00", zone) == "10:00"


@pytest.mark.parametrize(
    "options",
    [
        "{type: date, default: today, max: 2026-03-03}",
        "{type: time, default: now, min: '12:00'}",
        "{type: datetime, default: now+1d, max: '2026-03-05T00:00Z'}",
        "{type: datetime, default: today-99999d}",
        "{type: datetime, default: now+99999w}",
        "{type: email, default: requester.email, pattern: '.*@example.com'}",
        "{default: requester.email, max_length: 5}",
    ],
)
def test_default_out_of_the_limits_today_is_left_out(start: Callable[..., str | None], options: str) -> None:
    assert start(options, "2026-03-04T10:00") is None


@pytest.mark.parametrize("kind", ["text", "email", "user"])
def test_requesters_address_stands_where_it_is_asked_for(start: Callable[..., str | None], kind: str) -> None:
    assert start(f"{{type: {kind}, default: requester.email}}", "2026-03-04T10:00") == "ada@example.org"


@pytest.mark.parametrize(
    "options",
    ["{type: multiline, default: requester.email}", "{default: today}", "{default: now}", "{default: now+1h}"],
)
def test_words_stand_for_themselves_in_fields_of_other_types(start: Callable[..., str | None], options: str) -> None:
    assert start(options, "2026-03-04T10:00") == options.removesuffix("}").rpartition(" ")[2]


def test_defaults_are_by_parameter_and_none_where_nobody_is_asked(person_factory: Callable[..., Requester]) -> None:
    made = make(
        "a {default: x}",
        "b {type: boolean, default: true}",
        "c {required: false}",
        "key {secret: KEY, env: KEY}",
        "mode {constant: fast}",
        "several {multiple: true, default: [x, y]}",
        "hidden {default: z, when: {a: other}}",
    )

    found = defaults.defaults(made, person_factory(), datetime(2026, 3, 4, tzinfo=UTC))

    assert found == {"a": "x", "b": "true", "several": "x\ny", "hidden": "z"}
