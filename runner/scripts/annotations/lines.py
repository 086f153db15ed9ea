"""Cuts a file's text into lines as every dialect counts them."""

import re
from collections.abc import Iterator

_END = re.compile(r"\r\n|\r|\n")


def numbered(text: str, *, up_to: str = "") -> Iterator[tuple[int, str]]:
    """Each line with its number, without its end, whatever system wrote it; a byte order mark is left out.

    The last one is that in which ``up_to`` occurs last: most of a long file is no annotation.
    """
    end = _END.search(text, max(0, text.rfind(up_to)))
    yield from enumerate(_END.split(text[: end.start() if end else None].removeprefix("\ufeff")), start=1)
