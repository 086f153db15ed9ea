"""What annotations state, whatever dialect they are written in: options of the script, parameters, or a mistake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runner.scripts.annotations import yaml_flow


class Dialect(StrEnum):
    """The ways of writing annotations, in the order in which they are believed."""

    OURS = "ours"
    ARGC = "argc"
    SBATCH = "sbatch"
    ARGPARSE = "argparse"
    CLICK = "click"
    TYPER = "typer"


IN_CODE = (Dialect.ARGPARSE, Dialect.CLICK, Dialect.TYPER)
"""Those that read what a program does anyway: they make no script of a file that is not meant as one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One option with the line it stands on; the value is text, or a list or mapping of such.

    ``written`` is how the line puts it where that is not ``OPTION: VALUE``.
    """

    value: object
    line: int
    written: str | None = None
    dialect: Dialect = Dialect.OURS

    def found(self, option: str) -> str:
        """The option as it was written, for people."""
        return self.written or f"{option}: {yaml_flow.written(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsStated:
    """Options of the script itself."""

    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterStated:
    """A parameter with its options; a dialect that knows no type leaves ``type`` out."""

    line: int
    name: str
    description: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    dialect: Dialect = Dialect.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A line that states nothing because it cannot be understood."""

    line: int
    found: str
    message: str
    dialect: Dialect = Dialect.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """What a line says that has no effect here, and why; nothing is wrong with it.

    It ``matters`` where people who know the line would expect an effect, and then they are told.
    """

    line: int
    found: str
    reason: str
    matters: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStated:
    """Variables that the script finds when it is started as its dialect has it, whatever is entered."""

    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStated:
    """A subcommand of a file that holds several scripts, by the words that name it, from the outermost on.

    What is stated after it, up to the next one, belongs to it and to all whose words begin with its own; what is stated
    before the first one belongs to all. Each one that no other's words begin with is a script of its own. Its words are
    arguments: each stands behind the parameters of all that it lies in and before its own.
    """

    line: int
    words: tuple[str, ...]
    description: str = ""
    dialect: Dialect = Dialect.OURS


def is_annotation(statement: "FileStatement") -> bool:
    """Whether somebody wrote it for a form, or as a comment that means the same."""
    match statement:
        case Unused() | EnvironmentStated():
            return False
        case OptionsStated(entries=entries):
            return any(entry.dialect not in IN_CODE for entry in entries.values())
        case ParameterStated(dialect=dialect) | Mistake(dialect=dialect) | CommandStated(dialect=dialect):
            return dialect not in IN_CODE


Statement = OptionsStated | ParameterStated | EnvironmentStated | Mistake | Unused
FileStatement = Statement | CommandStated
