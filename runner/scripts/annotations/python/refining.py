"""Lays our own lines over what a library's calls say: the same name is the same parameter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from runner.scripts.annotations.statements import Entry, FileStatement, ParameterStated
from runner.scripts.parameters import TYPES

_OTHER_WAYS = ("env", "stdin", "secret")
_WAYS = ("flag", "flag_style", "after_dashes")
_NAMING = ("needs", "conflicts", "unless")


@dataclass(frozen=True, slots=True)
class Own:
    """The parameters that our own lines state."""

    stated: Sequence[ParameterStated]

    def are_of_it(self, found: Iterable[ParameterStated]) -> bool:
        """Whether all of them that are arguments are among those found: otherwise ours alone describe them."""
        known = {key for each in found for key in _keys(each)}
        return all(
            any(key in known for key in _keys(each)) or any(way in each.entries for way in _OTHER_WAYS)
            for each in self.stated
        )

    def beside(self, found: Iterable[ParameterStated]) -> Iterator[ParameterStated]:
        """Those that are not among the found ones."""
        known = {key for each in found for key in _keys(each)}
        for each in self.stated:
            if not any(key in known for key in _keys(each)) or any(way in each.entries for way in _OTHER_WAYS):
                yield each

    def refined(self, statements: Iterable[FileStatement]) -> Iterator[FileStatement]:
        """The statements with ours laid over those of the same name or flag."""
        listed = list(statements)
        ours = {key: each for each in self.stated for key in _keys(each)}
        renamed: dict[str, str] = {}
        for each in listed:
            if isinstance(each, ParameterStated) and (own := _own(ours, each)):
                renamed[each.name] = own.name
        for each in listed:
            if not isinstance(each, ParameterStated):
                yield each
                continue
            own = _own(ours, each)
            if own is None:
                yield _renaming(each, renamed)
            elif not any(way in own.entries for way in _OTHER_WAYS):
                yield _laid_over(_renaming(each, renamed), own)


def _own(ours: Mapping[str, ParameterStated], each: ParameterStated) -> ParameterStated | None:
    return next((ours[key] for key in _keys(each) if key in ours), None)


def _keys(stated: ParameterStated) -> Iterator[str]:
    yield stated.name.replace("-", "_")
    flag = stated.entries.get("flag")
    if flag is not None and isinstance(flag.value, str):
        yield flag.value


def _laid_over(found: ParameterStated, own: ParameterStated) -> ParameterStated:
    entries = dict(found.entries)
    kind = own.entries.get("type")
    if "constant" in own.entries:
        entries = {name: entry for name, entry in entries.items() if name in _WAYS}
    elif kind is not None and isinstance(kind.value, str) and kind.value in TYPES:
        known = TYPES[kind.value].options()
        entries = {
            name: entry for name, entry in entries.items() if name in known and name not in ("pattern", "default")
        }
    return replace(own, description=own.description or found.description, entries=entries | dict(own.entries))


def _renaming(found: ParameterStated, renamed: Mapping[str, str]) -> ParameterStated:
    entries = {name: _renamed(entry, renamed) if name in _NAMING else entry for name, entry in found.entries.items()}
    return replace(found, entries=entries)


def _renamed(entry: Entry, renamed: Mapping[str, str]) -> Entry:
    names = entry.value if isinstance(entry.value, list) else [entry.value]
    return replace(entry, value=[renamed.get(str(name), name) for name in names])
