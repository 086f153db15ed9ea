"""Reads Click's commands out of a source: the script's text, its options and arguments, its subcommands."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress

from runner.scripts.annotations.python import mapping
from runner.scripts.annotations.python.arguments import Manners
from runner.scripts.annotations.python.click_calls import Click, ClickCommand, ClickSubcommand
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
    if description := _description(library.run):
        entry = Entry(description, library.run.line, "the docstring", Dialect.CLICK)
        yield OptionsStated(entries={"description": entry})
    yield from _command(library.run, prefixes, (), set(), [_MOST])


def _description(command: ClickCommand) -> str:
    given = command.call.option("help")
    if given is None and command.function is not None and not isinstance(command.function.node, ast.Lambda):
        given = ast.get_docstring(command.function.node)
    return paragraph(given) or paragraph(command.call.option("short_help"))


def _command(
    command: ClickCommand, prefixes: Prefixes, words: tuple[str, ...], taken: set[str], left: list[int]
) -> Iterator[FileStatement]:
    """What a command states and, behind it, those that its words choose from; no name is one of those ``taken``."""
    for found in command.foreign:
        reason = "may add options or commands: what is in other files is not read"
        yield Unused(line=command.line, found=found, reason=reason)
    manners = Manners(letters_equal=False, goes_on=command.is_group)
    stated = list(mapping.statements(parameters(command, prefixes), manners, Dialect.CLICK, taken))
    yield from stated
    if not command.is_group:
        return
    names = taken | {each.name for each in stated if isinstance(each, ParameterStated)}
    if command.call.option("invoke_without_command") is True:
        reason = "is left out: each script is one of the commands"
        yield Unused(line=command.line, found="invoke_without_command=True", reason=reason)
    is_any = False
    for sub, word, refusal in _subcommands(command, words, left):
        if refusal:
            yield Unused(line=sub.line, found=word, reason=refusal)
            continue
        is_any = True
        here = (*words, word)
        description = _description(sub.command)
        yield CommandStated(line=sub.line, words=here, description=description, dialect=Dialect.CLICK)
        yield from _command(sub.command, prefixes, here, names, left)
    if not is_any:
        message = (
            "goes on with commands that are known only while the script runs; "
            "describe the parameters in lines of ScriptRunner's own instead"
        )
        yield Mistake(line=command.line, found=f"@click.{command.kind}", message=message, dialect=Dialect.CLICK)


def _subcommands(
    group: ClickCommand, words: Sequence[str], left: list[int]
) -> Iterator[tuple[ClickSubcommand, str, str | None]]:
    """The commands of a group by their words, the last where several have one word; why it is none here."""
    last = {_word(each): each for each in group.commands}
    for word, each in last.items():
        left[0] -= 1 + len(each.command.declared)
        if word is None or not word.strip() or word.startswith("-"):
            yield each, "command", "is a subcommand whose name is known only while the script runs"
        elif each.doubts:
            yield each, word, f"is added {each.doubts[-1]}"
        elif each.command.call.option("hidden") is True:
            yield each, word, "is hidden from people by its author"
        elif len(words) == _DEEPEST or left[0] < 0:
            yield each, word, "is one command more than is followed"
        else:
            yield each, word, None


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
