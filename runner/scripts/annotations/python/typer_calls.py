"""What Typer's calls build up: programs with their functions, as commands or groups of them."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.values import Bound, Class, External, KnownFunction, MadeCall, NotPlain

_MOST_FUNCTIONS = 1_000  # of all programs of a file together
_MADE_OF_FUNCTION = ("command", "callback")


@dataclass(frozen=True, slots=True, eq=False)
class TyperParameter:
    """What a function says of one of its parameters: ``Option(…)`` or ``Argument(…)``."""

    is_option: bool
    call: MadeCall


@dataclass(frozen=True, slots=True, eq=False)
class TyperCommand:
    """A function as a command, with the call that makes it one; ``doubts`` are the reasons why it may not be."""

    function: KnownFunction
    call: MadeCall
    doubts: Sequence[str]


@dataclass(slots=True, eq=False)
class TyperProgram:
    """What ``typer.Typer`` makes: commands, and programs within it, each with the call that adds it."""

    call: MadeCall
    doubts: int
    commands: list[TyperCommand] = field(default_factory=list)
    programs: list[tuple[MadeCall, "TyperProgram | None", Sequence[str]]] = field(default_factory=list)
    callback: TyperCommand | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Making:
    """A decorator that adds a function to a program."""

    of: TyperProgram
    kind: str
    call: MadeCall


class Typer:
    """Notes what a source has Typer do; ``run`` is what reads the command line."""

    def __init__(self) -> None:
        self.made: list[TyperProgram] = []
        self.run: TyperProgram | TyperCommand | None = None
        self.uncertain: Sequence[str] = ()
        self._count = 0

    def called(self, path: str, call: MadeCall) -> object:
        """What a call of something outside of the file gives; NotPlain where it is not Typer's.

        Finished where a function is made the program.
        """
        first = call.arguments[0] if call.arguments else None
        match path.removeprefix("typer.") if path.startswith("typer.") else "":
            case "Typer":
                made = TyperProgram(call=call, doubts=len(self.uncertain))
                if isinstance(function := call.option("callback"), KnownFunction):
                    made.callback = TyperCommand(function, call, ())
                self.made.append(made)
                return made
            case "Option" | "params.Option":
                return TyperParameter(is_option=True, call=call)
            case "Argument" | "params.Argument":
                return TyperParameter(is_option=False, call=call)
            case "run" if isinstance(first, KnownFunction):
                self.run = TyperCommand(first, replace(call, arguments=(), options={}), ())
                raise Finished
            case _:
                raise NotPlain

    def derived(self, of: Class, call: MadeCall) -> object:
        """NotPlain: what a class of the file makes is its own."""
        del of, call
        raise NotPlain

    def held(self, owner: object, name: str) -> object:
        """What an attribute of a program is; NotPlain where the owner is none."""
        if isinstance(owner, TyperProgram):
            return Bound(owner, name)
        raise NotPlain

    def asked(self, owner: object, name: str, call: MadeCall) -> object:
        """What a program or a decorator gives when it is called; NotPlain where it is not Typer's.

        Finished where a program reads the command line, Exhausted where there are too many functions.
        """
        first = call.arguments[0] if call.arguments else None
        match owner, name:
            case TyperProgram(), "__call__":
                if not isinstance(call.option("args", 0), list | tuple):
                    self.run = owner
                    raise Finished
                raise NotPlain
            case TyperProgram(), "add_typer":
                self._counted()
                added = call.option("typer_instance", 0)
                program = added if isinstance(added, TyperProgram) else None
                owner.programs.append((call, program, self._doubts(owner)))
                return None
            case TyperProgram(), _ if name in _MADE_OF_FUNCTION:
                return _Making(owner, name, call)
            case _Making(), "__call__" if isinstance(first, KnownFunction):
                self._counted()
                made = TyperCommand(first, owner.call, self._doubts(owner.of))
                if owner.kind == "callback":
                    owner.of.callback = made
                else:
                    owner.of.commands.append(made)
                return first
            case _:
                raise NotPlain

    def _doubts(self, program: TyperProgram) -> Sequence[str]:
        return tuple(self.uncertain[program.doubts :])

    def _counted(self) -> None:
        self._count += 1
        if self._count > _MOST_FUNCTIONS:
            raise Exhausted


def external_name(value: object) -> str:
    """The last word of what something outside of the file is called."""
    return value.path.split(".")[-1] if isinstance(value, External) else ""


def synthetic(line: int, options: dict[str, object], arguments: Sequence[object] = ()) -> MadeCall:
    """A call that nobody wrote, with what it would be given."""
    node = ast.Call(func=ast.Name(id="typer"), args=[], keywords=[], lineno=line, col_offset=0)
    return MadeCall(node=node, arguments=arguments, options=options)
