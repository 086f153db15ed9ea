"""How people call scripts: by path, file name or title, in any case and spelling, alone or among other words."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from runner.scripts.script import Script, full_name
from runner.system.text import letters

_MOST_WORDS = 12  # of a name
_LONGEST = 1_000  # characters: above what a path and the words of a subcommand may have
_MOST_BEFORE = 8  # words before a name


class NamedFile(Protocol):
    """What has a name among scripts."""

    @property
    def name(self) -> str:
        """The path below the scripts folder, and behind it the words of a subcommand."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the subcommand, if it is one."""


_Item = TypeVar("_Item", bound=NamedFile)
_Naming = Callable[[NamedFile], str]


class ScriptNames(Generic[_Item]):
    """The names of some scripts, from the strictest way to call one to the loosest.

    In the loosest ways only letters and digits count, so that ``word count``, ``*Word-Count*`` and ``word_count.`` are
    ``word_count``.
    """

    def __init__(self, items: Sequence[_Item]) -> None:
        self._items = items

    def called(self, name: str) -> list[_Item]:
        """The scripts of that name, by the strictest of the ways to call one that finds any."""
        if len(name) > _LONGEST:
            return []
        wanted, loosely = name.casefold(), letters(name)
        for known in self._strict:
            if found := known.get(wanted):
                return found
        for known in self._loose if loosely else ():
            if found := known.get(loosely):
                return found
        return []

    def first_in(self, words: Sequence[str | None]) -> tuple[list[_Item], int, int] | None:
        """The scripts that the first words to name any name, and the place of these words: as many as name some.

        None among the words is what is no part of a name.
        """
        for start in range(min(len(words), _MOST_BEFORE)):
            run = list(_until_none(words[start : start + _MOST_WORDS]))
            for count in range(len(run), 0, -1):
                if found := self.called(" ".join(run[:count])):
                    return found, start, start + count
        return None

    @cached_property
    def _strict(self) -> list[dict[str, list[_Item]]]:
        return [self._by(lambda each, way=way: way(each).casefold()) for way in (_whole, _bare, _stem, _whole_stem)]  # type: ignore[misc]

    @cached_property
    def _loose(self) -> list[dict[str, list[_Item]]]:
        ways: tuple[_Naming, ...] = (_whole, _bare, _stem, _whole_stem, _title)
        return [self._by(lambda each, way=way: letters(way(each))) for way in ways]  # type: ignore[misc]

    def _by(self, key: Callable[[_Item], str]) -> dict[str, list[_Item]]:
        found: dict[str, list[_Item]] = {}
        for item in self._items:
            found.setdefault(key(item), []).append(item)
        return found


def names_of(script: Script) -> tuple[str, ...]:
    """What a script is called, in small letters: its path, file name with and without extension, and title."""
    return tuple(way(script).casefold() for way in (_whole, _bare, _stem, _title))


def _until_none(words: Sequence[str | None]) -> Iterator[str]:
    for word in words:
        if word is None:
            return
        yield word


def _whole(item: NamedFile) -> str:
    return item.name


def _bare(item: NamedFile) -> str:
    return full_name(item.path.name, item.command)


def _stem(item: NamedFile) -> str:
    return full_name(item.path.stem, item.command)


def _whole_stem(item: NamedFile) -> str:
    return f"{item.name.removesuffix(_bare(item))}{_stem(item)}"


def _title(item: NamedFile) -> str:
    return item.title if isinstance(item, Script) else ""
