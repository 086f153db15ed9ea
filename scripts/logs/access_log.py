#!/usr/bin/env python3
##~~ {title: Requests in an access log, group: Web server, timeout: 2h, cpus: 1, memory: 500M, share: none,
##~~   description: "Picks requests out of a web server's access log, and counts them",
##~~   notify: {channel: '#big-machine', on: [failed]},
##~~   owner: Web team, docs: 'https://httpd.apache.org/docs/2.4/logs.html#accesslog',
##~~   examples: {
##~~     Who looks for open doors: {status: ['403', '404'], count_by: path, top: '10'},
##~~     Nights by the hour: {from_time: '22:00', to_time: '06:00', count_by: hour},
##~~     Orders of one person: {user: maria, path: /api/orders, count_by: none}}}
##~~ input {type: input, label: Log, accept: [.log, .txt, .gz], max_size: 10G} - in the common or combined log format of
##~~   Apache and nginx, as it is or packed with gzip
##~~ output {type: output, label: Requests found, default: requests.log} - their lines, just as they stand in the log
##~~ since {type: datetime, flag: --since, label: From, required: false, section: When} - empty: from the beginning
##~~ until {type: datetime, flag: --until, label: Until, required: false} - not included; empty: to the end
##~~ from_time {type: time, flag: --from-time, label: From this time of day, required: false, needs: to_time} - each
##~~   day, by the server's clock
##~~ to_time {type: time, flag: --to-time, label: To this time of day, required: false, needs: from_time} - not
##~~   included; from 22:00 to 06:00 goes over midnight
##~~ ip {type: ip, flag: --ip, label: Addresses, multiple: true, required: false, conflicts: not_ip,
##~~   placeholder: 192.0.2.7, section: Which requests} - only what came from these
##~~ not_ip {type: ip, flag: --not-ip, label: Other addresses, multiple: true, required: false, conflicts: ip,
##~~   placeholder: '2001:db8::7'} - all but what came from these
##~~ user {type: text, flag: --user, label: Logged in as, required: false, placeholder: maria} - by the name given there
##~~ method {type: choice, flag: --method, label: Methods, multiple: true, separator: ',', required: false,
##~~   choices: [GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS]} - none ticked: all of them
##~~ status {type: choice, flag: --status, flag_style: separate, label: Statuses, multiple: true, required: false,
##~~   choices_from: {file: ./.http-statuses}} - none chosen: all of them
##~~ path {type: text, flag: --path, flag_style: separate, label: Path begins with, required: false, pattern: '/.*',
##~~   pattern_hint: a path that begins with a slash, suggestions: [/api/, /docs/, /reports/]} - as it was asked for
##~~ count_by {type: choice, flag: --count-by, label: Count by, default: none, section: A table of counts,
##~~   choices: {none: No table, path: Path, address: Address, user: User, status: Status, hour: Hour, day: Day}} - one
##~~   row for each
##~~ top {type: integer, flag: --top, label: Rows, min: 1, max: 100000, default: 100,
##~~   when: {count_by: [path, address, user, status, hour, day]}} - the most frequent ones
##~~ table {type: output, flag: --table, label: Table, default: counts.tsv,
##~~   when: {count_by: [path, address, user, status, hour, day]}} - tab-separated: what, how often, and its share
"""Copies the requests of an access log that fit, and counts them by what they have in common."""

import argparse
import gzip
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO, NamedTuple

# host, identity, user, moment, request line, status, size; then whatever the format adds
LINE = re.compile(rb'(\S+) \S+ (.+?) \[([^]]{26})\] "((?:[^"\\]|\\.)*+)" ([0-9]{3}) (?:[0-9]+|-)(?: .*)?', re.DOTALL)
MOMENT = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.ASCII)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Request(NamedTuple):
    """One line of the log."""

    address: str
    user: str
    at: datetime
    method: str
    path: str
    status: str


KEYS: dict[str, Callable[[Request], str]] = {
    "path": lambda request: request.path.partition("?")[0],
    "address": lambda request: request.address,
    "user": lambda request: request.user,
    "status": lambda request: request.status,
    "hour": lambda request: request.at.strftime("%Y-%m-%d %H:00"),
    "day": lambda request: request.at.strftime("%Y-%m-%d"),
}


def main() -> None:
    arguments = read_arguments()
    if arguments.table is None and arguments.count_by != "none":
        raise SystemExit("--count-by needs --table, the file for the counts")
    try:
        with opened(arguments.input) as lines, arguments.output.open("wb") as result:
            counts = pick(lines, result, arguments)
        if arguments.table is not None and arguments.count_by != "none":
            write_table(arguments.table, counts, arguments.count_by, arguments.top)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SystemExit(f"the input is not a whole gzip file: {error}") from None
    except OSError as error:
        raise SystemExit(f"a file cannot be read or written: {error}") from None


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--since", type=moment)
    parser.add_argument("--until", type=moment)
    parser.add_argument("--from-time", type=time_of_day)
    parser.add_argument("--to-time", type=time_of_day)
    parser.add_argument("--ip", type=address, action="append", default=[])
    parser.add_argument("--not-ip", type=address, action="append", default=[])
    parser.add_argument("--user")
    parser.add_argument("--method", type=lambda text: text.split(","))
    parser.add_argument("--status", action="append")
    parser.add_argument("--path", default="")
    parser.add_argument("--count-by", choices=["none", *KEYS], default="none")
    parser.add_argument("--top", type=int, default=100)
    parser.add_argument("--table", type=Path)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    if (arguments.from_time is None) != (arguments.to_time is None):
        parser.error("--from-time and --to-time go together")
    return arguments


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def time_of_day(text: str) -> time:
    return time.fromisoformat(text)


def address(text: str) -> str:
    return str(ip_address(text))


def opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_packed else path.open("rb")  # type: ignore[return-value]


def pick(lines: BinaryIO, result: BinaryIO, arguments: argparse.Namespace) -> Counter[str]:
    """Copy the lines that fit; how many there are of each key."""
    key = KEYS.get(arguments.count_by, lambda _: "")
    counts: Counter[str] = Counter()
    understood = 0
    strange: list[int] = []
    for number, line in enumerate(lines, start=1):
        request = parsed(line.rstrip(b"\r\n"))
        if request is None:
            strange.append(number)
            continue
        understood += 1
        if fits(request, arguments):
            result.write(line)
            counts[key(request)] += 1
    if strange and not understood:
        raise SystemExit("the input is not an access log: no line is in the common or the combined log format")
    print(f"{counts.total()} of {understood} requests found")
    if strange:
        print(f"{len(strange)} lines were not understood and left out, first line {strange[0]}", file=sys.stderr)
    return counts


def parsed(line: bytes) -> Request | None:
    found = LINE.fullmatch(line)
    at = found and logged_moment(found[3].decode("ascii", "replace"))
    if not (found and at):
        return None
    host, user, request = (found[group].decode("utf-8", "backslashreplace") for group in (1, 2, 4))
    method, _, rest = request.partition(" ")
    return Request(canonical(host), user, at, method, rest.rpartition(" ")[0] or rest, found[5].decode())


def logged_moment(text: str) -> datetime | None:
    found = MOMENT.fullmatch(text)
    if not found:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    try:
        offset = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == "-" else 1)
        return datetime(year, MONTHS.index(found[2]) + 1, day, hour, minute, min(second, 59), tzinfo=timezone(offset))
    except ValueError:
        return None


def canonical(host: str) -> str:
    """The address in its one form; a server may log a name instead."""
    try:
        return address(host)
    except ValueError:
        return host


def fits(request: Request, wanted: argparse.Namespace) -> bool:
    return (
        (wanted.since is None or request.at >= wanted.since)
        and (wanted.until is None or request.at < wanted.until)
        and (wanted.from_time is None or is_between(request.at.time(), wanted.from_time, wanted.to_time))
        and (not wanted.ip or request.address in wanted.ip)
        and request.address not in wanted.not_ip
        and (wanted.user is None or request.user == wanted.user)
        and (wanted.method is None or request.method in wanted.method)
        and (wanted.status is None or request.status in wanted.status)
        and request.path.startswith(wanted.path)
    )


def is_between(at: time, begin: time, end: time) -> bool:
    return begin <= at < end if begin <= end else at >= begin or at < end


def write_table(path: Path, counts: Counter[str], what: str, top: int) -> None:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:top]
    if what in {"hour", "day"}:
        rows.sort()
    with path.open("w", encoding="utf-8", newline="\n") as table:
        table.write(f"{what}\trequests\tpercent\n")
        table.writelines(f"{clean(key)}\t{count}\t{100 * count / counts.total():.2f}\n" for key, count in rows)


def clean(text: str) -> str:
    """A key as a cell: what a client sent may hold tabs."""
    return text.replace("\t", "\\t")


if __name__ == "__main__":
    main()
