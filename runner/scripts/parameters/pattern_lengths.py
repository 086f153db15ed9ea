"""Which lengths the texts can have that a pattern matches: none where it matches nothing.

A pattern is cut into its parts as RE2 cuts it; what cannot be cut counts as any length. Of the conditions within, the
beginning and the end of the text are heeded, others are taken as met: so more lengths may be told than there are,
never fewer.
"""

import re
from collections.abc import Callable
from functools import reduce

MOST = 3_000
"""Characters; longer texts are not told apart."""

_ANY = (1 << (MOST + 1)) - 1
_EMPTY = 1
_ONE = 2
_DEEPEST = 50  # groups within groups
_MOST_WORK = 100_000  # shifts of sets

IsTaken = Callable[[str], bool]
"""Whether a class, written as in a pattern, takes any character that the text may hold."""

_Lengths = dict[tuple[bool, bool], int]
"""Sets of lengths, each as the bits of a number, by whether they are for the text's beginning and for its end only."""

_TOKEN = re.compile(
    r"""
    \\Q(?P<literal>.*?)(?:\\E|\Z)(?P<quoted>)
  | (?P<begin>\\A|\^) | (?P<end>\\z|\$) | (?P<met>\\[bB])
  | (?P<flags>\(\?[imsU]*(?:-[imsU]+)?\))
  | (?P<open>\((?:\?P?<\w+>|\?[imsU]*(?:-[imsU]+)?:)?)
  | (?P<close>\)) | (?P<either>\|)
  | (?P<repeat>(?:[*+?]|\{(?P<least>\d+)(?P<more>,(?P<most>\d*))?\})\??)
  | (?P<class>
        \[\^?\]?(?:\[:\^?\w+:\]|\\[pP]\{[^}]*\}|\\.|[^\]\\])*\]
      | \\[pP](?:\{[^}]*\}|.) | \\x\{[^}]*\} | \\x[0-9A-Fa-f]{2} | \\[0-7]{1,3} | \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Uncut(Exception):
    """A pattern that is written in a way that is not known here."""


def lengths(pattern: str, is_taken: IsTaken) -> int:
    """The lengths up to MOST of the texts that a pattern matches as a whole, as the bits of a number."""
    if re.search(r"\(\?[a-zU]*m", pattern):
        return _ANY  # ^ and $ then hold at each line
    found = list(_TOKEN.finditer(pattern))
    if "".join(part.group() for part in found) != pattern:
        return _ANY
    try:
        return _Cut(found, is_taken).whole()
    except _Uncut:
        return _ANY


def parts(pattern: str) -> list[str] | None:
    """The characters, classes and quoted texts that a pattern is made of; None where it cannot be cut."""
    found = list(_TOKEN.finditer(pattern))
    if "".join(part.group() for part in found) != pattern:
        return None
    return [part.group() for part in found if part.lastgroup in ("class", "quoted")]


class _Cut:
    """A pattern in its parts, read from left to right."""

    def __init__(self, parts: list[re.Match[str]], is_taken: IsTaken) -> None:
        self._parts = parts
        self._is_taken = is_taken
        self._place = 0
        self._work = _MOST_WORK

    def whole(self) -> int:
        found = self._either(0)
        if self._place < len(self._parts):
            raise _Uncut
        return reduce(int.__or__, found.values(), 0)

    def _kind(self) -> str | None:
        return self._parts[self._place].lastgroup if self._place < len(self._parts) else None

    def _either(self, depth: int) -> _Lengths:
        if depth > _DEEPEST:
            raise _Uncut
        found = self._sequence(depth)
        while self._kind() == "either":
            self._place += 1
            found = _united(found, self._sequence(depth))
        return found

    def _sequence(self, depth: int) -> _Lengths:
        found: _Lengths = {(False, False): _EMPTY}
        while self._kind() not in (None, "either", "close"):
            one = self._atom(depth)
            while self._kind() == "repeat":
                one = self._repeated(one, self._parts[self._place])
                self._place += 1
            found = self._joined(found, one)
        return found

    def _atom(self, depth: int) -> _Lengths:
        part = self._parts[self._place]
        self._place += 1
        match part.lastgroup:
            case "open":
                found = self._either(depth + 1)
                if self._kind() != "close":
                    raise _Uncut
                self._place += 1
                return found
            case "begin":
                return {(True, False): _EMPTY}
            case "end":
                return {(False, True): _EMPTY}
            case "met" | "flags":
                return {(False, False): _EMPTY}
            case "quoted":
                return {(False, False): 1 << len(part["literal"])}
            case "class":
                return {(False, False): _ONE} if self._is_taken(part.group()) else {}
            case _:
                raise _Uncut

    def _repeated(self, one: _Lengths, repeat: re.Match[str]) -> _Lengths:
        sign = repeat.group()[0]
        if sign != "{":
            least, most = (1 if sign == "+" else 0), (1 if sign == "?" else None)
        else:
            least = int(repeat["least"])
            most = least if repeat["more"] is None else int(repeat["most"]) if repeat["most"] else None
        perhaps = _united({(False, False): _EMPTY}, one)
        return self._joined(self._power(one, least), self._power(perhaps, MOST if most is None else most - least))

    def _power(self, one: _Lengths, times: int) -> _Lengths:
        found: _Lengths = {(False, False): _EMPTY}
        while times > 0:
            if times & 1:
                found = self._joined(found, one)
            times >>= 1
            one = self._joined(one, one) if times else one
        return found

    def _joined(self, first: _Lengths, then: _Lengths) -> _Lengths:
        """The lengths of one behind the other: nothing stands before a beginning and behind an end."""
        found: _Lengths = {}
        for (begins, ends), left in first.items():
            for (begins_later, ends_later), right in then.items():
                lefts, rights = left & _EMPTY if begins_later else left, right & _EMPTY if ends else right
                if sums := self._sums(lefts, rights):
                    key = (begins or begins_later, ends or ends_later)
                    found[key] = found.get(key, 0) | sums
        return found

    def _sums(self, one: int, other: int) -> int:
        """The set of all sums of a number of one set and one of the other."""
        if not one or not other:
            return 0
        least = _least(one) + _least(other)
        if _is_range(one) and _is_range(other):
            most = min(one.bit_length() + other.bit_length() - 2, MOST)
            return ((1 << (most + 1)) - 1) >> least << least if least <= most else 0
        few, many = sorted((one, other), key=int.bit_count)
        self._work -= few.bit_count()
        if self._work < 0:
            raise _Uncut
        found = 0
        while few:
            found |= many << _least(few)
            few &= few - 1
        return found & _ANY


def _least(numbers: int) -> int:
    return (numbers & -numbers).bit_length() - 1


def _is_range(numbers: int) -> bool:
    shifted = numbers >> _least(numbers)
    return not shifted & (shifted + 1)


def _united(one: _Lengths, other: _Lengths) -> _Lengths:
    return {key: one.get(key, 0) | other.get(key, 0) for key in one.keys() | other.keys()}
