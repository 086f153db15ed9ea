"""What an expression may stand for while a source is followed without being run."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from runner.system.text import clipped

_MOST_WRITTEN = 80  # characters
_MOST_ANCESTORS = 40


class NotPlain(Exception):
    """It cannot be worked out."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is known only while the script runs; ``written`` is the expression."""

    line: int
    written: str


@dataclass(frozen=True, slots=True)
class External:
    """Something that is not made in the file, by its whole name: ``argparse.ArgumentParser``, ``int``."""

    path: str


@dataclass(slots=True, eq=False)
class Scope:
    """Names with what they stand for; what is not here is looked up in what is around."""

    around: "Scope | None" = None
    names: dict[str, object] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    def found(self, name: str) -> object:
        """What the name stands for; KeyError where nothing does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        raise KeyError(name)

    def bind(self, name: str, value: object) -> None:
        """Let the name stand for the value, in the module where it was declared to be of there."""
        scope = self
        while name in self.elsewhere and scope.around is not None:
            scope = scope.around
        scope.names[name] = value


@dataclass(frozen=True, slots=True, eq=False)
class KnownFunction:
    """A function or a lambda of the file."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    decorators: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the file: what it is made of, and the names of its bases outside of the file."""

    node: ast.ClassDef
    scope: Scope
    bases: tuple[object, ...]

    def ancestors(self) -> Iterator[object]:
        """The class and all that it derives from, nearest first."""
        pending: list[object] = [self]
        seen: list[object] = []
        while pending and len(seen) < _MOST_ANCESTORS:
            each = pending.pop(0)
            if each not in seen:
                seen.append(each)
                yield each
                pending += each.bases[:_MOST_ANCESTORS] if isinstance(each, Class) else ()

    def derives_from(self, *paths: str) -> bool:
        """Whether it is one of these, by their whole names."""
        return any(isinstance(each, External) and each.path in paths for each in self.ancestors())

    def member(self, name: str) -> object:
        """What the class or one that it derives from holds by that name; NotPlain where none does."""
        for each in self.ancestors():
            if isinstance(each, Class) and name in each.scope.names:
                return each.scope.names[name]
        raise NotPlain

    @property
    def is_enum(self) -> bool:
        """Whether its members are all the values there are."""
        return self.derives_from("enum.Enum", "enum.StrEnum", "enum.IntEnum")

    def members(self) -> Sequence["Member"]:
        """The members of an enumeration."""
        return [
            Member(self, name, value)
            for name, value in self.scope.names.items()
            if not name.startswith("_") and not isinstance(value, KnownFunction | Class)
        ]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enumeration of the file."""

    of: Class
    name: str
    value: object


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a class of the file, with what was set on it."""

    of: Class
    attributes: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Something of an object, by its name, as in ``parser.add_argument``."""

    owner: object
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCall:
    """A call with its arguments worked out; ``is_whole`` is whether it is known what all of them are."""

    node: ast.Call
    arguments: Sequence[object]
    options: Mapping[str, object]
    is_whole: bool = True

    @property
    def line(self) -> int:
        """The line it begins in."""
        return self.node.lineno

    def option(self, name: str, position: int | None = None, default: object = None) -> object:
        """An argument by its name or place."""
        if name in self.options:
            return self.options[name]
        if position is not None and position < len(self.arguments):
            return self.arguments[position]
        return default


def unknown(node: ast.expr) -> Unknown:
    """What the expression stands for where it cannot be worked out."""
    return Unknown(node.lineno, written(node))


def written(node: ast.AST) -> str:
    """An expression as it may be shown: one line, cut to size."""
    segment = ast.unparse(node) if sum(1 for _ in _some(node)) <= _MOST_WRITTEN else "…"
    return clipped(" ".join(segment.split()), _MOST_WRITTEN)


def are_plain(values: object) -> TypeGuard[Sequence[object]]:
    """Whether it is a list of what is plain: lists within lists can be endless."""
    return isinstance(values, list | tuple) and all(is_plain(each) for each in values)


def is_plain(value: object) -> bool:
    """Whether it is a text, a number, a truth value or nothing."""
    return value is None or isinstance(value, str | int | float)


def _some(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree, a few more than may be shown at most, without recursion."""
    pending = [node]
    for _ in range(_MOST_WRITTEN + 1):
        if not pending:
            return
        each = pending.pop()
        pending += ast.iter_child_nodes(each)
        yield each
