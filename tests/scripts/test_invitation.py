"""calendar/invitation.py: the file it writes is what RFC 5545 asks for, and says what was filled in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runner.scripts import Catalogue, ChoiceLists, ChoicesUnavailable
from runner.scripts.parameters import Choice, Suggesting
from tests.support.scripts.sampled import SCRIPTS, Run, refused, succeeded

NAME = "calendar/invitation.py"
WEDNESDAY = "2026-03-04T15:30Z"


@dataclass(frozen=True)
class Invitation:
    """A file as RFC 5545 has it read: lines unfolded, in components."""

    lines: list[str]

    def value(self, name: str) -> str:
        (found,) = self.values(name)
        return found

    def values(self, name: str) -> list[str]:
        return [line.split(":", 1)[1] for line in self.lines if re.split("[;:]", line, maxsplit=1)[0] == name]

    def text(self, name: str) -> str:
        """A text with its escapes undone."""
        plain = {"n": "\n", "N": "\n"}
        return re.sub(r"\\(.)", lambda found: plain.get(found[1], found[1]), self.values(name)[0])

    def observances(self) -> list[tuple[str, str, str]]:
        """Of the time zone: when clocks change, from and to which offset."""
        zone = self.lines[self.lines.index("BEGIN:VTIMEZONE") : self.lines.index("END:VTIMEZONE")]
        found = Invitation(zone)
        return list(zip(found.values("DTSTART"), found.values("TZOFFSETFROM"), found.values("TZOFFSETTO"), strict=True))


@pytest.fixture
def invite(run: Run, outbox: Path) -> Callable[..., Invitation]:
    """Makes an invitation and reads the file back, checking what holds for all of them."""

    def invite(
        *options: str, title: str = "Project review", start: str = WEDNESDAY, minutes: str = "60", notes: str = ""
    ) -> Invitation:
        path = outbox / "a.ics"
        succeeded(
            run(NAME, *options, title, start, minutes, "ada@example.org", "OPAQUE", path, stdin=notes, locale="C")
        )
        content = path.read_bytes()
        assert all(len(line) <= 75 for line in content.split(b"\r\n"))
        assert content.endswith(b"\r\n")
        lines = content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
        assert not [line for line in lines if not re.match(r"[A-Z]+(;[A-Z]+=[^:;]+)*:", line)]
        open_components = []
        for line in lines:
            if line.startswith("BEGIN:"):
                open_components.append(line.removeprefix("BEGIN:"))
            elif line.startswith("END:"):
                assert open_components.pop() == line.removeprefix("END:")
        assert open_components == []
        return Invitation(lines)

    return invite


Invite = Callable[..., Invitation]


def test_position_of_the_place_is_its_latitude_and_longitude(invite: Invite) -> None:
    assert invite("--position", "51.4779", "-0.0015").value("GEO") == "51.477900;-0.001500"  # RFC 5545, 3.8.1.6


def test_an_event_has_its_moment_in_utc_and_who_invites(invite: Invite) -> None:
    found = invite(minutes="90")

    assert (found.value("DTSTART"), found.value("DTEND")) == ("20260304T153000Z", "20260304T170000Z")
    assert (found.value("SUMMARY"), found.value("ORGANIZER")) == ("Project review", "mailto:ada@example.org")
    assert (found.value("METHOD"), found.value("TRANSP")) == ("PUBLISH", "OPAQUE")
    assert abs(datetime.now(UTC) - datetime.strptime(found.value("DTSTAMP"), "%Y%m%dT%H%M%S%z")) < timedelta(minutes=1)
    for absent in ("RRULE", "ATTENDEE", "LOCATION", "GEO", "DESCRIPTION", "URL", "TRIGGER", "TZID"):
        assert found.values(absent) == []


def test_everybody_is_invited_once(invite: Invite) -> None:
    found = invite("--attendee=tom@example.org", "--attendee=yuki@example.org", "--guest=Tom@Example.org")

    assert sorted(found.values("ATTENDEE")) == ["mailto:Tom@Example.org", "mailto:yuki@example.org"]
    assert found.value("METHOD") == "REQUEST"


@pytest.mark.parametrize(
    "text", ["a; b, c\\d: e", "\\n is no line break", 'X:Y"Z"', "é" * 60, "漢字" * 40, "👩‍🔬" * 20]
)
def test_texts_come_back_as_they_were_written(text: str, invite: Invite) -> None:
    found = invite(f"--location={text}", title=text, notes=f"{text}\r\n\n{text}\n")

    assert found.text("SUMMARY") == found.text("LOCATION") == text
    assert found.text("DESCRIPTION") == f"{text}\n\n{text}"


def test_control_characters_and_line_breaks_cannot_add_properties(invite: Invite) -> None:
    found = invite("--location=here\rATTACH:x", title="a\nATTENDEE:mailto:x", notes="\x1b[31m\x00\r\nEND:VEVENT")

    assert (found.values("ATTENDEE"), found.values("ATTACH")) == ([], [])
    assert found.text("SUMMARY") == "a\nATTENDEE:mailto:x"


def test_the_video_call_stands_in_the_description_too(invite: Invite) -> None:
    found = invite("--call=https://meet.example.com/a?b=c,d", "--passcode=123456", notes="Bring cake")

    assert found.value("URL") == "https://meet.example.com/a?b=c,d"
    assert found.text("DESCRIPTION") == (
        "Bring cake\n\nVideo call: https://meet.example.com/a?b=c,d\n\nPasscode: 123456"
    )


def test_a_reminder_comes_before_the_event(invite: Invite) -> None:
    assert invite("--reminder=15").value("TRIGGER") == "-PT15M"
    assert invite("--reminder=none").values("TRIGGER") == []


def test_the_same_event_keeps_its_identity(invite: Invite) -> None:
    first, again, other = invite(), invite("--location=Library", minutes="30"), invite(title="Project reviews")

    assert first.value("UID") == again.value("UID")
    assert first.value("UID") != other.value("UID")


@pytest.mark.parametrize(
    ("repeat", "rule"),
    [
        ("daily", "FREQ=DAILY"),
        ("weekdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("weekly", "FREQ=WEEKLY"),
        ("monthly", "FREQ=MONTHLY"),
    ],
)
def test_a_series_has_a_rule_and_an_end(repeat: str, rule: str, invite: Invite) -> None:
    counted = invite(f"--repeat={repeat}", "--ends=count", "--count=12")
    dated = invite(f"--repeat={repeat}", "--ends=until", "--until=2026-06-30")

    assert counted.value("RRULE") == f"{rule};COUNT=12"
    assert dated.value("RRULE") == f"{rule};UNTIL=20260630T235959Z"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"])
def test_a_series_goes_by_the_clocks_of_its_zone(zone: str, invite: Invite) -> None:
    begin = datetime.fromisoformat(WEDNESDAY)
    found = invite("--repeat=weekly", "--ends=until", "--until=2027-06-30", f"--zone={zone}")

    assert f"DTSTART;TZID={zone}:{begin.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}" in found.lines
    end = datetime(2027, 6, 30, 23, 59, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert found.value("RRULE") == f"FREQ=WEEKLY;UNTIL={end:%Y%m%dT%H%M%SZ}"
    for week in range(69):
        local = (begin.astimezone(ZoneInfo(zone)) + timedelta(weeks=week)).replace(tzinfo=None)
        expected = local.replace(tzinfo=ZoneInfo(zone)).strftime("%z")
        assert offset_at(local, found.observances()) == expected, local


def offset_at(local: datetime, observances: list[tuple[str, str, str]]) -> str:
    """What RFC 5545 says holds at a local time: the observance that began last before it."""
    return max(each for each in observances if each[0] <= f"{local:%Y%m%dT%H%M%S}")[2]


def test_clocks_change_at_the_moment_they_really_do(invite: Invite) -> None:
    found = invite("--repeat=daily", "--ends=count", "--count=300", "--zone=Europe/Berlin")

    first, *changes = found.observances()
    assert first[1:] == ("+0100", "+0100")
    assert changes == [
        ("20260329T020000", "+0100", "+0200"),
        ("20261025T030000", "+0200", "+0100"),
    ]


def test_a_single_event_needs_no_zone(invite: Invite) -> None:
    assert invite("--zone=Europe/Berlin").value("DTSTART") == "20260304T153000Z"


@pytest.mark.parametrize(
    ("options", "start", "message"),
    [
        (["--repeat=weekdays"], "2026-03-07T10:00Z", "a series on working days cannot begin on Saturday, 2026-03-07"),
        (
            ["--repeat=weekdays", "--zone=Pacific/Auckland"],
            "2026-03-06T20:00Z",
            "a series on working days cannot begin on Saturday, 2026-03-07",
        ),
        (["--repeat=daily", "--ends=until"], WEDNESDAY, "--ends=until needs --until"),
        (["--repeat=daily", "--ends=until", "--until=2026-03-03"], WEDNESDAY, "2026-03-03, is before the first"),
        (["--repeat=daily", "--zone=Europe/Atlantis"], WEDNESDAY, "there is no time zone 'Europe/Atlantis'"),
        (["--repeat=daily", "--zone=../../etc/passwd"], WEDNESDAY, "there is no time zone"),
        (["--repeat=yearly"], WEDNESDAY, "--repeat"),
        ([], "tomorrow", "start"),
        ([], "2026-03-04T15:30", "start"),
    ],
)
def test_what_is_wrong_is_said(options: list[str], start: str, message: str, run: Run, outbox: Path) -> None:
    process = run(NAME, *options, "Review", start, "60", "ada@example.org", "OPAQUE", outbox / "a.ics")

    assert message in refused(process)
    assert list(outbox.iterdir()) == []


def test_a_wrong_number_of_arguments_and_a_missing_folder_are_refused(run: Run, outbox: Path) -> None:
    assert "usage: " in refused(run(NAME))
    usual = ("Review", WEDNESDAY, "60", "ada@example.org", "OPAQUE")
    assert "cannot be written: No such file" in refused(run(NAME, *usual, outbox / "no/folder"))


def test_the_form_offers_the_zones_of_the_region_and_the_rooms() -> None:
    script = Catalogue(SCRIPTS).script(NAME)
    parameters = {each.name: each for each in script.parameters if isinstance(each, Choice | Suggesting)}
    lists = ChoiceLists(environment=["PATH"], patience=timedelta(seconds=30))

    zones = {
        each.value: each.label
        for each in lists.listed(script, parameters["zone"], {"repeat": "weekly", "region": "America"})
    }

    assert zones["America/New_York"] == "New York"
    assert not [zone for zone in zones if not zone.startswith("America/")]
    assert "Library" in [each.value for each in lists.listed(script, parameters["location"], {})]
    with pytest.raises(ChoicesUnavailable, match="choose a region first"):
        lists.listed(script, parameters["zone"], {})
