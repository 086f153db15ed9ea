"""The report of ``scriptrunner check``: what is wrong with files and folders of scripts, and what is worth a look."""

import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.scripts import annotations, files, starting
from runner.scripts.annotations import AnnotationSettings, Problem, near_misses
from runner.scripts.authoring import encoding, machine, secret_names
from runner.scripts.catalogue import NOT_EXECUTABLE, BrokenScript, Catalogue, examine, refusing
from runner.scripts.exposure import Trust, Writers
from runner.scripts.files import Beginning
from runner.scripts.script import Script
from runner.system.text import visible

_MOST_UNLISTED = 20
_MOST_IN_VAIN = 10


def report(
    paths: Iterable[Path], settings: AnnotationSettings | None = None, *, refused: Writers = Writers.OTHERS
) -> list[str]:
    """One line for each problem of the files and of the scripts below the folders, ``FILE:LINE: …``; none is good.

    That those who are ``refused`` can change a script is one; so is what this machine lacks to run it.
    """
    return [line for path in paths for line in _lines(path, settings or AnnotationSettings(), refused)]


def notes(
    paths: Iterable[Path], settings: AnnotationSettings | None = None, *, refused: Writers = Writers.OTHERS
) -> list[str]:
    """One line for each thing that may be as it is meant.

    That is what a script says without effect here; below folders also what others can change though it is run, links
    that lead out, executable files that are no scripts, and folders that are passed over. Parameters that are likely
    secrets are told too, and text that is not UTF-8 where it does no harm here.
    """
    return [line for path in paths for line in _notes(path, settings or AnnotationSettings(), refused)]


def problems(path: Path, settings: AnnotationSettings, *, refused: Writers = Writers.OTHERS) -> tuple[Problem, ...]:
    """What is wrong with a file that was named: it is meant as a script even where it has no annotations."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return (Problem(message="is no regular file"),)
        items = _examined(path, mode, settings, refused)
    except OSError as error:
        return (Problem(message=error.strerror or "cannot be read"),)
    return tuple(_problems(path.resolve(), items, settings)) if items else (_no_script(path, mode),)


def _lines(path: Path, settings: AnnotationSettings, refused: Writers) -> Iterator[str]:
    if not path.is_dir():
        yield from (_line(path, problem) for problem in problems(path, settings, refused=refused))
        return
    try:
        catalogue = Catalogue(path, settings, refused=refused)
        walk = catalogue.walk()
        items: tuple[Script | BrokenScript, ...] = (*catalogue.broken(), *catalogue.scripts())
    except ScriptRunnerError as error:
        yield _line(path, Problem(message=str(error)))
        return
    if walk.is_cut:
        most = f"holds more than {files.MAX_FILES:,} files, and no others are looked at"
        yield _line(path, Problem(message=f"{most}: keep what is no script elsewhere"))
    by_file: dict[Path, list[Script | BrokenScript]] = {}
    for item in sorted(items, key=lambda item: item.name):
        by_file.setdefault(item.path, []).append(item)
    for file, scripts in by_file.items():
        yield from (_line(file, problem) for problem in _problems(file, scripts, settings))


def _problems(path: Path, items: Sequence[Script | BrokenScript], settings: AnnotationSettings) -> list[Problem]:
    """What is wrong with a file of scripts, each thing once."""
    found = [problem for each in items if isinstance(each, BrokenScript) for problem in each.problems]
    beginning = _beginning(path)
    if beginning is not None:
        read = annotations.read(beginning.text, settings)
        wrong = encoding.wrong_byte(beginning)
        if wrong is not None and encoding.is_in_what_is_read(read):
            found.append(wrong)
        found += near_misses(beginning.text, settings.marker, is_annotated=read.are_present)
        found += machine.problems(path, read)
    return list({(each.line, str(each)): each for each in found}.values())


def _notes(path: Path, settings: AnnotationSettings, refused: Writers) -> list[str]:
    try:
        if not path.is_dir():
            items = _examined(path, path.stat().st_mode, settings, refused)
            return [*_of_scripts([path] if items else [], settings), *_without_effect(items)]
        catalogue = Catalogue(path, settings, refused=refused)
        trust = catalogue.trust()
        exposed = [f"{each}" for each in catalogue.exposures() if not trust.refuses(each)]
        unlisted, foreign = catalogue.unlisted(), catalogue.walk().passed_over
        scripts, broken = catalogue.scripts(), catalogue.broken()
    except (ScriptRunnerError, OSError):
        return []  # the report says so
    passed_over = (
        visible(f"{path / name} is passed over: it looks like {kind}, with programs of its own")
        for name, kind in foreign.items()
    )
    files_of_scripts = sorted({each.path for each in scripts} | {each.path for each in broken})
    of_scripts = _of_scripts(files_of_scripts, settings)
    return [
        *exposed,
        *trust.links_out(),
        *_unlisted(path, unlisted),
        *passed_over,
        *of_scripts,
        *_without_effect(scripts),
    ]


def _of_scripts(paths: Iterable[Path], settings: AnnotationSettings) -> Iterator[str]:
    """What is worth a look in files of scripts."""
    for path in paths:
        beginning = _beginning(path.resolve())
        if beginning is None:
            continue
        read = annotations.read(beginning.text, settings)
        wrong = encoding.wrong_byte(beginning)
        if wrong is not None and read.are_present and not encoding.is_in_what_is_read(read):
            yield _line(path, wrong)
        if (mixed := encoding.windows_line(beginning)) is not None:
            yield _line(path, mixed)
        yield from map(visible, secret_names.notes(path, read))


def _without_effect(items: Sequence[Script | BrokenScript]) -> list[str]:
    """A line for each file that says something in vain; --explain tells why."""
    said = {each.path: each.without_effect(most=_MOST_IN_VAIN) for each in items if isinstance(each, Script)}
    return [visible(f"{path}: has no effect here: {words}") for path, words in said.items() if words]


def _unlisted(folder: Path, paths: Sequence[Path]) -> Iterator[str]:
    for path in paths[:_MOST_UNLISTED]:
        beginning = _beginning(path)
        wrong = None if beginning is None else starting.flaw(path, beginning.head)
        if wrong is not None:
            yield visible(f"{path} is executable, but not listed: it {wrong.words}")
    if len(paths) > _MOST_UNLISTED:
        yield visible(f"{folder} holds {len(paths) - _MOST_UNLISTED:,} more such files")


def _no_script(path: Path, mode: int) -> Problem:
    """Why a file that was named is not listed."""
    beginning = _beginning(path.resolve()) if mode & 0o111 else None
    wrong = None if beginning is None else starting.flaw(path, beginning.head)
    return NOT_EXECUTABLE if wrong is None else Problem(line=1, message=wrong.words)


def _beginning(path: Path) -> Beginning | None:
    """What a file begins with; None where it cannot be read."""
    try:
        return files.beginning(path)
    except OSError:
        return None


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
