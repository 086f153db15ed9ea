"""The report of ``scriptrunner check``: all that is wrong with the annotations of files and folders."""

import stat
from collections.abc import Iterable
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.scripts.annotations import AnnotationSettings, Problem
from runner.scripts.catalogue import NOT_EXECUTABLE, BrokenScript, Catalogue, examine
from runner.scripts.script import Script
from runner.system.text import visible


def report(paths: Iterable[Path], settings: AnnotationSettings | None = None) -> list[str]:
    """One line for each problem of the files and of the scripts below the folders, ``FILE:LINE: …``; none is good."""
    return [line for path in paths for line in _lines(path, settings or AnnotationSettings())]


def _lines(path: Path, settings: AnnotationSettings) -> list[str]:
    if not path.is_dir():
        return [_line(path, problem) for problem in problems(path, settings)]
    try:
        broken = Catalogue(path, settings).broken()
    except ScriptRunnerError as error:
        return [_line(path, Problem(message=str(error)))]
    return [_line(each.path, problem) for each in broken for problem in each.problems]


def problems(path: Path, settings: AnnotationSettings) -> tuple[Problem, ...]:
    """What is wrong with a file that was named: it is meant as a script even where it has no annotations."""
    try:
        mode = path.stat().st_mode
        item = examine(path.resolve(), path.name, mode, settings) if stat.S_ISREG(mode) else None
    except OSError as error:
        return (Problem(message=error.strerror or "cannot be read"),)
    if not stat.S_ISREG(mode):
        return (Problem(message="is no regular file"),)
    match item:
        case BrokenScript(problems=found):
            return found
        case None:
            return (NOT_EXECUTABLE,)
        case Script():
            return ()


def _line(path: Path, problem: Problem) -> str:
    place = visible(str(path)) if problem.line is None else f"{visible(str(path))}:{problem.line}"
    return f"{place}: {problem}"
