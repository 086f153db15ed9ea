"""Pages of a log of any size, as a terminal would have left them, at constant memory.

A page is named by the offset where it begins or ends, so what is older or newer stays that while the log grows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from runner.files.log_pieces import LogFile, Piece
from runner.system.terminal import rendered
from runner.system.text import visible_lines

MOST_LINES = 60
MOST_CHARACTERS = 8_000
LONGEST_LINE = 500
"""Characters of one line that are shown, besides the note about the rest."""

_BEFORE_WORD = 100  # characters that lead to a word in a long line
_FIRST_LOOK_BYTES = 16_384
_MOST_RENDERED_BYTES = 262_144
_MOST_READ_BYTES = 8_388_608  # of what is not shown, too
_MOST_PIECES = 20_000
_NEAR = 3  # lines
_NEAR_BYTES = 65_536

Hidden = Callable[[bytes], bool]
"""Whether a line, without its end, is not to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines to be shown, and the offsets in bytes of where they begin and end in a log that was so long."""

    lines: tuple[str, ...]
    start: int
    end: int
    size_bytes: int

    @property
    def is_last(self) -> bool:
        """Whether nothing newer was there."""
        return self.end == self.size_bytes


class LogPages:
    """The pages of a log, without lines that are ``hidden`` and what was overwritten in very long ones.

    Lines that hold the ``word`` are shown where that is, however long they are.
    """

    def __init__(self, log: LogFile, *, word: str = "", hidden: Hidden = lambda _: False) -> None:
        self._log = log
        self._word = word.lower()
        self._hidden = hidden

    def last(self) -> LogPage:
        """The end of the log."""
        return self.before(self._log.size_bytes)

    def before(self, end: int) -> LogPage:
        """As much as a page takes before an offset."""
        end = max(0, min(end, self._log.size_bytes))
        taken, start = self._fitting(self._log.before(end), end, is_backward=True)
        return self._page(taken, start=start, end=end)

    def following(self, start: int) -> LogPage:
        """As much as a page takes from an offset on; the last page where that is less."""
        start = max(0, min(start, self._log.size_bytes))
        taken, end = self._fitting(self._log.following(start), start, is_backward=False)
        if end == self._log.size_bytes and start > 0:
            return self.last()
        return self._page(taken, start=start, end=end)

    def around(self, piece: Piece, *, is_backward: bool) -> LogPage:
        """A page with that piece near its end, or near its beginning, and a few lines beyond it."""
        ways = self._log.following(piece.end) if is_backward else self._log.before(piece.start)
        edge, length = (piece.end if is_backward else piece.start), 0
        for number, near in enumerate(ways):
            length += len(near.content)
            if number == _NEAR or length > _NEAR_BYTES:
                break
            edge = near.end if is_backward else near.start
        return self.before(edge) if is_backward else self.following(edge)

    def shows(self, piece: Piece) -> bool:
        """Whether a piece is shown at all."""
        if piece.is_whole:
            return not self._hidden(piece.content.rstrip(b"\r\n"))
        successor = next(self._log.following(piece.end), None)
        return successor is None or b"\r" not in successor.content.rstrip(b"\r\n")

    def lines(self, pieces: Iterable[Piece]) -> list[str]:
        """What is seen of pieces that follow each other."""
        text = b"".join(piece.content for piece in pieces).decode(errors="backslashreplace")
        left = rendered(text)
        return [self._line(visible_lines(line)) for line in left.removesuffix("\n").split("\n")] if left else []

    def _line(self, line: str) -> str:
        if len(line) <= LONGEST_LINE:
            return line
        at = line.lower().find(self._word) if self._word else 0
        start = max(0, min(at - _BEFORE_WORD, len(line) - LONGEST_LINE)) if at > LONGEST_LINE - _BEFORE_WORD else 0
        end = start + LONGEST_LINE
        before = f"({start:,} characters) …" if start else ""
        after = f"… ({len(line) - end:,} more characters)" if end < len(line) else ""
        return f"{before}{line[start:end]}{after}"

    def _fitting(self, pieces: Iterable[Piece], origin: int, *, is_backward: bool) -> tuple[list[Piece], int]:
        """As many of the pieces as fit on a page, in their order in the log, and how far they reach."""
        taken: list[Piece] = []
        reached, read, rendered_bytes = origin, 0, 0
        next_look, next_bytes = MOST_LINES, _FIRST_LOOK_BYTES

        def fits(count: int) -> bool:
            lines = self.lines(taken[:count][::-1] if is_backward else taken[:count])
            return len(lines) <= MOST_LINES and sum(map(len, lines)) <= MOST_CHARACTERS

        for number, piece in enumerate(pieces):
            read += len(piece.content)
            if number and (number == _MOST_PIECES or read > _MOST_READ_BYTES):
                break
            reached = piece.start if is_backward else piece.end
            if not self.shows(piece):
                continue
            taken.append(piece)
            rendered_bytes += len(piece.content)
            if len(taken) >= next_look or rendered_bytes >= next_bytes:
                if not fits(len(taken)) or rendered_bytes >= _MOST_RENDERED_BYTES:
                    break
                next_look, next_bytes = 2 * len(taken), min(2 * rendered_bytes, _MOST_RENDERED_BYTES)
        counts = range(1, len(taken) + 1)
        count = max(bisect_left(counts, 1, key=lambda count: 0 if fits(count) else 1), min(1, len(taken)))
        if count < len(taken):
            reached = taken[count - 1].start if is_backward else taken[count - 1].end
        return taken[:count][::-1] if is_backward else taken[:count], reached

    def _page(self, taken: Sequence[Piece], *, start: int, end: int) -> LogPage:
        return LogPage(lines=_bounded(self.lines(taken)), start=start, end=end, size_bytes=self._log.size_bytes)


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    """The last of the lines, where even one piece is more of them than a page takes."""
    lengths = list(accumulate(map(len, reversed(lines))))
    count = max(1, bisect_right(lengths, MOST_CHARACTERS))
    return tuple(lines[-min(MOST_LINES, count) :])
