"""Looking for a word in a log: found wherever it is shown, in either direction, and gone on with after a pause."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.files import LogFile, LogPages, is_report, search_log
from runner.files.log_pieces import CELL_BYTES
from runner.files.log_search import LogMatch

MEBIBYTE = 1024**2
LINE = b"nothing to be seen here\n"


class Reading:
    """An open log in which words are looked for."""

    def __init__(self, path: Path) -> None:
        self.handle = os.open(path, os.O_RDONLY)
        self.log = LogFile(self.handle)

    def find(
        self, word: str, origin: int | None = None, *, is_backward: bool = True, is_late: bool = False
    ) -> LogMatch:
        pages = LogPages(self.log, word=word, hidden=is_report)
        where = (self.log.size_bytes if is_backward else 0) if origin is None else origin
        return search_log(self.log, pages, word, origin=where, is_backward=is_backward, is_late=lambda: is_late)

    def every(self, word: str, *, is_backward: bool = True) -> list[bytes]:
        """All lines with it, one after the other."""
        found, origin = [], None
        while (piece := self.find(word, origin, is_backward=is_backward).piece) is not None:
            found.append(piece.content)
            origin = piece.start if is_backward else piece.end
        return found


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[[bytes], Reading]]:
    made: list[Reading] = []

    def write(content: bytes) -> Reading:
        path = tmp_path / "job-12.log"
        path.write_bytes(content)
        made.append(Reading(path))
        return made[-1]

    yield write
    for each in made:
        os.close(each.handle)


@pytest.mark.parametrize("is_backward", [True, False])
def test_every_line_with_the_word_is_found_once_whatever_its_case(
    written: Callable[[bytes], Reading], is_backward: bool
) -> None:
    log = written(b"Error 1\n" + LINE * 60_000 + b"an ERROR, an error 2\n" + LINE * 60_000 + b"no\nerror 3")

    found = log.every("error", is_backward=is_backward)

    expected = [b"Error 1\n", b"an ERROR, an error 2\n", b"error 3"]
    assert found == (expected[::-1] if is_backward else expected)


@pytest.mark.parametrize("is_backward", [True, False])
def test_word_is_found_where_two_blocks_meet(written: Callable[[bytes], Reading], is_backward: bool) -> None:
    for shift in range(-5, 6):
        before = b"x" * 99 + b"\n"
        content = before * ((MEBIBYTE + shift) // 100) + b"y" * ((MEBIBYTE + shift) % 100)
        after = b"\n" + b"z" * (MEBIBYTE - 5)

        assert len(written(content + b"error" + after).every("error", is_backward=is_backward)) == 1


@pytest.mark.parametrize("is_backward", [True, False])
def test_word_that_is_not_there_is_told_once_all_was_searched(
    written: Callable[[bytes], Reading], is_backward: bool
) -> None:
    log = written(LINE * 100_000)

    assert log.find("error", is_backward=is_backward) == LogMatch(
        reached=0 if is_backward else log.log.size_bytes, is_over=True
    )
    assert written(b"").find("error", is_backward=is_backward).is_over


@pytest.mark.parametrize("is_backward", [True, False])
def test_search_whose_time_is_over_goes_on_where_it_stopped(
    written: Callable[[bytes], Reading], is_backward: bool
) -> None:
    log = written(LINE * 100_000 + b"error\n" + LINE * 100_000)
    presses, origin = 0, None
    while not (found := log.find("error", origin, is_backward=is_backward, is_late=True)).is_over:
        presses, origin = presses + 1, found.reached

    assert found.piece
    assert found.piece.content == b"error\n"
    assert presses == 2


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("Fehler: STRASSENBAHN FÄHRT NICHT", "fährt"),
        ("ошибка", "ОШИБКА"),
        ("Ünder", "ünder"),
        ("\x1b[31mERROR\x1b[0m: red", "error: red"),
        ("caf\\xe9", "\\xe9"),
    ],
)
def test_word_is_found_as_it_is_shown(written: Callable[[bytes], Reading], content: str, word: str) -> None:
    log = written(LINE + content.encode() + b"\n" + LINE)

    if "\x1b" in content:
        assert log.find("error").piece, "what stands between colours is found word by word"
    else:
        assert log.find(word).piece


@pytest.mark.parametrize("is_backward", [True, False])
@pytest.mark.parametrize(
    "unseen",
    [
        b'{"scriptrunner": 1, "status": "error"}\n' * 1000,
        b"\rerror" * 1000 + b"\rfine  \n",
        (b"\rerror " * (CELL_BYTES // 7) * 3) + b"\rfine  \n",
        b"\x1b]0;error\x07title\n",
    ],
    ids=["reports", "redrawn", "redrawn for long", "a title"],
)
def test_word_that_nobody_sees_is_not_found(
    written: Callable[[bytes], Reading], unseen: bytes, is_backward: bool
) -> None:
    assert written(LINE + unseen + LINE).find("error", is_backward=is_backward).is_over
    assert written(LINE + unseen + LINE).find("error", is_backward=is_backward).piece is None


@pytest.mark.parametrize("is_backward", [True, False])
def test_page_around_what_was_found_shows_it_and_goes_on_beyond_the_one_before(
    written: Callable[[bytes], Reading], is_backward: bool
) -> None:
    lines = [b"error %d\n" % number if number % 50 == 0 else LINE for number in range(3000)]
    log = written(b"".join(lines))
    pages = LogPages(log.log, word="error", hidden=is_report)
    page = pages.last() if is_backward else pages.following(0)
    seen = [line for line in page.lines if "error" in line]
    while (
        piece := log.find("error", page.start if is_backward else page.end, is_backward=is_backward).piece
    ) is not None:
        page = pages.around(piece, is_backward=is_backward)
        assert piece.content.decode().strip() in page.lines
        seen.extend(line for line in page.lines if "error" in line)

    assert set(seen) == {f"error {number}" for number in range(0, 3000, 50)}
    assert len(seen) <= 62
