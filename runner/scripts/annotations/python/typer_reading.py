"""Reads Typer's programs out of a source: its functions become commands as Click has them."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress

from runner.scripts.annotations.python import click_reading
from runner.scripts.annotations.python.click_calls import ClickCommand, ClickSubcommand
from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.following import Following
from runner.scripts.annotations.python.kinds import Prefixes
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.typer_calls import Typer, TyperCommand, TyperProgram, synthetic
from runner.scripts.annotations.python.typer_signatures import Signatures
from runner.scripts.annotations.python.values import MadeCall
from runner.scripts.annotations.statements import Dialect, FileStatement, Mistake, Unused

_DEEPEST = 6  # programs within each other


def statements(module: ast.Module, prefixes: Prefixes) -> Iterator[FileStatement]:
    """What the program that reads the command line states; nothing where the source makes none."""
    library = Typer()
    following = Following(module, library)
    library.uncertain = following.uncertain
    try:
        with suppress(Finished):
            following.run()
        command = _Commands(Signatures(following, module)).of(library.run)
    except Exhausted:
        line = library.made[0].call.line if library.made else 1
        message = "has more steps than are followed; describe the parameters in lines of ScriptRunner's own instead"
        yield Mistake(line=line, found="typer", message=message, dialect=Dialect.TYPER)
        return
    if command is not None:
        yield from click_reading.command_statements(command, prefixes, Dialect.TYPER)
        return
    for each in library.made[:1]:
        reason = "is called by nothing in this file, so that nothing of the command line reaches it"
        yield Unused(line=each.call.line, found="typer.Typer", reason=reason)


class _Commands:
    """Makes commands of functions and programs; Exhausted where there are too many."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self._left = 1_000

    def of(self, run: TyperProgram | TyperCommand | None) -> ClickCommand | None:
        """The command that a function is, or a program: of one function alone that function, otherwise a group."""
        match run:
            case TyperCommand():
                return self._command(run, run.call)
            case TyperProgram(commands=[only], programs=[], callback=None):
                return self._command(only, only.call)
            case TyperProgram():
                return self._group(run, run.call, 0)
            case None:
                return None

    def _command(self, of: TyperCommand, call: MadeCall) -> ClickCommand:
        self._left -= 1
        if self._left < 0:
            raise Exhausted
        return ClickCommand(
            line=of.function.node.lineno,
            kind="command",
            call=call,
            function=of.function,
            declared=list(self._signatures.declarations(of.function)),
            doubts=0,
        )

    def _group(self, of: TyperProgram, call: MadeCall, depth: int) -> ClickCommand:
        back = of.callback
        options = {**of.call.options, **(back.call.options if back else {}), **call.options}
        made = ClickCommand(
            line=call.line,
            kind="group",
            call=synthetic(call.line, options),
            function=back.function if back else None,
            declared=list(self._signatures.declarations(back.function)) if back else [],
            doubts=0,
        )
        for each in of.commands:
            word = each.call.option("name", 0) or _word(each)
            command = self._command(each, each.call)
            made.commands.append(ClickSubcommand(word, command, command.line, each.doubts))
        for added, program, doubts in of.programs:
            self._add(made, added, program, doubts, depth)
        return made

    def _add(
        self, group: ClickCommand, added: MadeCall, program: TyperProgram | None, doubts: Sequence[str], depth: int
    ) -> None:
        """Add a program to a group: by its name, or else its commands themselves."""
        if program is None or depth >= _DEEPEST:
            group.foreign = [*group.foreign, f"add_typer in line {added.line}"]
            return
        self._left -= 1
        if self._left < 0:
            raise Exhausted
        within = self._group(program, added, depth + 1)
        word = within.call.option("name")
        if word is None:
            group.commands += within.commands
            return
        group.commands.append(ClickSubcommand(word, within, added.line, doubts))


def _word(of: TyperCommand) -> str:
    return getattr(of.function.node, "name", "").lower().replace("_", "-")
