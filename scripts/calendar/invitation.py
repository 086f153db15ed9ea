#!/usr/bin/env python3
##~~ {title: Calendar invitation, group: Meetings, description: "Makes an invitation that every calendar takes",
##~~   timeout: 5m, owner: Office team, docs: 'https://www.rfc-editor.org/rfc/rfc5545',
##~~   examples: {
##~~     Weekly meeting: {title: Team meeting, minutes: '30', repeat: weekly, ends: count, count: '10'},
##~~     Stand-up on working days: {title: Stand-up, minutes: '15', repeat: weekdays, ends: until, busy: 'false'}}}
##~~ title {type: text, label: What, min_length: 2, max_length: 120, placeholder: Project review} - stands in the
##~~   calendar
##~~ start {type: datetime, label: Begins, default: now+1d} - the first time, if there are several
##~~ minutes {type: integer, label: Minutes, min: 5, max: 1440, step: 5, default: 60,
##~~   suggestions: {15: A quarter of an hour, 30: Half an hour, 60: One hour, 90: An hour and a half}} - how long
##~~ organizer {type: email, label: Organizer, default: requester.email, section: Who} - gets the answers
##~~ attendees {type: user, label: Members, multiple: true, required: false, flag: --attendee} - people of this
##~~   workspace
##~~ guests {type: email, label: Guests, multiple: true, required: false, flag: --guest} - everybody else
##~~ location {type: text, label: Place, required: false, max_length: 120, flag: --location, section: Where,
##~~   suggestions_from: {file: ./.rooms}} - one of our rooms, or any other place
##~~ position {type: number, label: Position, multiple: true, count: 2, min: -180, max: 180, required: false,
##~~   flag: --position, flag_style: once} - of the place for a map, in degrees: latitude, then longitude
##~~ call {type: url, label: Video call, required: false, flag: --call,
##~~   placeholder: 'https://meet.example.com/…'} - its address
##~~ passcode {type: text, label: Passcode, required: false, needs: call, flag: --passcode, pattern: '[0-9]{4,12}',
##~~   pattern_hint: 4 to 12 digits} - of the video call
##~~ notes {type: multiline, label: Agenda, required: false, stdin: true, max_length: 3000} - stands in the invitation
##~~ repeat {type: choice, label: How often, flag: --repeat, default: never, section: A series,
##~~   choices: {never: Once, daily: Every day, weekdays: On working days, weekly: Every week,
##~~   monthly: Every month}} - by the calendar
##~~ ends {type: choice, label: It ends, flag: --ends, choices: {count: After so many times, until: On a day},
##~~   default: count, when: {repeat: [daily, weekdays, weekly, monthly]}} - a series has an end
##~~ count {type: integer, label: Times, flag: --count, min: 2, max: 366, default: 10, when: {ends: count}} - the first
##~~   one counts
##~~ until {type: date, label: Last day, flag: --until, format: '%Y%m%d', default: today+12w, when: {ends: until}} - it
##~~   is included
##~~ region {type: choice, label: Region, env: REGION, required: false,
##~~   choices: [Africa, America, Asia, Atlantic, Australia, Europe, Indian, Pacific],
##~~   when: {repeat: [daily, weekdays, weekly, monthly]}} - where the clocks are that the series goes by; empty: it
##~~   moves by an hour when they are put forward or back
##~~ zone {type: choice, label: Time zone, flag: --zone, choices_from: {command: [./.zones], cache: 1d},
##~~   depends: region, when: {region: [Africa, America, Asia, Atlantic, Australia, Europe, Indian, Pacific]}} - the
##~~   nearest city
##~~ reminder {type: choice, label: Reminder, flag: --reminder, default: 15, section: Details,
##~~   choices: {none: None, 5: 5 minutes before, 15: 15 minutes before, 60: An hour before, 1440: A day before}} - for
##~~   everybody who puts it into a calendar
##~~ busy {type: boolean, label: Busy, values: [OPAQUE, TRANSPARENT], default: true} - others see that the time is taken
##~~ output {type: output, label: Result, default: invitation.ics} - to be sent to everybody, or opened with a calendar
"""Writes an event, or a series of them, as an iCalendar file (RFC 5545)."""

import argparse
import hashlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RULES = {
    "daily": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "weekly": "FREQ=WEEKLY",
    "monthly": "FREQ=MONTHLY",
}
LONGEST_STEP = {"daily": 1, "weekdays": 3, "weekly": 7, "monthly": 62}  # days, where months may be left out
SATURDAY = 5
STAMP = "%Y%m%dT%H%M%S"
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
MOST_OCTETS = 75  # of a line, RFC 5545, 3.1


def main() -> None:
    arguments = read_arguments()
    notes = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = list(calendar(arguments, notes))
    try:
        with arguments.output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"{folded(line)}\r\n" for line in lines)
    except OSError as error:
        raise SystemExit(f"the output cannot be written: {error.strerror}") from None
    guests = len(invited(arguments))
    begin = arguments.start.astimezone(zone_of(arguments))
    print(f"{arguments.title}, {begin:%Y-%m-%d %H:%M %Z}, {arguments.minutes} minutes, {guests} invited")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--attendee", action="append", default=[])
    parser.add_argument("--guest", action="append", default=[])
    parser.add_argument("--location", default="")
    parser.add_argument("--position", type=float, nargs=2)
    parser.add_argument("--call", default="")
    parser.add_argument("--passcode", default="")
    parser.add_argument("--repeat", choices=["never", *RULES], default="never")
    parser.add_argument("--ends", choices=["count", "until"], default="count")
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--until", type=date.fromisoformat)
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("--reminder", default="none")
    parser.add_argument("title")
    parser.add_argument("start", type=moment)
    parser.add_argument("minutes", type=int)
    parser.add_argument("organizer")
    parser.add_argument("transparency", choices=["OPAQUE", "TRANSPARENT"])
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    if arguments.repeat != "never":
        check_series(parser, arguments)
    return arguments


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def check_series(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    first = arguments.start.astimezone(zone_of(arguments)).date()
    if arguments.repeat == "weekdays" and first.weekday() >= SATURDAY:
        parser.error(f"a series on working days cannot begin on {first:%A}, {first}")
    if arguments.ends == "until" and arguments.until is None:
        parser.error("--ends=until needs --until, the last day")
    if arguments.ends == "until" and arguments.until < first:
        parser.error(f"the last day, {arguments.until}, is before the first, {first}")


def zone_of(arguments: argparse.Namespace) -> ZoneInfo:
    try:
        return ZoneInfo(arguments.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SystemExit(f"there is no time zone {arguments.zone!r} on this machine") from None


def invited(arguments: argparse.Namespace) -> list[str]:
    """The addresses of all who are invited, each once."""
    every = {address.casefold(): address for address in [*arguments.attendee, *arguments.guest]}
    return list(every.values())


def calendar(arguments: argparse.Namespace, notes: str) -> Iterator[str]:
    """The lines of the file, not yet folded."""
    is_local = arguments.repeat != "never" and arguments.zone != "UTC"
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//ScriptRunner//Calendar invitation//EN"
    yield f"METHOD:{'REQUEST' if invited(arguments) else 'PUBLISH'}"
    if is_local:
        yield from time_zone(arguments)
    yield from event(arguments, notes, is_local=is_local)
    yield "END:VCALENDAR"


def event(arguments: argparse.Namespace, notes: str, *, is_local: bool) -> Iterator[str]:
    end = arguments.start + timedelta(minutes=arguments.minutes)
    about = [notes.strip()]
    if arguments.call:
        about.append(f"Video call: {arguments.call}")
    if arguments.passcode:
        about.append(f"Passcode: {arguments.passcode}")
    yield "BEGIN:VEVENT"
    yield f"UID:{identity(arguments)}"
    yield f"DTSTAMP:{datetime.now(UTC):{STAMP}}Z"
    yield f"DTSTART{written(arguments.start, arguments, is_local=is_local)}"
    yield f"DTEND{written(end, arguments, is_local=is_local)}"
    if arguments.repeat != "never":
        yield f"RRULE:{rule(arguments)}"
    yield f"SUMMARY:{escaped(arguments.title)}"
    yield f"ORGANIZER:mailto:{arguments.organizer}"
    for address in invited(arguments):
        yield f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{address}"
    yield from (f"{name}:{escaped(text)}" for name, text in text_properties(arguments, about) if text)
    if arguments.position:
        latitude, longitude = arguments.position
        yield f"GEO:{latitude:.6f};{longitude:.6f}"
    if arguments.call:
        yield f"URL:{arguments.call}"
    yield f"TRANSP:{arguments.transparency}"
    if arguments.reminder != "none":
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{int(arguments.reminder)}M")
        yield from (f"DESCRIPTION:{escaped(arguments.title)}", "END:VALARM")
    yield "END:VEVENT"


def text_properties(arguments: argparse.Namespace, about: list[str]) -> Iterator[tuple[str, str]]:
    yield "LOCATION", arguments.location
    yield "DESCRIPTION", "\n\n".join(filter(None, about))


def identity(arguments: argparse.Namespace) -> str:
    """The same for the same event: an invitation that was made anew takes the place of the old one."""
    parts = [arguments.organizer.casefold(), arguments.title, arguments.start.astimezone(UTC).isoformat()]
    digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
    return f"{digest[:32]}@scriptrunner"


def written(at: datetime, arguments: argparse.Namespace, *, is_local: bool) -> str:
    if is_local:
        return f";TZID={arguments.zone}:{at.astimezone(zone_of(arguments)):{STAMP}}"
    return f":{at.astimezone(UTC):{STAMP}}Z"


def rule(arguments: argparse.Namespace) -> str:
    if arguments.ends == "count":
        return f"{RULES[arguments.repeat]};COUNT={arguments.count}"
    end = datetime.combine(arguments.until, time(23, 59, 59), zone_of(arguments))
    return f"{RULES[arguments.repeat]};UNTIL={end.astimezone(UTC):{STAMP}}Z"


def time_zone(arguments: argparse.Namespace) -> Iterator[str]:
    """What the clocks of the zone show from before the first event until after the last one."""
    zone = zone_of(arguments)
    begin = arguments.start.astimezone(UTC) - timedelta(days=1)
    end = arguments.start + timedelta(days=LONGEST_STEP[arguments.repeat] * arguments.count)
    if arguments.ends == "until":
        end = datetime.combine(arguments.until, time(), UTC)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{arguments.zone}"
    yield from observance(begin, begin.astimezone(zone), zone)
    day = begin
    while day < end + timedelta(days=2):
        following = day + timedelta(days=1)
        if offset(day, zone) != offset(following, zone):
            yield from observance(change(day, following, zone), day.astimezone(zone), zone)
        day = following
    yield "END:VTIMEZONE"


def observance(begin: datetime, before: datetime, zone: ZoneInfo) -> Iterator[str]:
    after = begin.astimezone(zone)
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{begin.astimezone(UTC).replace(tzinfo=None) + (before.utcoffset() or timedelta()):{STAMP}}"
    yield f"TZOFFSETFROM:{before:%z}"
    yield f"TZOFFSETTO:{after:%z}"
    yield f"TZNAME:{after:%Z}"
    yield f"END:{kind}"


def offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the clocks were put forward or back."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if offset(middle, zone) == offset(before, zone):
            before = middle
        else:
            after = middle
    return after


def escaped(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return CONTROL.sub("", plain.replace("\n", "\\n"))


def folded(line: str) -> str:
    """The line cut into pieces of at most 75 octets, never within a character."""
    pieces, octets = [""], 0
    for character in line:
        width = len(character.encode())
        if octets + width > MOST_OCTETS:
            pieces.append(" ")
            octets = 1
        pieces[-1] += character
        octets += width
    return "\r\n".join(pieces)


if __name__ == "__main__":
    main()
