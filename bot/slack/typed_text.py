"""What keyboards and Slack make of typed text: marks without a shape, other forms of letters, links and mentions.

Slack: https://docs.slack.dev/messaging/formatting-message-text (how text with links, mentions and dates comes).
"""

import re
import unicodedata
from collections.abc import Callable

# Soft hyphen, what joins, parts and directs letters, byte order mark, choice of a shape; not U+202D and U+202E, which
# turn around what is read.
_SHAPELESS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202c\u2060-\u2064\u2066-\u2069\ufeff\ufe0e\ufe0f]")
_PUNCTUATION = (
    " \t\r\n.,;:!?\"'`*_~()[]{}<>\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2026"
)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SCHEMES = "https?|ftps?|sftp|mailto|tel|slack"
MARK = re.compile(
    rf"<(?P<target>[@#!][^<>|\n]{{1,500}}|(?:{_SCHEMES}):[^<>|\s]{{1,2000}})(?:\|(?P<label>[^<>\n]{{0,2000}}))?>"
)
"""What Slack makes of a link, an address, a member, a channel, a group or a moment."""

_MEMBER = re.compile(r"@([UW][A-Z0-9]{1,30})")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("|".join(_ENTITIES))


def plain_word(text: str) -> str:
    """A word as it is compared with known ones: in small letters of one form, without punctuation around it."""
    return plain_text(text).strip(_PUNCTUATION).casefold()


def plain_text(text: str) -> str:
    """Text with every character in its plainest form: full-width ones, ligatures and odd spaces among them."""
    return unicodedata.normalize("NFKC", _SHAPELESS.sub("", text)).strip()


def plain_dashes(text: str) -> str:
    """Text with hyphens for all kinds of dashes; a phone makes a long dash of two hyphens."""
    return _DASHES.sub(lambda found: "--" if found.group() in "\u2013\u2014\u2015" else "-", text)


def is_escaped(text: str) -> bool:
    """Whether Slack escaped the text: then ``& < >`` stand in it only as entities and around what Slack wrote."""
    rest = _ENTITY.sub("", MARK.sub("", text))
    return _ENTITY.search(text) is not None and not any(sign in rest for sign in "&<>")


def unescaped(text: str) -> str:
    """Text with ``& < >`` in the place of their entities."""
    return _ENTITY.sub(lambda found: _ENTITIES[found.group()], text)


def as_typed(text: str) -> str:
    """The text as a person typed it before Slack made links and mentions of parts of it.

    A mention without a name stays as it is: what was typed is not known.
    """
    return MARK.sub(_typed, text)


def targets(text: str) -> str:
    """The text with the addresses that its links stand for."""
    return MARK.sub(lambda found: found.group() if found["target"][0] in "@#!" else _address(found["target"]), text)


def with_members(text: str, address_of: Callable[[str], str]) -> str:
    """The text with the addresses of the members that it mentions, found by their ids."""

    def address(found: re.Match[str]) -> str:
        member = _MEMBER.fullmatch(found["target"])
        return address_of(member[1]) if member else found.group()

    return MARK.sub(address, text)


def _typed(found: re.Match[str]) -> str:
    target, label = found["target"], found["label"]
    if target[0] in "@#":
        return f"{target[0]}{label.removeprefix(target[0])}" if label else found.group()
    if target[0] == "!":
        is_moment = target.startswith("!date")
        return found.group() if not label else label if is_moment else f"@{label.removeprefix('@')}"
    return label or _address(target)


def _address(target: str) -> str:
    return target.removeprefix("mailto:").removeprefix("tel:")
