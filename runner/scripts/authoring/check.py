"""The report of ``scriptrunner check``: all that is wrong with the annotations of files and folders."""

import stat
from collections.abc import Iterable
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.scripts.annotations import AnnotationSettings, Problem
from runner.scripts.catalogue import NOT_EXECUTABLE, BrokenScript, Catalogue, examine, refusing
from runner.scripts.exposure import Trust, Writers
from runner.scripts.script import Script
from runner.system.text import visible


def report(
    paths: Iterable[Path], settings: AnnotationSettings | None = None, *, refused: Writers = Writers.OTHERS
) -> list[str]:
    """One line for each problem of the files and of the scripts below the folders, ``FILE:LINE: …``; none is good.

    That those who are ``refused`` can change a script is one.
    """
    return [line for path in paths for line in _lines(path, settings or AnnotationSettings(), refused)]


def notes(paths: Iterable[Path], *, refused: Writers = Writers.OTHERS) -> list[str]:
    """One line for each thing below the folders that others can change though it is run, and each link out of them."""
    return [line for path in paths if path.is_dir() for line in _notes(path, refused)]


def _notes(path: Path, refused: Writers) -> list[str]:
    try:
        catalogue = Catalogue(path, refused=refused)
        trust = catalogue.trust()
        exposed = [f"{each}" for each in catalogue.exposures() if not trust.refuses(each)]
    except ScriptRunnerError:
        return []  # the report says so
    return [*exposed, *trust.links_out()]


def _lines(path: Path, settings: AnnotationSettings, refused: Writers) -> list[str]:
    if not path.is_dir():
        return [_line(path, problem) for problem in problems(path, settings, refused=refused)]
    try:
        broken = Catalogue(path, settings, refused=refused).broken()
    except ScriptRunnerError as error:
        return [_line(path, Problem(message=str(error)))]
    return list(dict.fromkeys(_line(each.path, problem) for each in broken for problem in each.problems))


def problems(path: Path, settings: AnnotationSettings, *, refused: Writers = Writers.OTHERS) -> tuple[Problem, ...]:
    """What is wrong with a file that was named: it is meant as a script even where it has no annotations."""
    try:
        mode = path.stat().st_mode
        items = _examined(path, mode, settings, refused) if stat.S_ISREG(mode) else ()
    except OSError as error:
        return (Problem(message=error.strerror or "cannot be read"),)
    if not stat.S_ISREG(mode):
        return (Problem(message="is no regular file"),)
    broken = [each for each in items if isinstance(each, BrokenScript)]
    return tuple(dict.fromkeys(problem for each in broken for problem in each.problems)) if items else (NOT_EXECUTABLE,)


def _examined(
    path: Path, mode: int, settings: AnnotationSettings, refused: Writers
) -> tuple[Script | BrokenScript, ...]:
    trust = Trust.of(path.resolve().parent, refused)
    exposure = trust.of_path(path.resolve())
    is_refused = exposure is not None and trust.refuses(exposure)
    return refusing(
        examine(path.resolve(), path.name, mode, settings), [exposure] if exposure is not None and is_refused else []
    )


def _line(path: Path, problem: Problem) -> str:
    place = visible(str(path)) if problem.line is None else f"{visible(str(path))}:{problem.line}"
    return f"{place}: {problem}"
