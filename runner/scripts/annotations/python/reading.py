"""All that a file of Python states: our own lines, and what its program tells a library of its command line."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from runner.scripts.annotations.python import argparse_reading, click_reading, room, source, typer_reading
from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.refining import Own
from runner.scripts.annotations.python.source import NotRead
from runner.scripts.annotations.statements import (
    CommandStated,
    Dialect,
    FileStatement,
    Mistake,
    ParameterStated,
    Unused,
)


@dataclass(frozen=True, slots=True)
class _Library:
    """A library for command lines: how a source that uses it is told, what is found there, and who reads it."""

    dialect: Dialect
    is_used: re.Pattern[str]
    found: str
    statements: Callable[[ast.Module, Prefixes], Iterator[FileStatement]]


_LIBRARIES = (
    _Library(Dialect.ARGPARSE, re.compile(r"\bArgumentParser\b"), "ArgumentParser", argparse_reading.statements),
    _Library(
        Dialect.TYPER,
        re.compile(r"^[ \t]*(?:import|from)[ \t]+typer\b", re.MULTILINE),
        "typer",
        typer_reading.statements,
    ),
    _Library(
        Dialect.CLICK,
        re.compile(r"^[ \t]*(?:import|from)[ \t]+(?:rich_|async)?click\b", re.MULTILINE),
        "click",
        click_reading.statements,
    ),
)


def program_statements(text: str, ours: Sequence[FileStatement], prefixes: Prefixes) -> Iterator[FileStatement]:
    """Our own statements, with those of the program beside and below them.

    Where one of our parameters that are arguments is none of the program's, ours alone describe what it is given.
    """
    own = Own([each for each in ours if isinstance(each, ParameterStated)])
    found = list(_found(text, prefixes))
    stated = [each for each in found if isinstance(each, ParameterStated)]
    if any(isinstance(each, Mistake) for each in ours) or not own.are_of_it(stated):
        yield from ours
        yield from _unused(found)
        return
    beside = list(own.beside(stated))
    yield from (each for each in ours if not isinstance(each, ParameterStated) or each in beside)
    yield from room.fitting(own.refined(found), [each.name for each in beside], before=sum(map(room.cost, beside)))


def _found(text: str, prefixes: Prefixes) -> Iterator[FileStatement]:
    """What the first library says of which the source has it read the command line."""
    used = [each for each in _LIBRARIES if each.is_used.search(text)]
    if not used:
        return
    try:
        module = source.tree(text)
    except NotRead as reason:
        first = used[0]
        message = f"{reason.reason}, so that what it tells {first.dialect} is not known"
        yield Mistake(line=reason.line, found=first.found, message=message, dialect=first.dialect)
        return
    told: list[FileStatement] = []
    for each in used:
        found = list(each.statements(module, prefixes))
        if any(not isinstance(statement, Unused) for statement in found):
            yield from found
            return
        told += found
    yield from told


def _unused(found: Iterable[FileStatement]) -> Iterator[Unused]:
    """What the program says where ours alone counts."""
    for each in found:
        if isinstance(each, ParameterStated | CommandStated):
            name = each.name if isinstance(each, ParameterStated) else " ".join(each.words)
            reason = "the parameters in our own lines count instead"
            yield Unused(line=each.line, found=name, reason=reason, matters=False)
