"""Finds the scripts below a folder and keeps what their annotations say for as long as the files stay the same."""

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from runner.errors import ScriptRunnerError, UnknownScript
from runner.scripts import annotations, files, starting
from runner.scripts.annotations import Annotations, AnnotationSettings, Problem, late_annotation
from runner.scripts.digests import Digests
from runner.scripts.exposure import Exposure, Trust, Writers
from runner.scripts.files import Beginning, Stamp, Walk
from runner.scripts.naming import ScriptNames, names_of
from runner.scripts.parameters import TYPES, AnyParameter
from runner.scripts.readings import ReadingPatience, Readings
from runner.scripts.script import Script, full_name, script
from runner.system.text import letters, nearest, visible

MAX_NAME = 150  # characters: Slack's limit on the value of an option
MAX_SEARCHED = 200  # characters of what is typed to find a script
NOT_EXECUTABLE = Problem(message="is not executable: chmod +x")
_MISS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenScript:
    """A file, or a subcommand of one, that was meant as a script but cannot be run as it is.

    ``name`` is fit to be shown.
    """

    name: str
    path: Path
    problems: tuple[Problem, ...]
    command: tuple[str, ...] = ()


class BrokenScriptAsked(UnknownScript):
    """The script asked for is there, but broken."""

    def __init__(self, broken: BrokenScript) -> None:
        super().__init__(broken.name)
        first, *others = broken.problems
        count = sum(each.stands_for for each in others)
        more = f" (and {count:,} more)" if others else ""
        self.args = (f"The script “{broken.name}” is broken and cannot be run: {_placed(first)}{more}.",)


class Catalogue:
    """All scripts below a folder and the problems of those that could not be read, as the files are now.

    Each question looks at the folder again, reading only files that changed. Links are not followed. Safe for
    threads. ScriptRunnerError where the folder itself cannot be read. ``types`` are those of parameters that there are.
    A script is broken where it can be changed by those who are ``refused``.

    With ``patience`` a question is answered from the last look where another takes long, and by ScriptRunnerError
    where there was none; without, it waits.
    """

    def __init__(
        self,
        folder: Path,
        settings: AnnotationSettings | None = None,
        *,
        refused: Writers = Writers.OTHERS,
        types: Mapping[str, type[AnyParameter]] = TYPES,
        patience: ReadingPatience | None = None,
    ) -> None:
        self._folder = folder
        self._refused = refused
        self._settings = settings or AnnotationSettings()
        self.types = types
        self._lock = Lock()
        self._digests = Digests(folder)
        self._entries: dict[str, _Entry] = {}
        self._exposures: dict[str, tuple[Exposure, ...]] = {}
        self._walk = Walk()
        self._contents = _Contents(scripts=(), broken=(), files={})
        self._readings = Readings(self._read, f"The scripts folder {folder}", patience)

    def scripts(self) -> tuple[Script, ...]:
        """All scripts that can be run, by group and title."""
        return self._readings.newest().scripts

    def broken(self) -> tuple[BrokenScript, ...]:
        """All files that are meant as scripts but broken, by name."""
        return self._readings.newest().broken

    def script(self, name: str, *, exactly: bool = False, among: Callable[[str], bool] = lambda _: True) -> Script:
        """The script of that name or, unless ``exactly``, of that file name with or without extension.

        UnknownScript where none or more than one is meant, with the nearest names, and where it is broken, with what
        is wrong. What was stored is asked for exactly, lest a script that is gone be taken for its namesake. Only the
        names ``among`` which it may be are there, also as the nearest ones.
        """
        contents = self._readings.newest()
        scripts = [each for each in contents.scripts if among(each.name)]
        everything: list[Script | BrokenScript] = [*scripts, *(each for each in contents.broken if among(each.name))]
        found = [each for each in everything if each.name == name] or (
            [] if exactly else ScriptNames(everything).called(name)
        )
        if len(found) == 1:
            return _usable(found[0])
        nearest = tuple(each.name for each in found[:3]) or _nearest(name, scripts)
        raise UnknownScript(visible(name[:MAX_NAME]), nearest=nearest)

    def script_in(
        self, words: Sequence[str | None], *, among: Callable[[str], bool] = lambda _: True
    ) -> tuple[Script, int, int]:
        """The script that the first words to name one name, as many of them as do, and from where to where they stand.

        None stands for what is no part of a name. UnknownScript as in ``script``, with all words before the first None.
        """
        contents = self._readings.newest()
        scripts = [each for each in contents.scripts if among(each.name)]
        everything: list[Script | BrokenScript] = [*scripts, *(each for each in contents.broken if among(each.name))]
        sought = ScriptNames(everything).first_in(words)
        if sought is not None and len(sought[0]) == 1:
            (found,), start, end = sought
            return _usable(found), start, end
        asked = [word for word in words[: (*words, None).index(None)] if word is not None]
        name = " ".join(asked)
        same = tuple(each.name for each in sought[0][:3]) if sought else ()
        near = same or _nearest(name, scripts) or _nearest(asked[0] if asked else "", scripts)
        raise UnknownScript(visible(name[:MAX_NAME]), nearest=near)

    def digest(self, name: str) -> Future[str]:
        """The SHA-256 of the file of a script that was just asked for, once a thread of its own has computed it.

        UnknownScript where the file is gone again; it may come from what is returned.
        """
        with self._lock:
            file = self._contents.files.get(name)
            entry = None if file is None else self._entries.get(file)
        if file is None or entry is None:
            raise UnknownScript(visible(name[:MAX_NAME]))
        return self._digests.digest(file, entry.stamp)

    def search(self, words: str, *, first: Sequence[str] = ()) -> tuple[Script, ...]:
        """The scripts that hold every one of the words, best first: title before name and group before description.

        Of those that hold them alike, the names that come ``first`` do.

        Where none does, those whose title and name hold their letters and digits: ``wordcount`` finds ``word_count``.
        """
        wanted = words[:MAX_SEARCHED].casefold().split()
        places = {name: place for place, name in enumerate(first)}
        scripts = sorted(self.scripts(), key=lambda each: places.get(each.name, len(places)))
        ranks = {each.name: _rank(each, wanted) for each in scripts}
        found = tuple(sorted((each for each in scripts if ranks[each.name] < _MISS), key=lambda each: ranks[each.name]))
        return found or _holding(scripts, [part for part in map(letters, wanted) if part])

    def trust(self) -> Trust:
        """Who may change scripts; ScriptRunnerError where the folder cannot be read."""
        try:
            return Trust.of(self._folder, self._refused)
        except OSError as error:
            raise ScriptRunnerError(f"The scripts folder {self._folder} cannot be read: {error.strerror}.") from error

    def exposures(self) -> tuple[Exposure, ...]:
        """All files and folders on the way to scripts that others can change, whether or not that is refused."""
        self._readings.newest()
        with self._lock:
            folders = dict.fromkeys(each for found in self._exposures.values() for each in found)
            files = [entry.exposure for entry in self._entries.values() if entry.items and entry.exposure]
        return (*folders, *files)

    def unlisted(self) -> tuple[Path, ...]:
        """The executable files that are no scripts: nothing that Linux could start, and nothing annotated."""
        self._readings.newest()
        with self._lock:
            entries = self._entries.items()
        return tuple(self._folder / name for name, each in entries if each.stamp.mode & 0o111 and not each.items)

    def walk(self) -> Walk:
        """What was found below the folder, script or not."""
        self._readings.newest()
        return self._walk

    def _read(self) -> "_Contents":
        """Look at the folder; one thread at a time does."""
        walk = files.walk(self._folder)
        stamps = walk.stamps
        trust = self.trust()
        above = trust.above()
        exposures = {group: (*above, *trust.within(group)) for group in {_group(name) for name in stamps} | {""}}
        known = self._entries if exposures == self._exposures else {}
        if known is not self._entries or stamps != {name: entry.stamp for name, entry in known.items()}:
            entries = {
                name: known[name]
                if name in known and known[name].stamp == stamp
                else self._entry(name, stamp, trust, exposures[_group(name)])
                for name, stamp in stamps.items()
            }
            contents = _contents({name: entry.items for name, entry in entries.items()})
            with self._lock:
                self._entries, self._exposures, self._contents = entries, exposures, contents
        self._walk = walk
        return self._contents

    def _entry(self, name: str, stamp: Stamp, trust: Trust, on_the_way: Sequence[Exposure]) -> "_Entry":
        path = self._folder / name
        items = examine(path, name, stamp.mode, self._settings, self.types)
        exposure = trust.of_path(path)
        refused = [each for each in (*on_the_way, exposure) if each is not None and trust.refuses(each)]
        return _Entry(stamp=stamp, items=refusing(items, refused), exposure=exposure)


def refusing(items: Sequence[Script | BrokenScript], refused: Sequence[Exposure]) -> "_Items":
    """The scripts of a file as they are where others can change it who keep it from being run."""
    if not refused:
        return tuple(items)
    problems = [Problem(message=str(each)) for each in refused]
    return tuple(
        replace(each, problems=(*problems, *each.problems))
        if isinstance(each, BrokenScript)
        else _broken(each.name, each.path, *problems, command=each.command)
        for each in items
    )


def examine(
    path: Path, name: str, mode: int, settings: AnnotationSettings, types: Mapping[str, type[AnyParameter]] = TYPES
) -> "_Items":
    """What scripts a file is to the catalogue: none where it is not meant as one.

    It is meant as one where it is annotated, or executable and begins as what can be started.
    """
    is_executable = bool(mode & 0o111)
    if stat.S_ISLNK(mode):
        return (_broken(name, path, Problem(message="is a link; links are not followed: put the file itself here")),)
    try:
        beginning = files.beginning(path)
    except FileNotFoundError:
        return ()  # removed while we looked
    except OSError as error:
        return (_broken(name, path, Problem(message=f"cannot be read: {error.strerror}")),) if is_executable else ()
    found = annotations.read(beginning.text, settings, types=types)
    wrong = starting.flaw(path, beginning.head)
    if not (found.are_present or (is_executable and (wrong is None or wrong.is_meant))):
        return ()
    of_the_file = list(_late(path, beginning, settings))
    if wrong is not None:
        of_the_file.insert(0, Problem(line=1, message=wrong.words))
    if not is_executable:
        of_the_file.insert(0, NOT_EXECUTABLE)
    return tuple(_item(path, name, each, of_the_file) for each in found.commands or (found,))


def _late(path: Path, beginning: Beginning, settings: AnnotationSettings) -> Iterator[Problem]:
    """What is said of annotations that are not read."""
    try:
        line = files.line_beyond(path, beginning, late_annotation(beginning.text, settings))
    except OSError:
        return
    if line is not None:
        most = f"the first {files.MAX_READ // 1024} KiB"
        yield Problem(line=line, message=f"is an annotation behind {most}, which alone are read: move it to the top")


def _item(path: Path, file_name: str, found: Annotations, of_the_file: Sequence[Problem]) -> Script | BrokenScript:
    name = full_name(file_name, found.command)
    problems = [*of_the_file, *_name_problems(name), *found.problems]
    if problems:
        return _broken(name, path, *problems, command=found.command)
    made = script(name=file_name, path=path, options=found.options, parameters=found.parameters, command=found.command)
    unused = tuple(visible(f"{each.found} (line {each.line})") for each in found.unused if each.matters)
    return replace(made, environment=found.environment, unused=unused)


_Items = tuple[Script | BrokenScript, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    stamp: Stamp
    items: _Items
    exposure: Exposure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    scripts: tuple[Script, ...]
    broken: tuple[BrokenScript, ...]
    files: Mapping[str, str]


def _group(name: str) -> str:
    return name.rpartition("/")[0]


def _name_problems(name: str) -> Iterator[Problem]:
    if visible(name) != name:
        yield Problem(message="the file's name must be UTF-8 text without control characters")
    if len(name) > MAX_NAME:
        yield Problem(message=f"the file's path must be at most {MAX_NAME} characters long: Slack's menus hold no more")


def _broken(name: str, path: Path, *problems: Problem, command: tuple[str, ...] = ()) -> BrokenScript:
    return BrokenScript(name=visible(name), path=path, problems=problems, command=command)


def _place(script: Script) -> tuple[str, str, str, str]:
    return script.group.casefold(), script.group, script.title.casefold(), script.name


def _contents(by_file: Mapping[str, _Items]) -> _Contents:
    scripts = [item for items in by_file.values() for item in items if isinstance(item, Script)]
    broken = [item for items in by_file.values() for item in items if isinstance(item, BrokenScript)]
    return _Contents(
        scripts=tuple(sorted(scripts, key=_place)),
        broken=tuple(sorted(broken, key=lambda each: each.name)),
        files={item.name: file for file, items in by_file.items() for item in items},
    )


def _usable(found: Script | BrokenScript) -> Script:
    match found:
        case Script():
            return found
        case BrokenScript():
            raise BrokenScriptAsked(found)


def _placed(problem: Problem) -> str:
    return str(problem) if problem.line is None else f"line {problem.line}: {problem}"


def _nearest(name: str, scripts: Sequence[Script]) -> tuple[str, ...]:
    by_word = {word: each.name for each in reversed(scripts) for word in names_of(each)}
    near = nearest(name[:MAX_NAME].casefold(), by_word, most=6)
    return tuple(dict.fromkeys(by_word[word] for word in near))[:3]


def _rank(each: Script, wanted: Sequence[str]) -> int:
    """How well a script answers a search, 0 best, _MISS where it lacks a word."""
    title, name, description = each.title.casefold(), each.name.casefold(), each.description.casefold()
    if all(word in title for word in wanted):
        return 0 if title.startswith(" ".join(wanted)) else 1
    if all(word in f"{title} {name}" for word in wanted):
        return 2
    return 3 if all(word in f"{title} {name} {description}" for word in wanted) else _MISS


def _holding(scripts: Sequence[Script], wanted: Sequence[str]) -> tuple[Script, ...]:
    """The scripts whose title and name hold the letters and digits of every word; none where there are no words."""
    texts = {each.name: letters(f"{each.title} {each.name}") for each in scripts} if wanted else {}
    return tuple(each for each in scripts if each.name in texts and all(word in texts[each.name] for word in wanted))
