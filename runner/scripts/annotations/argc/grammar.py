"""The grammar of argc's comment tags that describe a parameter: ``@arg``, ``@option``, ``@flag`` and ``@env``.

As argc 1 reads them (its docs/specification.md and src/parser.rs): one space stands before what is said of a value, and
behind two its description begins, whatever that looks like.
"""

import re
from dataclasses import dataclass

KINDS = ("arg", "option", "flag", "env")

_NAME = r"(?P<name>[A-Za-z0-9_.:@-]+)"
_SIGN = r"[A-Za-z0-9!#$%*+,./:=?@\[\]^_{}~]"
_WITH_DASHES = re.compile(rf"(?:(?P<short>[-+]{_SIGN})\s+)?(?P<prefix>--|-|\+){_NAME}")
_FLAG_OF_A_SIGN = re.compile(rf"(?P<short>)(?P<prefix>[-+])(?P<name>{_SIGN})(?=\*?(?:\s|$))")
_HEADS = {
    "arg": re.compile(_NAME),
    "env": re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"),
    "option": _WITH_DASHES,
    "flag": _WITH_DASHES,
}
_MODIFIERS = {"arg": "!*+~", "option": "!*+~", "flag": "*", "env": "!"}
_MODIFIER = re.compile(r"(?P<sign>[!~*+]?)(?:(?<=[*+])(?P<delimiter>[,:;@|/]))?")
_FUNCTION = re.compile(r"`(?P<name>[^\s\"'`()\[\]{}<>$&\\;|]+)`")
_CHOICES_FUNCTION = re.compile(rf"\??{_FUNCTION.pattern}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"' + r"|'((?:[^'\\]|\\.)*)'")
_CHOICE = re.compile(r"[^|\]]*")
_DEFAULT = re.compile(r"\S*")
_BOUND = re.compile(r" \$(?P<name>\$|[A-Za-z_][A-Za-z0-9_]*)")
_NOTATION = re.compile(r" <(?P<text>(?:[^<>]|<[^<>]*>)*)>")
_TAIL = re.compile(r"(?:\s+(?P<description>.*))?")


class NotArgc(Exception):
    """The line is none that argc reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What stands behind a name: the values that are allowed, and the one that argc takes where none is given."""

    choices: tuple[str, ...] = ()
    choices_function: str | None = None
    default: str | None = None
    default_function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag with all that its line says; ``name`` is without dashes, ``flag`` the long or only name with them.

    ``short`` is another name of one letter. ``modifier`` is one of ``! * + ~`` or empty. With ``takes_suffix`` anything
    may follow the name, with ``needs_equals`` its value can only be joined. ``bound`` is ``$`` where the name of the
    variable is argc's to derive.
    """

    kind: str
    line: int
    written: str
    name: str
    flag: str = ""
    short: str = ""
    takes_suffix: bool = False
    needs_equals: bool = False
    modifier: str = ""
    delimiter: str | None = None
    values: Values
    bound: str | None = None
    notations: tuple[str, ...] = ()
    description: str = ""

    @property
    def is_required(self) -> bool:
        """Whether argc refuses to go on without a value."""
        return self.modifier in ("!", "+") and self.values.default is None and self.values.default_function is None

    @property
    def takes_several(self) -> bool:
        """Whether there may be several values."""
        return self.modifier in ("*", "+") or (self.kind == "arg" and self.modifier == "~")


def parsed(kind: str, line: int, text: str) -> Tag:
    """The tag of one of KINDS whose line goes on with ``text``; NotArgc where argc would not take it either."""
    cursor = _Cursor(text)
    head = cursor.match(_HEADS[kind]) or cursor.taken(_FLAG_OF_A_SIGN if kind == "flag" else _HEADS[kind])
    has_flag = kind in ("option", "flag")
    name, endings = _undecorated(head["name"]) if has_flag and len(head["name"]) > 1 else (head["name"], "")
    modifier = cursor.taken(_MODIFIER)
    values = _values(cursor, is_modified=bool(modifier["sign"]))
    bound, notations = _placeholders(cursor, at_most=1 if kind == "arg" else None)
    tail = _TAIL.fullmatch(text, cursor.index)
    is_overdone = (kind == "flag" and (notations or values != Values())) or modifier["sign"] not in _MODIFIERS[kind]
    if tail is None or is_overdone:
        raise NotArgc
    return Tag(
        kind=kind,
        line=line,
        written=f"@{kind} {text[: cursor.index]}",
        name=name,
        flag=f"{head['prefix']}{name}" if has_flag else "",
        short=(head["short"] or "") if has_flag else "",
        takes_suffix="-" in endings,
        needs_equals=":" in endings,
        modifier=modifier["sign"],
        delimiter=modifier["delimiter"],
        values=values,
        bound=bound,
        notations=notations,
        description=(tail["description"] or "").strip(),
    )


class _Cursor:
    """A place in a text that moves behind what is taken from there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0

    def taken(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What matches here; NotArgc where nothing does."""
        if found := self.match(pattern):
            return found
        raise NotArgc

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.index)
        if found:
            self.index = found.end()
        return found

    def sees(self, sign: str) -> bool:
        """Whether the sign stands here; then it is taken."""
        if is_there := self.text.startswith(sign, self.index):
            self.index += len(sign)
        return is_there

    def value(self, bare: re.Pattern[str]) -> str:
        """A text in quotation marks, in which argc leaves backslashes, or one without."""
        if quoted := self.match(_QUOTED):
            return quoted[1] or quoted[2] or ""
        return self.taken(bare).group()


def _undecorated(name: str) -> tuple[str, str]:
    """The name of an option, and the signs behind it that say something of its value; doubled they are of the name."""
    endings = ""
    for sign in (":", "-"):
        if name.endswith(sign):
            endings += "" if name.endswith(sign * 2) else sign
            name = name[:-1]
    return name, endings


def _values(cursor: _Cursor, *, is_modified: bool) -> Values:
    if cursor.sees("["):
        values = _choices(cursor)
        if not cursor.sees("]"):
            raise NotArgc
        return values
    if is_modified or not cursor.sees("="):
        return Values()
    if function := cursor.match(_FUNCTION):
        return Values(default_function=function["name"])
    return Values(default=cursor.value(_DEFAULT))


def _choices(cursor: _Cursor) -> Values:
    if function := cursor.match(_CHOICES_FUNCTION):
        return Values(choices_function=function["name"])
    is_default = cursor.sees("=")
    choices = [cursor.value(_CHOICE)]
    while cursor.sees("|"):
        choices.append(cursor.value(_CHOICE))
    if is_default and len(choices) == 1:
        raise NotArgc
    return Values(choices=tuple(choices), default=choices[0] if is_default else None)


def _placeholders(cursor: _Cursor, *, at_most: int | None) -> tuple[str | None, tuple[str, ...]]:
    """The variable that is bound and the notations in angle brackets, in either order."""
    bound, notations = None, list[str]()
    while True:
        if bound is None and (found := cursor.match(_BOUND)):
            bound = found["name"]
        elif len(notations) != at_most and (found := cursor.match(_NOTATION)):
            notations.append(found["text"])
        else:
            return bound, tuple(notations)
