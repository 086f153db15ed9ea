"""What Click's decorators and calls build up: commands with their options and arguments, groups with their commands."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.values import Bound, Class, External, KnownFunction, MadeCall, NotPlain

PACKAGES = ("click", "rich_click", "asyncclick")
_MOST_DECLARED = 2_000  # options and arguments of all commands of a file together
_PARAMETERS = ("option", "argument", "password_option", "confirmation_option")
_TELLING = ("version_option", "help_option", "pass_context", "pass_obj")
_TYPES = ("Choice", "IntRange", "FloatRange", "Path", "File", "DateTime", "Tuple")
_COMMANDS = ("command", "group")
_HARMLESS = ("staticmethod", "classmethod", "contextlib.contextmanager", "functools.cache", "functools.lru_cache")


@dataclass(frozen=True, slots=True, eq=False)
class ParameterType:
    """A type of Click's that is made with options."""

    name: str
    call: MadeCall


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A call that gives a command a parameter; ``doubts`` are the reasons why it may be made never or often."""

    kind: str
    call: MadeCall
    doubts: Sequence[str]
    written: str | None = None


@dataclass(slots=True, eq=False)
class ClickCommand:
    """A command; with ``commands`` a group, which goes on with the word of one of them."""

    line: int
    kind: str
    call: MadeCall
    function: KnownFunction | None
    declared: list[Declaration]
    doubts: int
    foreign: Sequence[str] = ()
    commands: list["ClickSubcommand"] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether a word chooses what follows."""
        return self.kind == "group"


@dataclass(frozen=True, slots=True)
class ClickSubcommand:
    """A command of a group by its word; None stands for the command's own name."""

    word: object
    command: ClickCommand
    line: int
    doubts: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """A decorator that is made with options."""

    kind: str
    call: MadeCall
    of: ClickCommand | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Wraps:
    """The decorator of a function that stands for another, which it takes its parameters from."""

    function: KnownFunction


class Click:
    """Notes what a source has Click do; ``run`` is the command that reads the command line."""

    def __init__(self) -> None:
        self.made: list[ClickCommand] = []
        self.run: ClickCommand | None = None
        self.uncertain: Sequence[str] = ()
        self._declared: dict[KnownFunction, list[Declaration]] = {}
        self._foreign: dict[KnownFunction, list[str]] = {}
        self._count = 0

    def called(self, path: str, call: MadeCall) -> object:
        """What a call of something outside of the file gives; NotPlain where it is not Click's."""
        first = call.arguments[0] if call.arguments else None
        if path == "functools.wraps" and isinstance(first, KnownFunction):
            return _Wraps(first)
        name = _own(path)
        if name in _COMMANDS and isinstance(first, KnownFunction):
            return self._command(_Mark(name, call), first)
        if name in (*_COMMANDS, *_PARAMETERS, *_TELLING):
            return _Mark(name, call)
        if name in _TYPES:
            return ParameterType(name, call)
        if name == "Group":
            return self._made("group", call, None)
        if name == "CommandCollection":
            return self._collected(call)
        if name in ("make_pass_decorator", "pass_meta_key"):
            return External("click.pass_obj")
        raise NotPlain

    def derived(self, of: Class, call: MadeCall) -> object:
        """NotPlain: what a class of the file makes is its own."""
        del of, call
        raise NotPlain

    def held(self, owner: object, name: str) -> object:
        """What an attribute of a command is; NotPlain where the owner is none."""
        if isinstance(owner, ClickCommand):
            return Bound(owner, name)
        raise NotPlain

    def asked(self, owner: object, name: str, call: MadeCall) -> object:
        """What a command or a decorator gives when it is called; NotPlain where it is not Click's.

        Finished where a command reads the command line, Exhausted where there are too many parameters.
        """
        first = call.arguments[0] if call.arguments else None
        match owner, name:
            case ClickCommand(), "__call__" | "main":
                if not isinstance(call.option("args", 0), list | tuple):
                    self.run = owner
                    raise Finished
                raise NotPlain
            case ClickCommand(), "command" | "group":
                mark = _Mark(name, call, owner)
                return self._command(mark, first) if isinstance(first, KnownFunction) else mark
            case ClickCommand(), "add_command":
                command = call.option("cmd", 0)
                if not isinstance(command, ClickCommand):
                    owner.foreign = [*owner.foreign, f"add_command in line {call.line}"]
                    return None
                self._add(owner, call.option("name", 1), command, call.line)
                return None
            case Bound(owner=ClickCommand() as command, name="command" | "group" as kind), "__call__":
                return self._applied(_Mark(kind, call, command), first)
            case _, "__call__":
                return self._decorated(owner, first)
            case _:
                raise NotPlain

    def _decorated(self, mark: object, of: object) -> object:
        match mark:
            case _Mark():
                return self._applied(mark, of)
            case _Wraps(function=function) if isinstance(of, KnownFunction):
                self._declared[of] = self._declared.setdefault(function, [])
                return of
            case External(path=path) if (name := _own(path)) is not None:
                is_command = name in _COMMANDS and isinstance(of, KnownFunction)
                return self._applied(_Mark(name, _nothing(of)), of) if is_command else of
            case _ if isinstance(of, KnownFunction):
                words = mark.path if isinstance(mark, External) else getattr(mark, "written", "")
                if words and words not in _HARMLESS:
                    self._foreign.setdefault(of, []).append(words)
                raise NotPlain
            case _:
                raise NotPlain

    def _applied(self, mark: _Mark, of: object) -> object:
        if mark.kind in _COMMANDS:
            if not isinstance(of, KnownFunction):
                raise NotPlain
            return self._command(mark, of)
        if mark.kind in _PARAMETERS:
            self._count += 1
            if self._count > _MOST_DECLARED:
                raise Exhausted
            declared = Declaration(mark.kind, mark.call, tuple(self.uncertain))
            if isinstance(of, ClickCommand):
                of.declared.append(declared)
            elif isinstance(of, KnownFunction):
                self._declared.setdefault(of, []).append(declared)
        return of

    def _command(self, mark: _Mark, of: KnownFunction) -> ClickCommand:
        call = mark.call
        if call.arguments and call.arguments[0] is of:
            call = replace(call, arguments=call.arguments[1:])
        made = self._made(mark.kind, call, of)
        if mark.of is not None:
            self._add(mark.of, None, made, made.line)
        return made

    def _collected(self, call: MadeCall) -> ClickCommand:
        """A group of the commands of others, which their own options are no part of."""
        made = self._made("group", call, None)
        sources = call.option("sources", 1)
        for each in sources if isinstance(sources, list | tuple) else [None]:
            if isinstance(each, ClickCommand):
                made.commands += each.commands
            else:
                made.foreign = [*made.foreign, "CommandCollection"]
        return made

    def _made(self, kind: str, call: MadeCall, of: KnownFunction | None) -> ClickCommand:
        made = ClickCommand(
            line=of.node.lineno if of is not None else call.line,
            kind=kind,
            call=call,
            function=of,
            declared=list(reversed(self._declared.get(of, []))) if of is not None else [],
            doubts=len(self.uncertain),
            foreign=tuple(self._foreign.get(of, ())) if of is not None else (),
        )
        self.made.append(made)
        return made

    def _add(self, group: ClickCommand, word: object, command: ClickCommand, line: int) -> None:
        self._count += 1
        if self._count > _MOST_DECLARED:
            raise Exhausted
        group.commands.append(ClickSubcommand(word, command, line, tuple(self.uncertain[group.doubts :])))


def is_own(value: object) -> bool:
    """Whether it is something of Click's."""
    return isinstance(value, External) and _own(value.path) is not None


def _own(path: str) -> str | None:
    """The last word of what is Click's, wherever in its package it stands; None for all else."""
    package, *_, name = ("", *path.split(".")) if "." not in path else path.split(".")
    return name if package in PACKAGES else None


def _nothing(of: object) -> MadeCall:
    """The call of a decorator that is given nothing."""
    line = of.node.lineno if isinstance(of, KnownFunction) else 1
    node = ast.Call(func=ast.Name(id="command"), args=[], keywords=[], lineno=line, col_offset=0)
    return MadeCall(node=node, arguments=[], options={})
