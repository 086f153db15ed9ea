"""Reads Click's commands out of a source: the script's text, its options and arguments, its subcommands."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress

from runner.scripts.annotations.python import mapping
from runner.scripts.annotations.python.arguments import Manners
from runner.scripts.annotations.python.click_calls import Click, ClickCommand, ClickSubcommand, is_own
from runner.scripts.annotations.python.click_parameters import parameters
from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.following import Following
from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.texts import paragraph
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

_DEEPEST = 5  # subcommands of subcommands
_MOST = 2_000  # commands and parameters of all groups together, those of several words each time
_SUFFIXES = ("command", "cmd", "group", "grp")


def statements(module: ast.Module, prefixes: Prefixes) -> Iterator[FileStatement]:
    """What the command that reads the command line states; nothing where the source makes none."""
    library = Click()
    following = Following(module, library)
    library.uncertain = following.uncertain
    try:
        with suppress(Finished):
            following.run()
    except Exhausted:
        line = library.made[0].line if library.made else 1
        message = "has more steps than are followed; describe the parameters in lines of ScriptRunner's own instead"
        yield Mistake(line=line, found="click", message=message, dialect=Dialect.CLICK)
        return
    if library.run is None:
        for each in library.made[:1]:
            reason = "is called by nothing in this file, so that nothing of the command line reaches it"
            yield Unused(line=each.line, found=f"@click.{each.kind}", reason=reason)
        return
    yield from command_statements(library.run, prefixes, Dialect.CLICK)


def command_statements(command: ClickCommand, prefixes: Prefixes, dialect: Dialect) -> Iterator[FileStatement]:
    """What the command that reads the command line states, with all that its words choose from."""
    if description := _description(command):
        entry = Entry(description, command.line, "the docstring", dialect)
        yield OptionsStated(entries={"description": entry})
    yield from _Commands(prefixes, dialect).statements(command, (), set())


def _description(command: ClickCommand) -> str:
    given = command.call.option("help")
    if given is None and command.function is not None and not isinstance(command.function.node, ast.Lambda):
        given = ast.get_docstring(command.function.node)
    return paragraph(given) or paragraph(command.call.option("short_help"))


class _Commands:
    """States commands within commands, up to so many together."""

    def __init__(self, prefixes: Prefixes, dialect: Dialect) -> None:
        self._prefixes, self._dialect = prefixes, dialect
        self._left = _MOST

    def statements(self, command: ClickCommand, words: tuple[str, ...], taken: set[str]) -> Iterator[FileStatement]:
        """What a command states and, behind it, its commands; no parameter has a name that is ``taken``."""
        for found in command.foreign:
            reason = "may add options or commands: what is in other files is not read"
            yield Unused(line=command.line, found=found, reason=reason)
        if "cls" in command.call.options and not is_own(command.call.option("cls")):
            reason = "may add options or commands: what a class adds is known only while it runs"
            yield Unused(line=command.line, found="cls=…", reason=reason)
        manners = Manners(letters_equal=False, goes_on=command.is_group)
        stated = list(mapping.statements(parameters(command, self._prefixes), manners, self._dialect, taken))
        yield from stated
        if command.is_group:
            names = taken | {each.name for each in stated if isinstance(each, ParameterStated)}
            yield from self._group(command, words, names)

    def _group(self, group: ClickCommand, words: tuple[str, ...], names: set[str]) -> Iterator[FileStatement]:
        if group.call.option("invoke_without_command") is True:
            reason = "is left out: each script is one of the commands"
            yield Unused(line=group.line, found="invoke_without_command=True", reason=reason)
        is_any = False
        for word, each in {_word(each): each for each in group.commands}.items():
            if refusal := self._refusal(each, word, words):
                yield Unused(line=each.line, found=word or "command", reason=refusal)
                continue
            is_any = True
            here = (*words, word or "")
            description = _description(each.command)
            yield CommandStated(line=each.line, words=here, description=description, dialect=self._dialect)
            yield from self.statements(each.command, here, names)
        if not is_any:
            message = (
                "goes on with commands that are known only while the script runs; "
                "describe the parameters in lines of ScriptRunner's own instead"
            )
            yield Mistake(line=group.line, found="the group of commands", message=message, dialect=self._dialect)

    def _refusal(self, sub: ClickSubcommand, word: str | None, words: Sequence[str]) -> str | None:
        """Why a command is no script here."""
        self._left -= 1 + len(sub.command.declared)
        if word is None or not word.strip() or word.startswith("-"):
            return "is a subcommand whose name is known only while the script runs"
        if sub.doubts:
            return f"is added {sub.doubts[-1]}"
        if sub.command.call.option("hidden") is True:
            return "is hidden from people by its author"
        return "is one command more than is followed" if len(words) == _DEEPEST or self._left < 0 else None


def _word(sub: ClickSubcommand) -> str | None:
    """What calls a command: the name it is given, or its function's as Click makes it a word."""
    if sub.word is not None:
        return sub.word if isinstance(sub.word, str) else None
    given = sub.command.call.option("name", 0)
    function = sub.command.function
    if isinstance(given, str):
        return given
    if given is not None or function is None or isinstance(function.node, ast.Lambda):
        return None
    word = function.node.name.lower().replace("_", "-")
    beginning, dash, suffix = word.rpartition("-")
    return beginning if dash and suffix in _SUFFIXES else word
