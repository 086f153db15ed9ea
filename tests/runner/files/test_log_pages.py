"""Pages of a log: what a terminal would show, older and newer without gaps, of logs of any size at constant memory."""

import os
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.files import LogFile, LogPage, LogPages, is_report
from runner.files.log_pages import LONGEST_LINE, MOST_CHARACTERS, MOST_LINES
from runner.files.log_pieces import CELL_BYTES

Opened = Callable[..., LogPages]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job-12.log"


@pytest.fixture
def opened(log: Path) -> Iterator[Opened]:
    """Writes a log and opens it."""
    handles: list[int] = []

    def open_it(content: bytes | None = None, *, word: str = "") -> LogPages:
        if content is not None:
            log.write_bytes(content)
        handles.append(os.open(log, os.O_RDONLY))
        return LogPages(LogFile(handles[-1]), word=word, hidden=is_report)

    yield open_it
    for handle in handles:
        os.close(handle)


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(1, count + 1))


def all_backward(pages: LogPages) -> list[LogPage]:
    found = [pages.last()]
    while found[-1].start:
        found.append(pages.before(found[-1].start))
    return found[::-1]


def test_last_page_comes_first_and_older_and_newer_ones_join_without_a_gap(opened: Opened) -> None:
    pages = opened(numbered(1000))

    last = pages.last()
    older = pages.before(last.start)
    newer = pages.following(older.end)

    assert last.lines == tuple(f"line {number}" for number in range(941, 1001))
    assert older.lines == tuple(f"line {number}" for number in range(881, 941))
    assert newer == last
    assert last.is_last
    assert not older.is_last


def test_first_page_is_the_beginning_and_what_is_less_than_a_page_is_the_last_one(opened: Opened) -> None:
    pages = opened(numbered(100))

    first = pages.following(0)

    assert first.lines[0] == "line 1"
    assert (first.start, len(first.lines)) == (0, MOST_LINES)
    assert pages.following(first.end) == pages.last()


def test_pages_stay_what_they_are_while_the_log_grows(opened: Opened, log: Path) -> None:
    before = opened(numbered(500))
    last = before.last()
    older = before.before(last.start)
    with log.open("ab") as file:
        file.write(b"more\n" * 1000)

    grown = opened()

    assert grown.before(last.start).lines == older.lines
    assert grown.following(last.end).lines == ("more",) * MOST_LINES
    assert not grown.before(last.end).is_last


def test_empty_log_is_an_empty_page(opened: Opened) -> None:
    assert opened(b"").last() == LogPage(lines=(), start=0, end=0, size_bytes=0)


def test_bar_that_was_redrawn_is_one_line_as_it_was_left(opened: Opened) -> None:
    bar = b"".join(b"\r%3d%%|%s| %d/30" % (n * 100 // 30, (b"#" * (n // 3)).ljust(10), n) for n in range(31))

    assert opened(b"before\n" + bar + b"\nafter\n").last().lines == ("before", "100%|##########| 30/30", "after")


def test_bar_that_was_redrawn_for_a_day_is_one_line(opened: Opened) -> None:
    bar = b"".join(b"\r%8d of 100000 [00:01<00:02, 31.4 it/s] |=======   |" % n for n in range(100_001))
    assert len(bar) > 80 * CELL_BYTES

    page = opened(b"before\n" + bar + b"\nafter\n").last()

    assert page.lines == ("before", "  100000 of 100000 [00:01<00:02, 31.4 it/s] |=======   |", "after")


def test_bars_below_each_other_are_as_many_lines_as_bars(opened: Opened) -> None:
    redrawn = b"".join(b"outer %d\n\rinner %d\x1b[A\r" % (n, n) for n in range(1, 2001))

    assert opened(b"before\n" + redrawn + b"\n\nafter\n").last().lines == (
        "before",
        "outer 2000",
        "inner 2000",
        "after",
    )


def test_colours_are_left_out_and_bytes_that_are_no_text_are_shown_as_such(opened: Opened) -> None:
    page = opened(b"\x1b[31mred\x1b[0m \xff\xfe caf\xc3\xa9 \xe2\x80\xae<&>\n").last()

    assert page.lines == ("red \\xff\\xfe café \\u202e<&>",)


def test_long_line_is_clipped_and_says_how_much_is_missing(opened: Opened) -> None:
    page = opened(b"x" * 2000 + b"\nnext\n").last()

    assert page.lines == (f"{'x' * LONGEST_LINE}… (1,500 more characters)", "next")


def test_long_line_is_shown_where_the_word_is(opened: Opened) -> None:
    page = opened(b"x" * 20_000 + b" Error here " + b"y" * 20_000 + b"\n", word="error").last()

    assert " Error here " in page.lines[0]
    assert page.lines[0].startswith("(19,901 characters) …")


def test_lines_that_report_progress_are_left_out(opened: Opened) -> None:
    report = b'{"scriptrunner": 1, "progress": 5}\r\n'

    assert opened(b"one\n" + report * 5000 + b"50%\ntwo\n").last().lines == ("one", "two")


def test_log_of_nothing_but_reports_is_gone_through_in_bounded_pages(opened: Opened) -> None:
    pages = opened(b'{"scriptrunner": 1, "progress": 5}\n' * 50_000)

    found = all_backward(pages)

    assert {page.lines for page in found} == {()}
    assert 2 <= len(found) <= 4


HOSTILE = {
    "no line feed": b"x" * 1_000_000,
    "zeros": bytes(300_000),
    "empty lines": b"\n" * 20_000,
    "line feeds of other kinds": b"a\x0b" * 70_000,
    "emoji": "😀".encode() * 100_000,
    "emoji in lines": ("😀" * 600 + "\n").encode() * 100,
    "escapes": b"\x1b[500C\x01\n" * 5_000,
    "up and up": b"\n\x1b[A" * 50_000,
    "only redraws": b"\r" * 300_000,
    "noise": random.Random(5).randbytes(200_000),  # noqa: S311
}


def test_page_takes_no_more_than_a_quarter_of_a_mebibyte_of_one_line(opened: Opened) -> None:
    pages = opened(b"x" * 1_000_000)

    assert all(page.end - page.start <= 262_144 + 2 * CELL_BYTES for page in all_backward(pages))


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_every_page_is_bounded_and_all_of_them_are_the_whole_log(opened: Opened, content: bytes) -> None:
    pages = opened(content)

    found = all_backward(pages)

    assert [page.start for page in found[1:]] == [page.end for page in found[:-1]]
    assert (found[0].start, found[-1].end) == (0, len(content))
    for page in found:
        assert len(page.lines) <= MOST_LINES
        assert sum(map(len, page.lines)) <= MOST_CHARACTERS + 100


@pytest.mark.parametrize("seed", range(20), indirect=True)
def test_pieces_are_the_same_read_backward_as_forward(opened: Opened, log: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    parts = [
        chance.choice(["é", "😀", "x", "\r"]).encode() * chance.randrange(1, 60_000) + b"\n" * chance.randrange(2)
        for _ in range(12)
    ]
    opened(b"".join(parts))
    with log.open("rb") as file:
        pieces = LogFile(file.fileno())
        forward = list(pieces.following(0))

        assert list(pieces.before(pieces.size_bytes))[::-1] == forward
        assert b"".join(piece.content for piece in forward) == b"".join(parts)
        assert max(len(piece.content) for piece in forward) <= 2 * CELL_BYTES
        for piece in forward:
            piece.content.decode()
            assert pieces.holding(piece.start) == pieces.holding(piece.end - 1) == piece


@pytest.mark.parametrize("offset", [-5, 0, 3, 10**18])
def test_offset_that_is_none_of_ours_is_taken_as_near_as_can_be(opened: Opened, offset: int) -> None:
    pages = opened(b"one\ntwo\n")

    assert set(pages.before(offset).lines) <= {"one", "two"}
    assert pages.following(offset).lines in {("one", "two"), ("two",)}


GIBIBYTE = 1024**3


def test_log_of_five_gigabytes_is_read_at_constant_memory(opened: Opened, log: Path) -> None:
    with log.open("wb") as file:
        file.write(numbered(1000))
        file.seek(5 * GIBIBYTE)
        file.write(b"\n" + numbered(1000))
    tracemalloc.start()
    try:
        pages = opened()
        last = pages.last()
        middle = pages.before(5 * GIBIBYTE // 2)
        first = pages.following(0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert last.lines[-1] == "line 1000"
    assert first.lines[0] == "line 1"
    assert middle.end == 5 * GIBIBYTE // 2
    assert peak < 32_000_000
