"""Sorts what a file states by the scripts that it holds: one, or one for each of its subcommands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from runner.scripts.annotations.statements import (
    CommandStated,
    Entry,
    FileStatement,
    Mistake,
    ParameterStated,
    Statement,
)

MAX_COMMANDS = 100
MAX_WORDS = 8
MAX_STATEMENTS = 20_000
"""What is stated of all scripts of a file together, each time that it is read for one of them."""

_WORD = "subcommand"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStated:
    """A script of a file, or what is said of all of them, which has no ``words``."""

    words: tuple[str, ...] = ()
    description: str = ""
    statements: tuple[Statement, ...] = ()


def commands(stated: Iterable[FileStatement]) -> list[ScriptStated]:
    """What is stated of all scripts of a file, then of each one where there are several.

    Where there are too many, what is stated of all says so.
    """
    sections = _sections(stated)
    named = [words for words in sections if words]
    outer = {words[:count] for words in named for count in range(len(words))}
    innermost = [words for words in named if words not in outer]
    of_all = sections[()].statements
    if mistake := _too_many(innermost, sections):
        return [ScriptStated(statements=(*of_all, mistake))]
    each = (_command(words, sections) for words in innermost)
    return [ScriptStated(statements=tuple(of_all)), *each]


@dataclass(slots=True)
class _Section:
    """What is stated of one subcommand and of all that lie in it."""

    stated: CommandStated | None = None
    statements: list[Statement] = field(default_factory=list)


def _sections(stated: Iterable[FileStatement]) -> dict[tuple[str, ...], _Section]:
    current = _Section()
    sections: dict[tuple[str, ...], _Section] = {(): current}
    for statement in stated:
        if not isinstance(statement, CommandStated):
            current.statements.append(statement)
        elif len(statement.words) > MAX_WORDS:
            found = " ".join(statement.words[:MAX_WORDS])
            message = f"is a subcommand of {len(statement.words):,} words, and {MAX_WORDS} are the most"
            sections[()].statements.append(Mistake(line=statement.line, found=f"{found} …", message=message))
            current = _Section()
        else:
            current = sections.setdefault(statement.words, _Section(statement))
    return sections


def _too_many(innermost: Sequence[tuple[str, ...]], sections: dict[tuple[str, ...], _Section]) -> Mistake | None:
    if len(innermost) <= MAX_COMMANDS and len(innermost) * len(sections[()].statements) <= MAX_STATEMENTS:
        return None
    first = sections[innermost[0]].stated
    return Mistake(
        line=first.line if first else 1,
        found=" ".join(innermost[0]),
        message=f"is the first of {len(innermost):,} subcommands, and {MAX_COMMANDS} are the most, with at most"
        f" {MAX_STATEMENTS:,} lines read for all of them",
    )


def _command(words: tuple[str, ...], sections: dict[tuple[str, ...], _Section]) -> ScriptStated:
    on_the_way = [sections.get(words[:count], _Section()) for count in range(len(words) + 1)]
    taken = {each.name for section in on_the_way for each in section.statements if isinstance(each, ParameterStated)}
    stated = sections[words].stated
    statements = list(on_the_way[0].statements)
    for word, name, section in zip(words, _free_names(taken), on_the_way[1:], strict=False):
        by = section.stated or stated
        statements += [*([_fixed(word, name, by)] if by else []), *section.statements]
    return ScriptStated(words=words, description=stated.description if stated else "", statements=tuple(statements))


def _free_names(taken: set[str]) -> Iterator[str]:
    number = 1
    while True:
        name = _WORD if number == 1 else f"{_WORD}_{number}"
        if name not in taken:
            yield name
        number += 1


def _fixed(word: str, name: str, by: CommandStated) -> ParameterStated:
    """The word as an argument that is always the same."""
    entries = {"type": Entry("text", by.line), "constant": Entry(word, by.line, word, by.dialect)}
    return ParameterStated(line=by.line, name=name, description="", entries=entries, dialect=by.dialect)
