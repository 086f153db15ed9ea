"""The subcommands of a script as argc gathers them, and what it refuses about them: a job of such a script never runs.

After argc's src/command/mod.rs: a tag ``@cmd`` and what follows it belong to the function below; one that is named
``outer::inner`` lies in another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.scripts.annotations.argc.source import Block, Function
from runner.scripts.annotations.statements import Mistake
from runner.system.text import quoted

Words = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class ArgcCommand:
    """The script itself, which has no ``words``, or one of its subcommands, with the tags that describe it."""

    words: Words = ()
    title: Block | None = None
    blocks: list[Block] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.title.line if self.title else 1

    def has(self, key: str) -> bool:
        """Whether a tag ``@meta`` of this key stands here."""
        return any(block.name == "meta" and block.body.split(" ")[0] == key for block in self.blocks)


@dataclass(slots=True, kw_only=True)
class ArgcScript:
    """All that argc gathers from a file: ``functions`` are lines by name, ``outer`` what others lie in."""

    commands: dict[Words, ArgcCommand] = field(default_factory=lambda: {(): ArgcCommand()})
    functions: dict[str, int] = field(default_factory=dict)
    outer: set[Words] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def whole(self) -> ArgcCommand:
        """What is said of the script itself."""
        return self.commands[()]

    def around(self, words: Words) -> list[ArgcCommand]:
        """The commands in which one lies, from the script itself on."""
        return [self.commands[words[:count]] for count in range(len(words)) if words[:count] in self.commands]

    def is_innermost(self, words: Words) -> bool:
        """Whether no command lies in it."""
        return words not in self.outer


def gathered(found: Iterable[Block | Function]) -> ArgcScript:
    """The commands of a script, with all that argc refuses about them."""
    gathering = _Gathering()
    for each in found:
        if isinstance(each, Function):
            gathering.take_function(each)
        elif each.name == "cmd":
            gathering.begin(each)
        else:
            gathering.take(each)
    gathering.finish()
    return gathering.script


class _Gathering:
    """``_open`` is what a tag belongs to now; after a function that is nothing, up to the next ``@cmd``."""

    def __init__(self) -> None:
        self.script = ArgcScript()
        self._open: ArgcCommand | None = self.script.whole
        self._names: dict[Words, int] = {}
        self._defaults: dict[Words, int] = {}

    def begin(self, block: Block) -> None:
        self.finish()
        self._open = ArgcCommand(title=block)

    def take(self, block: Block) -> None:
        if self._open is None:
            self._refuse(block, "stands behind a function, where argc takes nothing but @cmd: put it before the first")
        else:
            self._open.blocks.append(block)

    def take_function(self, function: Function) -> None:
        words = tuple(part.rstrip("_") for part in function.name.split("::"))
        if words in self._names:
            message = f"is the name of a subcommand in line {self._names[words]} already"
            self.script.mistakes.append(Mistake(line=function.line, found=function.name, message=message))
        elif self._open is not None and self._open.title is not None:
            self._name(self._open, self._open.title, words, function)
        self.script.functions.setdefault(function.name, function.line)
        self._open = None

    def finish(self) -> None:
        if self._open is not None and self._open.title is not None:
            self._refuse(self._open.title, "has no function below it")
            self._open = None

    def _name(self, command: ArgcCommand, title: Block, words: Words, function: Function) -> None:
        if words[:-1] not in self.script.commands:
            outer = quoted("::".join(words[:-1]))
            self._refuse(title, f"lies in {outer}, which is no subcommand: put a @cmd with that function before it")
            return
        self._names[words] = function.line
        for block in command.blocks:
            if block.name == "alias":
                self._take_aliases(block, words[:-1])
        if command.has("default-subcommand"):
            self._check_default(title, words[:-1])
        command.words = words
        self.script.commands[words] = command
        self.script.outer.add(words[:-1])

    def _check_default(self, title: Block, outer: Words) -> None:
        before = self._defaults.setdefault(outer, title.line)
        if before != title.line:
            self._refuse(title, f"is a default subcommand, and so is that in line {before}")
        elif any(block.name == "arg" for block in self.script.commands[outer].blocks):
            self._refuse(title, "is a default subcommand, which does not go with an @arg of what it lies in")

    def _take_aliases(self, block: Block, outer: Words) -> None:
        for alias in (each.strip() for each in block.body.split(",")):
            before = self._names.setdefault((*outer, alias), block.line)
            if before != block.line:
                self._refuse(block, f"names {quoted(alias)}, which is a subcommand or alias in line {before} already")

    def _refuse(self, block: Block, message: str) -> None:
        self.script.mistakes.append(
            Mistake(line=block.line, found=block.written, message=f"{message}; argc refuses every job")
        )
