"""Words typed after a command: parted by white space, held together by quotation marks of any kind."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.slack.typed_text import MARK

# By the mark that opens, what closes: the first that comes of those in one group, of the next group where none comes.
_DOUBLE = {
    '"': ('"',),
    "\u201c": ("\u201d", '"\u201c'),
    "\u201d": ("\u201d", '"'),
    "\u201e": ("\u201c\u201d", '"'),
    "\u201f": ("\u201d", '"'),
    "\u00ab": ("\u00bb",),
    "\u00bb": ("\u00ab",),
    "\uff02": ("\uff02",),
}
_SINGLE = {
    "'": ("'", "\u2019"),
    "\u2018": ("\u2019", "'\u2018"),
    "\u2019": ("\u2019",),
    "\u201a": ("\u2018\u2019", "'"),
    "\u2039": ("\u203a",),
    "\u203a": ("\u2039",),
    "`": ("`", "\u00b4"),
    "\u00b4": ("\u00b4",),
}
"""Apostrophes too: one opens only where a word or a value begins, and closes only where one ends."""

_MARKS = {**_DOUBLE, **_SINGLE}
_BEGINS_VALUE = ("=", ":", "\uff1d", "\uff1a")
_ENDS_WORD = re.compile(r"[\s.,;)]|$")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, without the quotation marks that held it together; with marks around all of it ``is_quoted``.

    ``line`` is the line on which it ends, from 0.
    """

    text: str
    is_quoted: bool = False
    line: int = 0


def split(text: str) -> list[Word]:
    """The words of a text; a quotation mark that is never closed is a character like others."""
    bare = text.strip().strip("`") if text.strip().startswith("`") else ""
    return list(_words(bare if bare and "`" not in bare and " " in bare else text))


def _words(text: str) -> Iterator[Word]:
    closings = _Closings(text)
    parts: list[str] = []
    is_quoted, place, line = False, 0, 0
    while place < len(text):
        sign = text[place]
        if mark := MARK.match(text, place) if sign == "<" else None:
            parts.append(mark.group())
            place = mark.end()
        elif sign.isspace():
            if parts:
                yield Word("".join(parts), is_quoted, line)
            line += sign == "\n"
            parts, is_quoted, place = [], False, place + 1
        elif end := closings.end(place, begins=not parts or parts[-1].endswith(_BEGINS_VALUE)):
            is_quoted = is_quoted or not parts
            content = text[place + 1 : end]
            parts.append(content.strip("\u00a0\u202f ") if sign in "\u00ab\u00bb" else content)
            place = end + 1
        else:
            parts.append(sign)
            place += 1
    if parts:
        yield Word("".join(parts), is_quoted, line)


@dataclass(slots=True)
class _Closings:
    """Where quotation marks are closed in a text; each sign is looked for once."""

    text: str
    places: dict[str, list[int]] = field(default_factory=dict)

    def end(self, start: int, *, begins: bool) -> int:
        """Where the quotation ends that begins here; 0 where none does."""
        sign = self.text[start]
        if sign not in _MARKS or (sign in _SINGLE and not begins):
            return 0
        for group in _MARKS[sign]:
            found = [self._next(each, start, is_single=sign in _SINGLE) for each in group]
            if any(found):
                return min(place for place in found if place)
        return 0

    def _next(self, sign: str, start: int, *, is_single: bool) -> int:
        key = f"{sign}{is_single}"
        if key not in self.places:
            every = [place for place, each in enumerate(self.text) if each == sign]
            self.places[key] = [each for each in every if not is_single or _ENDS_WORD.match(self.text, each + 1)]
        known = self.places[key]
        place = bisect_left(known, start + 1)
        return known[place] if place < len(known) else 0
