"""Reads argparse's parsers out of a source: the script's title and text, its arguments, its subcommands."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress

from runner.scripts.annotations.python import mapping
from runner.scripts.annotations.python.argparse_arguments import argument
from runner.scripts.annotations.python.arguments import Manners
from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.following import Following
from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.parsers import Argparse, Parser
from runner.scripts.annotations.python.texts import line_of, resolved
from runner.scripts.annotations.python.values import NotPlain
from runner.scripts.annotations.statements import (
    CommandStated,
    Dialect,
    Entry,
    FileStatement,
    Mistake,
    OptionsStated,
    ParameterStated,
    Unused,
)
from runner.scripts.parameters.options import MAX_DESCRIPTION
from runner.scripts.script import MAX_TITLE

_NEGATIVE = re.compile(r"-(?:[0-9]+|[0-9]*\.[0-9]+)")
_DEEPEST = 5  # subcommands of subcommands


def statements(module: ast.Module, prefixes: Prefixes) -> Iterator[FileStatement]:
    """What the parser that reads the command line states; nothing where the source makes none."""
    library = Argparse()
    following = Following(module, library)
    library.uncertain = following.uncertain
    is_whole = _followed(following, library)
    parser = _chosen(library) or (library.parsers[-1] if library.parsers and not is_whole else None)
    if parser is None:
        return
    if not is_whole:
        message = (
            "is made in more steps than are followed; describe the parameters in lines of ScriptRunner's own instead"
        )
        yield Mistake(line=parser.call.line, found="ArgumentParser", message=message, dialect=Dialect.ARGPARSE)
        return
    yield from _options(parser)
    yield from _parser(parser, prefixes, (), set())


def _followed(following: Following, library: Argparse) -> bool:
    """Follow the source as a program, and what nobody calls where that makes no parser; whether all was followed."""
    try:
        following.run()
        if not library.parsed:
            for function in following.functions("ArgumentParser"):
                with suppress(NotPlain):
                    following.inlined(function, [], {})
    except Finished:
        return True
    except Exhausted:
        return False
    return True


def _chosen(library: Argparse) -> Parser | None:
    if library.parsed:
        return library.parsed[-1]
    roots = [each for each in library.parsers if not each.is_parent and (each.added or each.subparsers)]
    return roots[-1] if roots else None


def _options(parser: Parser) -> Iterator[FileStatement]:
    entries: dict[str, Entry] = {}
    line = parser.call.line
    if title := line_of(parser.text("prog"), MAX_TITLE):
        entries["title"] = Entry(title, line, f"prog={title}", Dialect.ARGPARSE)
    if description := _description(parser):
        entries["description"] = Entry(description, line, "description=…", Dialect.ARGPARSE)
    if entries:
        yield OptionsStated(entries=entries)


def _description(parser: Parser) -> str:
    named: dict[str, object] = {"prog": parser.text("prog") or "the script"}
    parts = [resolved(parser.text(name), named) for name in ("description", "epilog")]
    return line_of(" ".join(each for each in parts if isinstance(each, str)), MAX_DESCRIPTION)


def _parser(parser: Parser, prefixes: Prefixes, words: tuple[str, ...], taken: set[str]) -> Iterator[FileStatement]:
    """What a parser states and, behind it, those that its words choose from; no name is one of those ``taken``."""
    for line, path in parser.foreign:
        yield Unused(
            line=line, found=path, reason="may add arguments to the parser: what is in other files is not read"
        )
    found = [made for added in parser.added if (made := argument(added, parser, prefixes)) is not None]
    stated = list(mapping.statements(found, _manners(parser), Dialect.ARGPARSE, taken))
    yield from stated
    if parser.subparsers is None:
        return
    names = taken | {each.name for each in stated if isinstance(each, ParameterStated)}
    for choice in parser.subparsers.choices:
        if not isinstance(choice.word, str) or not choice.word.strip() or len(words) == _DEEPEST:
            reason = "is a subcommand whose name is known only while the script runs"
            yield Unused(line=choice.line, found="add_parser", reason=reason)
            continue
        here = (*words, choice.word)
        description = _description(choice.parser) or line_of(choice.summary, MAX_DESCRIPTION)
        yield CommandStated(line=choice.line, words=here, description=description, dialect=Dialect.ARGPARSE)
        yield from _parser(choice.parser, prefixes, here, names)


def _manners(parser: Parser) -> Manners:
    flags = [name for added in parser.added for name in added.names if isinstance(name, str)]
    return Manners(
        letters_equal=True,
        signs=parser.prefixes,
        file_signs=parser.file_prefixes,
        takes_negatives=not any(_NEGATIVE.fullmatch(flag) for flag in flags),
        goes_on=parser.subparsers is not None or parser.is_intermixed,
    )
