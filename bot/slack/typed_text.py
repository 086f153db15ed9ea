"""What keyboards and Slack make of typed text: marks without a shape, other forms of letters, links and mentions."""

import re
import unicodedata

# Soft hyphen, what joins, parts and directs letters, byte order mark, choice of a shape; not U+202D and U+202E, which
# turn around what is read.
_SHAPELESS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202c\u2060-\u2064\u2066-\u2069\ufeff\ufe0e\ufe0f]")
_PUNCTUATION = (
    " \t\r\n.,;:!?\"'`*_~()[]{}<>\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2026"
)


def plain_word(text: str) -> str:
    """A word as it is compared with known ones: in small letters of one form, without punctuation around it."""
    return plain_text(text).strip(_PUNCTUATION).casefold()


def plain_text(text: str) -> str:
    """Text with every character in its plainest form: full-width ones, ligatures and odd spaces among them."""
    return unicodedata.normalize("NFKC", _SHAPELESS.sub("", text)).strip()
