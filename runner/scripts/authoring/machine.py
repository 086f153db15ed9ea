"""What this machine lacks for a script to run: programs, and files of choices; other machines may have them."""

from collections.abc import Iterator
from pathlib import Path

from runner.scripts import starting
from runner.scripts.annotations import Annotations, Problem
from runner.scripts.parameters import Choice, ChoicesFrom, Suggesting
from runner.system.text import quoted


def problems(path: Path, found: Annotations) -> Iterator[Problem]:
    """What is lacking for a file whose first line is right; nothing where the file cannot be read."""
    try:
        words = starting.lacking(path)
    except OSError:
        return
    if words is not None:
        yield Problem(line=1, message=words)
    for each in found.commands or (found,):
        yield from _sources(path.parent, each)


def _sources(folder: Path, found: Annotations) -> Iterator[Problem]:
    for parameter in found.parameters:
        if isinstance(parameter, Choice | Suggesting):
            option = "choices_from" if isinstance(parameter, Choice) else "suggestions_from"
            source: ChoicesFrom | None = getattr(parameter, option)
            words = None if source is None else _lacking(folder, source)
            if words is not None:
                stated = found.sources.parameters[parameter.name]
                entry = stated.entries.get(option)
                yield Problem(line=entry.line if entry else stated.line, message=f"{option}: {words}")


def _lacking(folder: Path, source: ChoicesFrom) -> str | None:
    if source.file is not None:
        return None if (folder / source.file).is_file() else f"the file {quoted(source.file)} is not there"
    words = starting.lacking_program(source.command[0], folder)
    return None if words is None else f"the program {quoted(source.command[0])} {words}"
