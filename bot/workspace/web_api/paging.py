"""Cursors: where the next page of a long answer begins, in a form that apps do not look into."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from bot.workspace.errors import RefusedError

_BEFORE = "next:"


def cursor(start: int) -> str:
    """The cursor of the page that begins there."""
    return b64encode(f"{_BEFORE}{start}".encode()).decode()


def start(given: str) -> int:
    """Where the page of a cursor begins; the first page has none. RefusedError for any but ours."""
    if not given:
        return 0
    try:
        text = b64decode(given, validate=True).decode()
    except (Base64Error, ValueError) as error:
        raise RefusedError("invalid_cursor") from error
    number = text.removeprefix(_BEFORE)
    if not text.startswith(_BEFORE) or not (number.isascii() and number.isdecimal()) or len(number) > 9:
        raise RefusedError("invalid_cursor")
    return int(number)
