"""Regular expressions of authors: matched by RE2, in time linear in the text, whatever pattern and text are."""

import re

import re2

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
