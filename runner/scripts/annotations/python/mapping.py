"""Makes parameters of arguments: each with the options by which the library is given just what was entered."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from runner.scripts.annotations.python import positions, ways
from runner.scripts.annotations.python.arguments import Argument, Exclusive, Manners, Unfit
from runner.scripts.annotations.statements import Dialect, Entry, Mistake, ParameterStated, Statement, Unused
from runner.system.text import readable

_OTHERWISE = "describe the parameters in lines of ScriptRunner's own instead"
_Groups = Mapping[int, Sequence[Argument]]


def statements(
    found: Sequence[Argument | Unfit], manners: Manners, dialect: Dialect, taken: Collection[str] = ()
) -> Iterator[Statement]:
    """Each argument as a parameter, none with a name that is ``taken``.

    What the form cannot have is a mistake where it is needed, otherwise left out.
    """
    arguments = _named_apart([each for each in found if isinstance(each, Argument)], taken)
    placed = positions.placed([each for each in arguments if each.flag is None])
    kept = {each.name: each for each in placed.kept}
    arguments = [kept.get(each.name, each) for each in arguments if each.flag is not None or each.name in kept]
    for missing in (*(each for each in found if isinstance(each, Unfit)), *placed.left_out):
        yield _left_out(missing, dialect)
    shown, headings = positions.ordered(arguments, goes_on=manners.goes_on)
    groups = _groups(shown)
    for argument in shown:
        group = groups.get(id(argument.exclusive), ())
        heading = {"section": headings[argument.name]} if argument.name in headings else {}
        if _is_one_choice(group):
            if argument is group[0]:
                yield _parameter(argument, ways.one_of(group) | heading, dialect)
            continue
        options = ways.options(argument, manners) | placed.options.get(argument.name, {}) | heading
        for note in (*argument.notes, *ways.notes(argument, manners)):
            yield Unused(line=argument.line, found=note.found, reason=note.reason, matters=note.matters)
        yield _parameter(argument, options | _relations(argument, group), dialect)


def _left_out(each: Unfit, dialect: Dialect) -> Statement:
    if each.is_needed:
        message = f"{each.reason}; {_OTHERWISE}"
        return Mistake(line=each.line, found=each.written, message=message, dialect=dialect)
    return Unused(line=each.line, found=each.written, reason=each.reason)


def _named_apart(arguments: Sequence[Argument], before: Collection[str]) -> list[Argument]:
    """Those that put their values in the same place are called by their flags; then nothing has the name of another."""
    count = Counter(each.name for each in arguments)
    taken, again = set(before), Counter[str]()
    named: list[Argument] = []
    for each in arguments:
        name = each.name
        if count[name] > 1 and each.flag is not None:
            name = each.flag.lstrip("-+").replace("-", "_").replace(".", "_")
            name = name if name[:1].isalpha() else f"arg_{name}"
        while name in taken:
            again[name] += 1
            name = f"{each.name[:58]}_{again[name] + 1}"
        taken.add(name)
        label = each.label if name == each.name else readable(name)
        named.append(replace(each, name=name, label=label))
    return named


def _groups(arguments: Sequence[Argument]) -> _Groups:
    groups: dict[int, list[Argument]] = {}
    for each in arguments:
        if isinstance(each.exclusive, Exclusive):
            groups.setdefault(id(each.exclusive), []).append(each)
    return groups


def _is_one_choice(group: Sequence[Argument]) -> bool:
    """Whether just one of some flags without values must be given: that is a choice among them."""
    return (
        len(group) > 1
        and all(each.shape == "flag" and each.flag is not None for each in group)
        and group[0].exclusive is not None
        and group[0].exclusive.is_required
    )


def _relations(argument: Argument, group: Sequence[Argument]) -> dict[str, object]:
    others = [each.name for each in group if each is not argument]
    if argument.exclusive is None:
        return {}
    if not others:
        is_alone = argument.exclusive.is_required and argument.shape == "value"
        return {"required": True} if is_alone and argument.flag is not None else {}
    return {"conflicts": others, "required": False} | ({"unless": others} if argument.exclusive.is_required else {})


def _parameter(argument: Argument, options: Mapping[str, object], dialect: Dialect) -> ParameterStated:
    if argument.label and argument.label != readable(argument.name) and "label" not in options:
        options = {**options, "label": argument.label}
    return ParameterStated(
        line=argument.line,
        name=argument.name,
        description=argument.description,
        entries={name: Entry(value, argument.line, argument.written, dialect) for name, value in options.items()},
        dialect=dialect,
    )
