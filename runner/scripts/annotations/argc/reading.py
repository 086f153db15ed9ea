"""What the tags of a script that calls argc state, of the script and of each of its subcommands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from runner.scripts.annotations.argc import commands, grammar, source
from runner.scripts.annotations.argc.checks import refused
from runner.scripts.annotations.argc.commands import ArgcCommand, ArgcScript
from runner.scripts.annotations.argc.grammar import NotArgc, Tag
from runner.scripts.annotations.argc.mapping import ArgcContext, parameters
from runner.scripts.annotations.argc.names import Names
from runner.scripts.annotations.argc.source import Block
from runner.scripts.annotations.commands import MAX_STATEMENTS
from runner.scripts.annotations.statements import (
    CommandStated,
    Dialect,
    Entry,
    FileStatement,
    Mistake,
    OptionsStated,
    Statement,
    Unused,
)
from runner.scripts.parameters.options import MAX_DESCRIPTION, MAX_OWNER
from runner.system.text import clipped

_INHERITED = "has its own in the subcommand in line {}, which counts there; the one of all cannot be given beside it"
_OF_MAIN = "belongs to the script without a subcommand, and each subcommand is a script here"
_KNOWN = ("describe", "meta", "version", "author", "alias")
_SYMBOL = re.compile(r"symbol\s+(?P<sign>[@+])[A-Za-z0-9_.:@-]+(?:\[`[^`]+`\])?")


def statements(text: str, *, marker: str, input_prefix: str, output_prefix: str) -> Iterator[FileStatement]:
    """What the tags state, in a file that calls argc; elsewhere such lines are comments like any other.

    Of subcommands those that hold no others are scripts; what is said of all stands before the first.
    """
    script = commands.gathered(source.read(text, marker))
    reading = _Reading(script, is_built=source.BUILT in text, input_prefix=input_prefix, output_prefix=output_prefix)
    yield from script.mistakes
    yield from reading.of_the_whole()
    if reading.is_refused:
        return
    for words, command in script.commands.items():
        if words:
            yield CommandStated(
                line=command.line, words=words, description=reading.description(command), dialect=Dialect.ARGC
            )
            yield from reading.of_a_command(command)


def unused(text: str, *, marker: str) -> Iterator[Statement]:
    """The tags of a file whose parameters are described otherwise."""
    for block in source.read(text, marker):
        if isinstance(block, Block):
            yield Unused(
                line=block.line,
                found=block.written,
                reason=f"the parameters in lines {marker} count instead",
                matters=False,
            )


@dataclass(slots=True, kw_only=True)
class _Tags:
    """The tags of one command: those that are parameters, and what the others state."""

    tags: list[Tag] = field(default_factory=list)
    others: list[Statement] = field(default_factory=list)
    signs: str = ""


class _Reading:
    """Reads a script's commands; ``_names`` are those that parameters of all have taken."""

    def __init__(self, script: ArgcScript, *, is_built: bool, input_prefix: str, output_prefix: str) -> None:
        self._script = script
        self._is_built = is_built
        self._input_prefix, self._output_prefix = input_prefix, output_prefix
        self._read = {words: _tags(command) for words, command in script.commands.items()}
        self._inherits = script.whole.has("inherit-flag-options")
        self._names: dict[commands.Words, Names] = {}
        self.is_refused = False

    def of_the_whole(self) -> Iterator[Statement]:
        whole = self._read[()]
        mistakes = [*self._mistakes(), *self._too_many()]
        self.is_refused = bool(mistakes)
        yield from mistakes
        yield from whole.others
        yield from (each for words, read in self._read.items() if words for each in read.others if _is_wrong(each))
        if self.is_refused:
            return
        if len(self._script.commands) == 1:
            yield from parameters(whole.tags, self._around((), whole.tags), Names())
        else:
            yield from self._of_those_within(self._script.whole)
            if main := self._script.functions.get("main"):
                yield Unused(
                    line=main, found="main", reason="runs without a subcommand, which no form here does", matters=False
                )

    def _mistakes(self) -> Iterator[Mistake]:
        for read in self._read.values():
            yield from refused(read.tags, self._script.functions)

    def _too_many(self) -> Iterator[Mistake]:
        """Where every command has so much from those around it that reading it would take long."""
        of_others = sum(len(read.tags) for words, read in self._read.items() if not self._script.is_innermost(words))
        if of_others * len(self._read) > MAX_STATEMENTS:
            message = f"is one of {len(self._read):,} commands with {of_others:,} parameters of all, which are too many"
            yield Mistake(line=1, found="@cmd", message=message)

    def of_a_command(self, command: ArgcCommand) -> Iterator[Statement]:
        read = self._read[command.words]
        yield from (each for each in read.others if not _is_wrong(each))
        if not self._script.is_innermost(command.words):
            yield from self._of_those_within(command)
            return
        if command.words[-1].startswith("_"):
            yield OptionsStated(entries={"hidden": Entry("true", command.line, command.words[-1], Dialect.ARGC)})
        tags = [*self._inherited(command), *read.tags]
        yield from parameters(tags, self._around(command.words, tags), self._names_for(command.words))

    def description(self, command: ArgcCommand) -> str:
        """What ``@cmd`` says; a ``@describe`` below it counts instead."""
        blocks = [each for each in command.blocks if each.name == "describe"]
        if blocks:
            return clipped(blocks[-1].described(blocks[-1].body), MAX_DESCRIPTION)
        return clipped(command.title.described(command.title.body), MAX_DESCRIPTION) if command.title else ""

    def _of_those_within(self, command: ArgcCommand) -> Iterator[Statement]:
        """The flags and options that stand before the word of what lies in a command; ``@env`` is told at each."""
        given: list[Tag] = []
        owns = self._flags_within(command)
        for tag in self._read[command.words].tags:
            own = owns.get(tag.flag)
            if tag.kind == "arg":
                yield Unused(line=tag.line, found=tag.written, reason=_OF_MAIN, matters=False)
            elif tag.kind == "env" or self._inherits:
                continue
            elif own is None:
                given.append(tag)
            elif tag.is_required:
                yield Mistake(line=tag.line, found=tag.written, message=_INHERITED.format(own.line))
            else:
                yield Unused(line=tag.line, found=tag.written, reason=_INHERITED.format(own.line), matters=False)
        names = self._names[command.words] = self._names_for(command.words)
        yield from parameters(given, self._around(command.words, given), names)

    def _flags_within(self, command: ArgcCommand) -> dict[str, Tag]:
        """The flags and options of the commands that lie in this one, by their flags."""
        depth = len(command.words)
        within = [words for words in self._read if words[:depth] == command.words and words != command.words]
        return {tag.flag: tag for words in within for tag in self._read[words].tags if tag.flag}

    def _inherited(self, command: ArgcCommand) -> list[Tag]:
        """What a command has from those around it: variables always, the others where the script says so."""
        found = list(self._read[command.words].tags)
        for outer in reversed(self._script.around(command.words)):
            taken = {(tag.kind == "env", tag.name) for tag in found}
            for tag in reversed(self._read[outer.words].tags):
                is_passed_on = tag.kind == "env" or (self._inherits and tag.kind != "arg")
                if is_passed_on and (tag.kind == "env", tag.name) not in taken:
                    found.insert(0, tag)
        return found[: len(found) - len(self._read[command.words].tags)]

    def _names_for(self, words: commands.Words) -> Names:
        outer = [self._names[words[:count]] for count in range(len(words)) if words[:count] in self._names]
        return Names(name for names in outer for name in names.taken)

    def _around(self, words: commands.Words, tags: Sequence[Tag]) -> ArgcContext:
        signs = "-" + self._read[words].signs
        signs += "+" if any(tag.flag.startswith("+") for tag in tags) and "+" not in signs else ""
        is_bare = not self._is_built and not any(tag.flag for tag in tags) and self._script.is_innermost(words)
        args = [tag for tag in tags if tag.kind == "arg"]
        return ArgcContext(
            signs=signs,
            first_position=args[0].name if args else "",
            is_built=self._is_built,
            takes_numbers=is_bare,
            is_last=self._script.is_innermost(words),
            takes_anything=is_bare and words == () and len(args) == 1 and args[0].modifier == "~",
            input_prefix=self._input_prefix,
            output_prefix=self._output_prefix,
        )


def _is_wrong(statement: Statement) -> bool:
    return isinstance(statement, Mistake)


def _tags(command: ArgcCommand) -> _Tags:
    read = _Tags()
    for block in command.blocks:
        if block.name in grammar.KINDS:
            try:
                tag = grammar.parsed(block.name, block.line, block.body)
            except NotArgc:
                message = f"is no @{block.name} that argc can read"
                read.others.append(Mistake(line=block.line, found=block.written, message=message))
            else:
                read.tags.append(replace(tag, description=block.described(tag.description)))
        else:
            symbol = _SYMBOL.fullmatch(block.body) if block.name == "meta" else None
            read.signs += symbol["sign"] if symbol else ""
            if not (command.words and block.name == "describe"):
                read.others.append(_option(block))
    return read


def _option(block: Block) -> Statement:
    """What a tag that is no parameter says of the script itself."""
    key, _, value = block.body.partition(" ")
    is_needed = block.name == "meta" and key in ("author", "version")
    if block.name not in _KNOWN:
        return _mistake(block, "is no tag of argc")
    if block.name in ("meta", "alias") and not key:
        return _mistake(block, "says nothing")
    if is_needed and not value.strip():
        return _mistake(block, f"gives no {key}")
    if block.name == "meta" and key == "symbol" and not _SYMBOL.fullmatch(block.body):
        return _mistake(block, "is no symbol: it must be @NAME or +NAME, with [`function`] or without")
    if block.name == "describe" and block.described(block.body):
        return _stated(block, "description", clipped(block.described(block.body), MAX_DESCRIPTION))
    if block.name == "author" and block.body:
        return _stated(block, "owner", clipped(block.body, MAX_OWNER))
    if block.name == "meta" and key == "author":
        return _stated(block, "owner", clipped(value.strip(), MAX_OWNER))
    return Unused(line=block.line, found=block.written, reason="says nothing that a form needs", matters=False)


def _mistake(block: Block, message: str) -> Mistake:
    return Mistake(line=block.line, found=block.written, message=f"{message}; argc refuses every job")


def _stated(block: Block, option: str, value: str) -> OptionsStated:
    return OptionsStated(entries={option: Entry(value, block.line, block.written, Dialect.ARGC)})
