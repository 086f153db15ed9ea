"""What an argument of a command line is, whichever library takes it: how it is written, and what it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["value", "flag", "negatable", "count", "confirmation"]
MANY = ("*", "+")


@dataclass(slots=True, eq=False)
class Exclusive:
    """A group of arguments of which at most one may be given, or just one."""

    is_required: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Something of an argument that has no effect here; people are told of it where it ``matters``."""

    found: str
    reason: str
    matters: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of parameter with its options; ``is_converted`` is whether the library makes the text into something."""

    type: str = "text"
    options: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    takes_texts_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument.

    ``number`` is how many values it takes at once: a number, ``?``, ``*`` or ``+``; with ``repeats`` it may be given
    again for more. ``default`` is what holds where it is not given: a text for the form to start with, or for people to
    read where ``is_shown_only``.
    """

    line: int
    written: str
    name: str
    label: str = ""
    description: str = ""
    flag: str | None = None
    opposite: str | None = None
    short: str | None = None
    shape: Shape = "value"
    kind: Kind = Kind()
    number: int | str = 1
    repeats: bool = False
    is_required: bool = False
    default: str | Sequence[str] | bool | None = None
    is_shown_only: bool = False
    section: str | None = None
    exclusive: Exclusive | None = None
    notes: Sequence[Note] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """An argument that the form cannot have; where it ``is_needed`` nothing can be run without it."""

    line: int
    written: str
    reason: str
    is_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a library reads a command line.

    With ``letters_equal`` a value follows a flag of one letter behind ``=``, otherwise directly; ``signs`` begin what a
    value of its own cannot begin with; ``takes_negatives`` is whether such a value may be a negative number;
    ``goes_on`` is whether a word chooses what follows, or positions are looked for among the flags, so that nothing may
    be put behind ``--``.
    """

    letters_equal: bool
    signs: str = "-"
    file_signs: str = ""
    takes_negatives: bool = True
    goes_on: bool = False
