"""Cuts a file's text into lines as every dialect counts them."""

import re
from collections.abc import Iterator

_END = re.compile(r"\r\n|\r|\n")


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, without its end, whatever system wrote it; a byte order mark is left out."""
    yield from enumerate(_END.split(text.removeprefix("\ufeff")), start=1)
