"""Keeps secrets out of logs: replaces them in a script's output as it comes by.

It imports nothing but the standard library: see ``supervision/``.
"""

from collections.abc import Sequence

HIDDEN = b"[hidden]"


class Masking:
    """Hides every byte of every text, wherever the content is cut; occurrences that overlap are one."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._kept = b""
        self._hidden = 0  # the first so many bytes of what is kept belong to an occurrence that was replaced

    def hide(self, content: bytes) -> bytes:
        """The content as it is to be shown, after what was kept back of the last.

        Only an end that may be the beginning of a text is kept back until more is known.
        """
        if not self._texts:
            return content
        content = self._kept + content
        end = _possible_beginning(content, self._texts)
        shown, self._hidden = _replaced(content, self._texts, end=end, hidden=self._hidden)
        self._kept = content[end:]
        return shown

    def rest(self) -> bytes:
        """What was kept back, now that there is no more."""
        return _replaced(self._kept, self._texts, end=len(self._kept), hidden=self._hidden)[0]


def _replaced(content: bytes, texts: Sequence[bytes], *, end: int, hidden: int) -> tuple[bytes, int]:
    """The content up to ``end`` as it is to be shown, and how many of the bytes behind it are hidden already."""
    parts = []
    done = hidden
    for start, stop in _occurrences(content, texts):
        if start < done:
            done = max(done, stop)
        elif start < end:
            parts += [content[done:start], HIDDEN]
            done = stop
    parts.append(content[done:end])
    return b"".join(parts), max(0, done - end)


def _occurrences(content: bytes, texts: Sequence[bytes]) -> list[tuple[int, int]]:
    """Enough of them to cover them all: of those that overlap one, the last is next."""
    found = []
    for text in texts:
        start = content.find(text)
        while start >= 0:
            stop = start + len(text)
            found.append((start, stop))
            last = content.rfind(text, start + 1, stop + len(text) - 1)
            start = last if last >= 0 else content.find(text, stop)
    return sorted(found)


def _possible_beginning(content: bytes, texts: Sequence[bytes]) -> int:
    """Where the longest end of the content begins that a text may begin with; the content's length where none does."""
    end = len(content)
    for text in texts:
        start = content.find(text[:1], max(0, len(content) - len(text) + 1))
        while 0 <= start < end:
            if text.startswith(content[start:]):
                end = start
            start = content.find(text[:1], start + 1)
    return end
