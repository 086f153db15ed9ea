"""Regular expressions of authors: matched by RE2, in time linear in the text, whatever pattern and text are."""

import re
from collections.abc import Iterator
from functools import lru_cache, partial

import re2

from runner.scripts.parameters import pattern_lengths

LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What a text of one line does not hold."""

_MOST_BYTES = 2 * 1024**2
"""Memory of one compiled pattern; RE2 keeps 128 of them, and most are a few kilobytes."""

_REPEAT = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|(?P<repeat>\{[0-9]*,[0-9]*\}|\{[0-9]+\})")
_COUNTED = re.compile(r"\{[0-9]{1,4}(?:,[0-9]{0,4})?\}")

_HINTS = (
    (re.compile(r".*: \(\?<?[=!]"), "RE2 has no look-around"),
    (re.compile(r".*: (?:\\[1-9]|\(\?P$)"), "RE2 has no back-references"),
    (re.compile(r".*: \(\?\("), "RE2 has no conditional groups"),
    (re.compile(r".*: (?:\(\?>|.*[*+?}]\+$)"), "RE2 has no possessive repeats and atomic groups, and needs none"),
    (re.compile(r".*: \(\?[a-zA-Z]"), "RE2 has the flags i, m, s and U"),
    (re.compile(r".*: \\Z"), r"RE2 writes \z, and the whole value must match anyway"),
    (re.compile(r".*: \\[uN]"), r"RE2 writes \x{e9}, or the character itself"),
    (re.compile(r"invalid repetition size"), "RE2 repeats a part at most 1,000 times, repeats within it counted"),
    (re.compile(r"pattern too large"), "it would take more than 2 MiB: use fewer or smaller repeats"),
)


def check(pattern: str) -> None:
    """ValueError, with the reason, where RE2 cannot say the pattern or would need too much memory for it."""
    for found in _REPEAT.finditer(pattern):
        if found["repeat"] and not _COUNTED.fullmatch(found["repeat"]):  # RE2 would take it for plain text
            raise ValueError(
                f"must be a regular expression of RE2, where {found['repeat']} is no repeat: write {{0,9}} or {{9}}"
            )
    try:
        _compiled(pattern)
    except re2.error as error:
        raise ValueError(f"must be a regular expression of RE2: {_reason(error)}") from error


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches a pattern that was checked; other threads go on meanwhile."""
    return _compiled(pattern).fullmatch(text) is not None


def lengths(pattern: str, *, is_one_line: bool) -> int:
    """The lengths up to 3,000 of the texts that a pattern matches which was checked, as the bits of a number.

    There may be fewer, for conditions within the pattern are taken as met.
    """
    return pattern_lengths.lengths(pattern, partial(_takes, is_one_line=is_one_line))


def can_hold(pattern: str, character: str) -> bool:
    """Whether a text that matches may hold the character, as far as can be seen."""
    parts = pattern_lengths.parts(pattern)
    return parts is None or any(character in part or _compiled(part).search(character) for part in parts)


@lru_cache(maxsize=1_000)
def _takes(part: str, *, is_one_line: bool) -> bool:
    """Whether one part of a pattern, a character or a class of them, takes any that a text may hold."""
    if part.isalnum():
        return True
    try:
        compiled = _compiled(f"(?s:{part})")
        return any(compiled.search(text) is not None for text in _characters(is_one_line=is_one_line))
    except re2.error:
        return True


def _characters(*, is_one_line: bool) -> Iterator[str]:
    """All that there are, the usual ones first: most parts take one of those."""
    for first, last in ((" ", "~"), ("\x01", "\ud7ff"), ("\ue000", "\U0010ffff")):
        text = "".join(map(chr, range(ord(first), ord(last) + 1)))
        yield LINE_BREAK.sub("", text) if is_one_line else text


def _compiled(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_BYTES
    options.never_capture = True  # only whether it matches is asked for, which takes less time and memory
    return re2.compile(pattern, options)


def _reason(error: re2.error) -> str:
    said = error.args[0].decode(errors="replace")
    hint = next((hint for form, hint in _HINTS if form.match(said)), None)
    return f"{said} ({hint})" if hint else said
