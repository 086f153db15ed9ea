"""logs/access_log.py against counts made in other ways, and against logs that are none."""

import gzip
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from runner.scripts import Catalogue, ChoiceLists
from runner.scripts.parameters import Choice
from tests.support.scripts.sampled import ALICE, LOG, ODD_NAMES, SCRIPTS, WEATHER, Run, refused, succeeded

NAME = "logs/access_log.py"
LINES = LOG.read_text().splitlines(keepends=True)
EVERYTHING = f"{len(LINES)} of {len(LINES)} requests found\n"


def moment(line: str) -> datetime:
    """When a line was written, read by another way than the script does."""
    return datetime.strptime(re.findall(r"\[(.*?)\]", line)[0], "%d/%b/%Y:%H:%M:%S %z")


def address(line: str) -> str:
    return line.partition(" ")[0]


def path(line: str) -> str:
    return str(re.findall(r'"[A-Z]+ (.*) HTTP/', line)[0])


def status(line: str) -> str:
    return str(re.findall(r'" ([0-9]{3}) ', line)[-1])


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ([], lambda _: True),
        (["--since=2026-03-03T00:00Z"], lambda line: moment(line).isoformat() >= "2026-03-03T00:00:00+00:00"),
        (["--until=2026-03-02T12:00Z"], lambda line: moment(line).isoformat() < "2026-03-02T12:00:00+00:00"),
        (["--since=2026-03-03T01:30+02:00", "--until=2026-03-03T03:31+02:00"],
         lambda line: "2026-03-02T23:30" <= moment(line).isoformat() < "2026-03-03T01:31"),
        (["--from-time=22:00", "--to-time=06:00"], lambda line: not 6 <= moment(line).hour < 22),
        (["--from-time=09:00", "--to-time=17:00"], lambda line: 9 <= moment(line).hour < 17),
        (["--ip=203.0.113.99"], lambda line: line.startswith("203.0.113.99 ")),
        (["--ip=192.0.2.11", "--ip=2001:db8::1f"], lambda line: address(line) in ("192.0.2.11", "2001:db8::1f")),
        (["--ip=2001:0DB8:0:0::1F"], lambda line: address(line) == "2001:db8::1f"),
        (["--not-ip=203.0.113.99"], lambda line: address(line) != "203.0.113.99"),
        (["--user=maria"], lambda line: " - maria [" in line),
        (["--method=POST,PUT"], lambda line: '"POST ' in line),
        (["--status", "404", "--status", "403"], lambda line: status(line) in ("404", "403")),
        (["--path", "/docs/"], lambda line: path(line).startswith("/docs/")),
        (["--path", "/prices?m"], lambda line: path(line).startswith("/prices?m")),
        (["--user=tom", "--path", "/reports/", "--status", "200"],
         lambda line: " - tom [" in line and path(line).startswith("/reports/") and status(line) == "200"),
    ],
)  # fmt: skip
def test_the_lines_that_fit_are_copied_as_they_stand(
    arguments: list[str], fits: Callable[[str], bool], run: Run, outbox: Path
) -> None:
    log = succeeded(run(NAME, *arguments, LOG, outbox / "found.log"))

    expected = [line for line in LINES if fits(line)]
    assert expected
    assert (outbox / "found.log").read_text() == "".join(expected)
    assert log == f"{len(expected)} of {len(LINES)} requests found\n"


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ("path", lambda line: path(line).split("?")[0]),
        ("address", address),
        ("user", lambda line: line.split()[2]),
        ("status", status),
        ("hour", lambda line: moment(line).strftime("%Y-%m-%d %H:00")),
        ("day", lambda line: moment(line).strftime("%Y-%m-%d")),
    ],
)
def test_a_table_counts_what_was_found(what: str, key: Callable[[str], str], run: Run, outbox: Path) -> None:
    succeeded(run(NAME, f"--count-by={what}", "--top=100000", f"--table={outbox}/t.tsv", LOG, outbox / "found.log"))

    header, *rows = [row.split("\t") for row in (outbox / "t.tsv").read_text().splitlines()]
    assert header == [what, "requests", "percent"]
    assert {row[0]: int(row[1]) for row in rows} == Counter(key(line) for line in LINES)
    assert sum(float(row[2]) for row in rows) == pytest.approx(100, abs=1)
    in_time = sorted(rows)
    by_count = sorted(rows, key=lambda row: (-int(row[1]), row[0]))
    assert rows == (in_time if what in {"hour", "day"} else by_count)


def test_a_table_ends_after_the_most_frequent_rows(run: Run, outbox: Path) -> None:
    succeeded(run(NAME, "--count-by=hour", "--top=2", f"--table={outbox}/t.tsv", LOG, outbox / "found.log"))

    counts = Counter(moment(line).strftime("%Y-%m-%d %H:00") for line in LINES)
    top = sorted(counts, key=lambda hour: (-counts[hour], hour))[:2]
    assert [row.split("\t")[0] for row in (outbox / "t.tsv").read_text().splitlines()[1:]] == sorted(top)


def test_no_table_is_made_where_none_is_wanted(run: Run, outbox: Path) -> None:
    succeeded(run(NAME, "--count-by=none", LOG, outbox / "found.log"))

    assert [file.name for file in outbox.iterdir()] == ["found.log"]


@pytest.mark.parametrize("odd_name", ODD_NAMES)
def test_a_packed_log_of_any_name_is_read(odd_name: str, run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    source = file(gzip.compress(LOG.read_bytes()), odd_name)

    assert succeeded(run(NAME, "--", source, outbox / odd_name)) == EVERYTHING
    assert (outbox / odd_name).read_bytes() == LOG.read_bytes()


def test_the_common_format_names_and_strange_bytes_are_read(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    lines = [
        b'host.example.com ident "two words" [31/Dec/2025:23:59:60 -0330] "GET /caf\xc3\xa9 HTTP/1.1" 200 -\r\n',
        b'host.example.com - - [01/Jan/2026:00:00:00 +0000] "\\x16\\x03\\"\xff" 400 0',
        b'192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "-" 408 0\n',
    ]
    source = file(b"\n".join([lines[0].rstrip(b"\n"), lines[1], lines[2]]))

    log = succeeded(run(NAME, "--count-by=address", f"--table={outbox}/t", source, outbox / "found", locale="C"))

    assert log == "3 of 3 requests found\n"
    assert (outbox / "found").read_bytes() == source.read_bytes()
    assert "host.example.com\t2\t66.67\n" in (outbox / "t").read_text()
    assert succeeded(run(NAME, "--path", "/café", source, outbox / "found")).startswith("1 of 3")
    assert succeeded(run(NAME, '--user="two words"', source, outbox / "found")).startswith("1 of 3")


def test_lines_that_are_no_requests_are_left_out_and_told(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    broken = [
        "no request\n",
        LINES[0].replace("Mar", "Mrz"),
        LINES[0].replace("02/Mar", "31/Feb"),
        LINES[0].replace('"GET', "GET"),
    ]
    process = run(NAME, file(LINES[0] + "".join(broken) + LINES[1]), outbox / "found")

    assert (process.returncode, process.stdout) == (0, "2 of 2 requests found\n")
    assert process.stderr == "4 lines were not understood and left out, first line 2\n"


def test_an_empty_log_has_no_requests(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    assert succeeded(run(NAME, file(""), outbox / "found")) == "0 of 0 requests found\n"


@pytest.mark.parametrize("source", [ALICE, WEATHER, SCRIPTS / NAME])
def test_what_is_no_log_is_refused(source: Path, run: Run, outbox: Path) -> None:
    assert "the input is not an access log" in refused(run(NAME, source, outbox / "found"))


@pytest.mark.parametrize("damage", [lambda packed: packed[:-20], lambda packed: packed[:50] + b"x" * 50 + packed[100:]])
def test_a_damaged_packed_log_is_refused(
    damage: Callable[[bytes], bytes], run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    source = file(damage(gzip.compress(LOG.read_bytes())), "a.gz")

    assert "not a whole gzip file" in refused(run(NAME, source, outbox / "found"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: "),
        ([LOG], "usage: "),
        (["--since=yesterday", LOG, "found"], "--since"),
        (["--since=2026-03-02T10:00", LOG, "found"], "--since"),
        (["--ip=300.1.1.1", LOG, "found"], "--ip"),
        (["--from-time=10:00", LOG, "found"], "--from-time and --to-time go together"),
        (["--count-by=colour", LOG, "found"], "--count-by"),
        (["--count-by=path", LOG, "found"], "--count-by needs --table"),
        (["--use=maria", LOG, "found"], "usage: "),
        ([LOG, "no/such/folder"], "No such file or directory"),
        (["missing.log", "found"], "No such file or directory"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str | Path], message: str, run: Run, outbox: Path) -> None:
    assert message in refused(run(NAME, *arguments))
    assert list(outbox.iterdir()) == []


def test_the_form_offers_statuses_with_their_names() -> None:
    script = Catalogue(SCRIPTS).script(NAME)
    parameter = next(each for each in script.parameters if each.name == "status")
    assert isinstance(parameter, Choice)

    listed = ChoiceLists(environment=["PATH"]).listed(script, parameter, {})

    labels = {each.value: each.label for each in listed}
    assert labels["404"] == "404 Not Found"
    assert {status(line) for line in LINES} <= labels.keys()
