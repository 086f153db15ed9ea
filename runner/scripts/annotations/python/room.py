"""Keeps what a program takes within one form: what may be left out is, from the end, where there is no room for all."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from runner.scripts.annotations.relations import MAX_FIELDS
from runner.scripts.annotations.statements import CommandStated, Dialect, Entry, FileStatement, ParameterStated, Unused

_NAMING = ("needs", "conflicts", "unless")


def cost(stated: ParameterStated) -> int:
    """How many blocks of a form a parameter takes."""
    entries = stated.entries
    if "constant" in entries or "secret" in entries:
        return 0
    return 1 + ("section" in entries) + ("type" in entries and entries["type"].value == "input")


def fitting(statements: Iterable[FileStatement], others: Collection[str], *, before: int) -> Iterator[FileStatement]:
    """The statements without the parameters for which no form has room, which are named instead.

    ``before`` are the blocks that the ``others`` take. What is kept names nothing that is not there.
    """
    taken: dict[tuple[str, ...], int] = {}
    names: dict[tuple[str, ...], set[str]] = {}
    for words, section in _sections(statements):
        outer = next((words[:count] for count in range(len(words) - 1, -1, -1) if words[:count] in taken), None)
        space = MAX_FIELDS - (before if outer is None else taken[outer])
        kept = list(_kept(section, space))
        stated = [each for each in kept if isinstance(each, ParameterStated)]
        taken[words] = MAX_FIELDS - space + sum(map(cost, stated))
        names[words] = (set(others) if outer is None else names[outer]) | {each.name for each in stated}
        yield from (_known(each, names[words]) if isinstance(each, ParameterStated) else each for each in kept)


def _sections(statements: Iterable[FileStatement]) -> Iterator[tuple[tuple[str, ...], Sequence[FileStatement]]]:
    """What is said of all, then of each command, which begins with what states it."""
    words: tuple[str, ...] = ()
    section: list[FileStatement] = []
    for statement in statements:
        if isinstance(statement, CommandStated):
            yield words, section
            words, section = statement.words, []
        section.append(statement)
    yield words, section


def _kept(section: Sequence[FileStatement], space: int) -> Iterator[FileStatement]:
    parameters = [each for each in section if isinstance(each, ParameterStated)]
    space -= sum(cost(each) for each in parameters if not _is_optional(each))
    for each in section:
        if isinstance(each, ParameterStated) and _is_optional(each):
            space -= cost(each)
            if space < 0:
                reason = f"has no room in the form, which holds {MAX_FIELDS} fields and headings"
                yield Unused(line=each.line, found=each.name, reason=reason)
                continue
        yield each


def _is_optional(stated: ParameterStated) -> bool:
    required = stated.entries.get("required")
    return required is not None and required.value in (False, "false")


def _known(stated: ParameterStated, names: set[str]) -> ParameterStated:
    """The parameter without the names of others that are not there."""
    entries: dict[str, Entry] = {}
    for option, entry in stated.entries.items():
        if option not in _NAMING or entry.dialect is Dialect.OURS:
            entries[option] = entry
        elif isinstance(entry.value, list) and (known := [name for name in entry.value if name in names]):
            entries[option] = replace(entry, value=known)
    return replace(stated, entries=entries)
