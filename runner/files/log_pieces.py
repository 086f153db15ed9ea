"""A log of any size in pieces of bounded length: its lines, of which long ones are cut at places that never move."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

CELL_BYTES = 32_768
"""No line up to that is cut, and no piece is more than twice as long."""
_CELLS_KEPT = 4
_CONTINUATIONS = range(0x80, 0xC0)  # the bytes of a character after its first, RFC 3629
_MOST_CONTINUATIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A line with its line feed, or a part of one that is very long; ``start`` is the offset in bytes."""

    start: int
    content: bytes

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.start + len(self.content)

    @property
    def is_whole(self) -> bool:
        """Whether its line ends with it."""
        return self.content.endswith(b"\n")


class LogFile:
    """The pieces of an open log, up to the length that it had when this was made; what is added later is not seen.

    A line is cut at multiples of CELL_BYTES, but before a character that would be cut, where there was no line feed in
    as many bytes before: so whoever reads backward finds the pieces of whoever reads forward.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.size_bytes = os.fstat(handle).st_size
        self._cells: dict[int, bytes] = {}

    def before(self, end: int) -> Iterator[Piece]:
        """The pieces before an offset, the last first."""
        while (piece := self._last_before(end)) is not None:
            yield piece
            end = piece.start

    def following(self, start: int) -> Iterator[Piece]:
        """The pieces from an offset on."""
        while (piece := self._first_from(start)) is not None:
            yield piece
            start = piece.end

    def holding(self, offset: int) -> Piece:
        """The piece that the byte at an offset belongs to; an empty one where there is no such byte."""
        start = self._start_before(offset + 1)
        return self._first_from(start) or Piece(start=start, content=b"")

    def _first_from(self, start: int) -> Piece | None:
        found, number = b"", start // CELL_BYTES
        while cell := self._cell(number)[max(0, start - number * CELL_BYTES) :]:
            if end := cell.find(b"\n") + 1:
                return Piece(start=start, content=found + cell[:end])
            found, number = found + cell, number + 1
            cut = self._cut(number)
            if cut is not None and cut > start:
                return Piece(start=start, content=found[: cut - start])
        return Piece(start=start, content=found) if found else None

    def _last_before(self, end: int) -> Piece | None:
        if end <= 0:
            return None
        start = self._start_before(end)
        first, last = start // CELL_BYTES, (end - 1) // CELL_BYTES
        found = b"".join(self._cell(number) for number in range(first, last + 1))
        return Piece(start=start, content=found[start - first * CELL_BYTES : end - first * CELL_BYTES])

    def _start_before(self, end: int) -> int:
        number = (end - 1 + _MOST_CONTINUATIONS) // CELL_BYTES
        searched = end - 1  # the line feed right before the end is that of the piece itself
        while number >= 0:
            low = number * CELL_BYTES
            if after := self._cell(number).rfind(b"\n", 0, max(0, searched - low)) + 1:
                return low + after
            cut = self._cut(number)
            if cut is not None and cut < end:
                return cut
            number, searched = number - 1, min(searched, low)
        return 0

    def _cut(self, number: int) -> int | None:
        """Where a line is cut that began long before that cell; None where there is none such."""
        if number <= 0 or b"\n" in self._cell(number - 1):
            return None
        at = number * CELL_BYTES
        if at >= self.size_bytes:
            return at
        around = self._cell(number - 1)[-_MOST_CONTINUATIONS:] + self._cell(number)[:1]
        for back in range(_MOST_CONTINUATIONS + 1):
            if back < len(around) and around[-1 - back] not in _CONTINUATIONS:
                return at - back
        return at

    def _cell(self, number: int) -> bytes:
        cell = self._cells.get(number)
        if cell is None:
            start = number * CELL_BYTES
            length = max(0, min(CELL_BYTES, self.size_bytes - start))
            if len(self._cells) == _CELLS_KEPT:
                del self._cells[next(iter(self._cells))]
            self._cells[number] = cell = os.pread(self.handle, length, start) if length else b""
        return cell
