"""All that a file of Python states: our own lines, and what its program tells a library of its command line."""

import re
from collections.abc import Iterable, Iterator, Sequence

from runner.scripts.annotations.python import argparse_reading, room, source
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

_MAKES_PARSER = re.compile(r"\bArgumentParser\b")


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
    if not _MAKES_PARSER.search(text):
        return
    try:
        module = source.tree(text)
    except NotRead as reason:
        message = f"{reason.reason}, so that what it tells argparse is not known"
        yield Mistake(line=reason.line, found="ArgumentParser", message=message, dialect=Dialect.ARGPARSE)
        return
    yield from argparse_reading.statements(module, prefixes)


def _unused(found: Iterable[FileStatement]) -> Iterator[Unused]:
    """What the program says where ours alone counts."""
    for each in found:
        if isinstance(each, ParameterStated | CommandStated):
            name = each.name if isinstance(each, ParameterStated) else " ".join(each.words)
            reason = "the parameters in our own lines count instead"
            yield Unused(line=each.line, found=name, reason=reason, matters=False)
