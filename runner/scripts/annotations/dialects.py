"""Which dialects a file's annotations are read in, and which of them describes the parameters."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from runner.scripts.annotations import native
from runner.scripts.annotations.argc import statements as argc_statements
from runner.scripts.annotations.argc import unused as argc_unused
from runner.scripts.annotations.python import Prefixes, is_python, program_statements
from runner.scripts.annotations.sbatch import statements as sbatch_statements
from runner.scripts.annotations.statements import CommandStated, FileStatement, Mistake, ParameterStated
from runner.settings import Settings

Word = Annotated[str, Field(pattern=r"^\S+$")]


class AnnotationSettings(Settings):
    """How annotations are told from other comments, in which dialects, and which names mean files."""

    marker: Word = "##~~"
    """What an annotation begins with, behind the sign of the comment; no white space."""
    dialects: tuple[Literal["sbatch", "argc", "python"], ...] = ("sbatch", "argc", "python")
    """What is read besides; [] for none.

    sbatch: Slurm's lines #SBATCH; argc: argc's tags, where a script calls argc; python: what a program of Python tells
    argparse, Click or Typer of its command line.
    """
    input_prefix: Word = "input"
    """Parameters without a type whose names begin like this are files from the inbox."""
    output_prefix: Word = "output"
    """Parameters without a type whose names begin like this are names of files to be written."""


def statements(text: str, settings: AnnotationSettings) -> Iterator[FileStatement]:
    """All that a file's text states, our own dialect first: what is said first is believed.

    argc's tags describe the parameters only where no line of ours does; ours are laid over what a program of Python
    says of the same parameters. What is said of all scripts of the file stands before what is said of one.
    """
    ours = list(native.statements(text, settings.marker))
    has_parameters = any(isinstance(statement, ParameterStated | Mistake) for statement in ours)
    of_commands: list[FileStatement] = []
    if "python" in settings.dialects and is_python(text):
        prefixes = Prefixes(input=settings.input_prefix, output=settings.output_prefix)
        yield from _before_commands(program_statements(text, ours, prefixes), of_commands)
    else:
        yield from ours
    if "argc" in settings.dialects and has_parameters:
        yield from argc_unused(text, marker=settings.marker)
    elif "argc" in settings.dialects:
        found = argc_statements(
            text,
            marker=settings.marker,
            input_prefix=settings.input_prefix,
            output_prefix=settings.output_prefix,
        )
        yield from _before_commands(found, of_commands)
    if "sbatch" in settings.dialects:
        yield from sbatch_statements(text)
    yield from of_commands


def _before_commands(found: Iterator[FileStatement], rest: list[FileStatement]) -> Iterator[FileStatement]:
    """What is stated before the first command; what follows is put into ``rest``."""
    for statement in found:
        if isinstance(statement, CommandStated):
            rest += [statement, *found]
            return
        yield statement
