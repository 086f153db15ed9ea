"""What Slack's client makes of what a person types: the message's text, and the same as a rich_text block."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.workspace import ids

_STYLES = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}
_FENCED = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_ITEM = re.compile(r"(?P<quote>&gt; ?|> ?)|(?P<bullet>[-*•] )|(?P<ordered>\d{1,3}\. )")
_INLINE = re.compile(
    r"(?<!\w)(?P<mark>[*_~`])(?P<styled>[^\s*_~`](?:[^\n*_~`]*[^\s*_~`])?)(?P=mark)(?!\w)"
    r"|(?P<url>https?://[^\s<>]*[^\s<>.,;:!?)'\"])"
    r"|(?<!\S)@(?P<person>[\w.-]*\w)"
    r"|(?<!\S)#(?P<channel>[\w-]+)"
    r"|(?<![\w:]):(?P<emoji>[a-z+-][a-z0-9_+-]*):(?![\w:])"
)
# What the text has for an element that is no text (docs: formatting message text).
_TOKENS = {
    "user": "<@{user_id}>",
    "usergroup": "<!subteam^{usergroup_id}>",
    "channel": "<#{channel_id}>",
    "broadcast": "<!{range}>",
    "emoji": ":{name}:",
}
_BROADCASTS = {"here", "channel", "everyone"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionNames:
    """Whom and what a person can mention: ids by the name that is typed."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    usergroups: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMessage:
    """A message as its writer's client sends it."""

    text: str
    blocks: list[Json]


def compose(typed: str, names: MentionNames) -> ComposedMessage:
    """Text and blocks of what was typed."""
    if not typed.strip():
        return ComposedMessage(text="", blocks=[])
    parts, text = [], []
    for is_code, piece in _pieces(typed):
        if is_code:
            parts.append({"type": "rich_text_preformatted", "elements": [_text(piece)]})
            text.append(f"```{_escaped(piece)}```")
            continue
        for kind, lines in groupby(piece.split("\n"), key=_kind):
            inside = [list(_elements(_bare(line), names)) for line in lines]
            parts += _parts(kind, inside)
        text.append(_flat(_line_elements(piece, names)))
    block = {"type": "rich_text", "block_id": ids.make_block_id(), "elements": parts}
    return ComposedMessage(text="".join(text), blocks=[block])


def _pieces(typed: str) -> Iterator[tuple[bool, str]]:
    """The typed text cut at code between ```; whether each is code."""
    for at, piece in enumerate(_FENCED.split(typed)):
        is_code = at % 2 == 1
        if piece.strip("\n"):
            yield is_code, piece if is_code else piece.strip("\n")


def _kind(line: str) -> str:
    found = _ITEM.match(line)
    return str(found.lastgroup) if found else "section"


def _bare(line: str) -> str:
    found = _ITEM.match(line)
    return line[found.end() :] if found else line


def _parts(kind: str, lines: list[list[Json]]) -> list[Json]:
    match kind:
        case "bullet" | "ordered":
            items = [{"type": "rich_text_section", "elements": line} for line in lines]
            return [{"type": "rich_text_list", "style": kind, "indent": 0, "border": 0, "elements": items}]
        case "quote":
            return [{"type": "rich_text_quote", "elements": _joined(lines)}]
        case _:
            elements = _joined(lines)
            return [{"type": "rich_text_section", "elements": elements}] if elements else []


def _joined(lines: list[list[Json]]) -> list[Json]:
    """The lines as one, with what ends each but the last."""
    joined: list[Json] = []
    for at, line in enumerate(lines):
        joined += ([_text("\n")] if at else []) + line
    return _merged(joined)


def _merged(elements: list[Json]) -> list[Json]:
    merged: list[Json] = []
    for element in elements:
        if merged and element.keys() == merged[-1].keys() == {"type", "text"}:
            merged[-1] = _text(merged[-1]["text"] + element["text"])
        else:
            merged.append(element)
    return merged


def _elements(line: str, names: MentionNames) -> Iterator[Json]:
    end = 0
    for found in _INLINE.finditer(line):
        element = _element(found, names)
        if element is None:
            continue
        if found.start() > end:
            yield _text(line[end : found.start()])
        yield element
        end = found.end()
    if line[end:]:
        yield _text(line[end:])


def _element(found: re.Match[str], names: MentionNames) -> Json | None:
    match found.lastgroup, found[found.lastgroup or 0]:
        case "styled", styled:
            return _text(styled) | {"style": {_STYLES[found["mark"]]: True}}
        case "url", url:
            return {"type": "link", "url": url}
        case "person", name if name in names.people:
            return {"type": "user", "user_id": names.people[name]}
        case "person", name if name in names.usergroups:
            return {"type": "usergroup", "usergroup_id": names.usergroups[name]}
        case "person", name if name in _BROADCASTS:
            return {"type": "broadcast", "range": name}
        case "channel", name if name in names.channels:
            return {"type": "channel", "channel_id": names.channels[name]}
        case "emoji", name:
            return {"type": "emoji", "name": name}
        case _:
            return None


def _line_elements(piece: str, names: MentionNames) -> Iterable[Json]:
    """The elements of several lines with what begins each, as the text shows it."""
    for at, line in enumerate(piece.split("\n")):
        if at:
            yield _text("\n")
        bare = _bare(line)
        if bare != line:
            yield {"type": "begin", "text": _begin(line[: len(line) - len(bare)])}
        yield from _elements(bare, names)


def _begin(typed: str) -> str:
    if typed.startswith((">", "&gt;")):
        return "&gt; "
    return typed if typed[0].isdigit() else "• "


def _flat(elements: Iterable[Json]) -> str:
    return "".join(_flat_element(element) for element in elements)


def _flat_element(element: Json) -> str:
    match element:
        case {"type": "begin", "text": text}:
            return str(text)
        case {"type": "text", "text": text, "style": style}:
            mark = next(mark for mark, name in _STYLES.items() if name in style)
            return f"{mark}{_escaped(text)}{mark}"
        case {"type": "link", "url": url}:
            return f"<{_escaped(url)}>"
        case {"type": kind} if kind in _TOKENS:
            return _TOKENS[kind].format_map(element)
        case _:
            return _escaped(element["text"])


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
