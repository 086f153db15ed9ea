"""Looking for a word in a log of any size: by blocks, in either direction, until it is found or the time is over."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from runner.files.log_pages import LogPages
from runner.files.log_pieces import LogFile, Piece

_BLOCK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMatch:
    """What a search came to: the line with the word, or None and how far it got; ``is_over`` where that was all."""

    piece: Piece | None = None
    reached: int = 0
    is_over: bool = False


def search_log(  # noqa: PLR0913  # each is a word of the question
    log: LogFile, pages: LogPages, word: str, *, origin: int, is_backward: bool, is_late: Callable[[], bool]
) -> LogMatch:
    """The nearest line that shows the word, whatever the case of its letters, before or from an offset on.

    ``is_late`` is asked for every block, and for every line that holds the word where nobody sees it.
    """
    needles = _needles(word)
    origin = max(0, min(origin, log.size_bytes))
    reached = origin
    for low, block, limit in _blocks(log, origin, max(map(len, needles)) - 1, is_backward=is_backward):
        at = max(0, min(limit, reached - low))
        while (found := _nearest(block, needles, at, limit, is_backward=is_backward)) is not None:
            piece = log.holding(low + found)
            if _is_seen(pages, piece, word, found_at=low + found):
                return LogMatch(piece=piece, is_over=True)
            reached = piece.start if is_backward else piece.end
            if is_late():
                return LogMatch(reached=reached)
            at = max(0, reached - low)
            if at > limit or (is_backward and at == 0):
                break
        reached = min(reached, low) if is_backward else max(reached, low + limit)
        if is_late():
            return LogMatch(reached=reached, is_over=reached == (0 if is_backward else log.size_bytes))
    return LogMatch(reached=reached, is_over=True)


def _needles(word: str) -> tuple[bytes, ...]:
    """The word as it may stand in a block of small letters: of those outside of ASCII the case is not known there."""
    spellings = (word, word.lower(), word.upper(), word.capitalize())
    return tuple({each.encode(errors="surrogatepass").lower() for each in spellings})


def _blocks(log: LogFile, origin: int, overlap: int, *, is_backward: bool) -> Iterator[tuple[int, bytes, int]]:
    """Blocks of the log in small letters: their offsets, contents, and within how many bytes a word may begin."""
    position = origin
    while (position > 0) if is_backward else (position < log.size_bytes):
        low = max(0, position - _BLOCK_BYTES) if is_backward else position
        limit = position - low if is_backward else min(_BLOCK_BYTES, log.size_bytes - low)
        content = os.pread(log.handle, min(limit + overlap, log.size_bytes - low), low)
        if not content:
            return  # it was cut meanwhile
        yield low, content.lower(), limit
        position = low if is_backward else low + limit


def _nearest(block: bytes, needles: tuple[bytes, ...], at: int, limit: int, *, is_backward: bool) -> int | None:
    """Where the nearest of the needles begins: before ``at``, or from there on and before the limit."""
    if is_backward:
        found = [block.rfind(needle, 0, at - 1 + len(needle)) for needle in needles]
        return max(found) if max(found) >= 0 else None
    ahead = [place for needle in needles if (place := block.find(needle, at, limit - 1 + len(needle))) >= 0]
    return min(ahead, default=None)


def _is_seen(pages: LogPages, piece: Piece, word: str, *, found_at: int) -> bool:
    """Whether the word is there still once the line was drawn, or stands where a very long line was cut."""
    if not pages.shows(piece):
        return False
    if not piece.is_whole and found_at + len(word.encode(errors="surrogatepass")) > piece.end:
        return True
    return any(word.lower() in line.lower() for line in pages.lines([piece]))
