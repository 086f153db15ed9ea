"""The words of a source as they may be shown: one line each, with what argparse puts into them."""

import re

from runner.scripts.annotations.python.parsers import Parser
from runner.scripts.annotations.python.values import External, MadeCall, Unknown, are_plain, is_plain
from runner.scripts.parameters.options import MAX_DESCRIPTION
from runner.system.text import clipped, visible

_PLACE = re.compile(r"%(?:\((?P<name>\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%)")


def line_of(text: object, at_most: int) -> str:
    """The text in one line that may be shown; nothing where it is none."""
    return clipped(visible(" ".join(text.split())), at_most) if isinstance(text, str) else ""


def paragraph(text: object) -> str:
    """The first paragraph of a docstring as Click shows it: what stands behind a form feed is for others."""
    if not isinstance(text, str):
        return ""
    parts = re.split(r"\n\s*\n", text.partition("\f")[0].replace("\b", "").strip())
    return line_of(parts[0], MAX_DESCRIPTION)


def parameter_name(name: str) -> str:
    """Ours, for names in a source may hold anything."""
    cleaned = re.sub(r"[^A-Za-z0-9_-]", "_", name.lstrip("-+"))
    cleaned = cleaned if re.match(r"[A-Za-z]", cleaned) else f"arg_{cleaned}"
    return cleaned[:64]


def resolved_help(call: MadeCall, destination: str, default: object, parser: Parser) -> str:
    """What a call says of its argument, with the defaults and names that are asked for in it."""
    named: dict[str, object] = {
        "prog": parser.text("prog") or "the script",
        "dest": destination,
        "default": default,
        **{name: call.option(name) for name in ("type", "metavar", "nargs", "const", "required")},
    }
    choices = call.option("choices")
    named["choices"] = ", ".join(map(str, choices)) if are_plain(choices) else choices
    return line_of(resolved(call.option("help"), named), MAX_DESCRIPTION)


def resolved(text: object, named: dict[str, object]) -> object:
    """The text with what ``%(name)s`` stands for in it."""

    def put(found: re.Match[str]) -> str:
        if found["name"] is None:
            return "%"
        return _words(named[found["name"]]) if found["name"] in named else found.group()

    return _PLACE.sub(put, text) if isinstance(text, str) and "%" in text else text


def _words(value: object) -> str:
    match value:
        case Unknown(written=written):
            return written
        case External(path=path):
            return path
        case _ if is_plain(value) or are_plain(value):
            return clipped(str(value), 200)
        case _:
            return "…"
