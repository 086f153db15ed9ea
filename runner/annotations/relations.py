"""What is wrong with a script's parameters together: names that are not there, circles, ways that are taken."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from runner.errors import InvalidValue
from runner.parameters import AnyParameter, Boolean, Choice, Input, Suggesting, is_secret
from runner.wording import quoted

MAX_FIELDS = 86
"""Blocks of a form that parameters may take: Slack draws at most 100, and some are not for parameters."""


def fields(parameter: AnyParameter) -> int:
    """How many blocks of a form a parameter takes: its field, its heading, a file's second field, a list's failure."""
    if is_secret(parameter):
        return 0
    return 1 + (parameter.section is not None) + isinstance(parameter, Input) + _has_list(parameter)


def wrong(parameters: Mapping[str, AnyParameter], declared: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Triples of a parameter, one of its options and what is wrong with it beside the other parameters.

    ``declared`` are the names of all parameters, also of those that could not be read.
    """
    for parameter in parameters.values():
        named = {option: names for option, names in _named(parameter) if names}
        for option, names in named.items():
            for name in names:
                for message in _wrong_name(parameters, declared, option, name):
                    yield parameter.name, option, message
        if "when" in named or "depends" in named:
            for message in _wrong_conditions(parameters, parameter):
                yield parameter.name, "when", message
    yield from _taken(parameters)
    yield from _too_many_lists(parameters)


def _has_list(parameter: AnyParameter) -> bool:
    if isinstance(parameter, Choice):
        return parameter.choices_from is not None
    return isinstance(parameter, Suggesting) and parameter.suggestions_from is not None


def _named(parameter: AnyParameter) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "when", tuple(parameter.when)
    yield "needs", parameter.needs
    yield "conflicts", parameter.conflicts
    if isinstance(parameter, Choice | Suggesting):
        yield "depends", parameter.depends


def _wrong_name(
    parameters: Mapping[str, AnyParameter], declared: frozenset[str], option: str, name: str
) -> Iterator[str]:
    if name not in declared:
        near = get_close_matches(name, declared, n=1)
        hint = f"; did you mean {quoted(near[0])}?" if near else ""
        yield f"names {quoted(name)}, which is no parameter of this script{hint}"
    elif name in parameters and is_secret(parameters[name]):
        yield f"names {quoted(name)}, whose value is a secret"
    elif option == "depends" and isinstance(parameters.get(name), Input):
        yield f"names {quoted(name)}, which is a file"


def _wrong_conditions(parameters: Mapping[str, AnyParameter], parameter: AnyParameter) -> Iterator[str]:
    for name, values in parameter.when.items():
        other = parameters.get(name)
        if other is None:
            continue
        for value in values:
            if message := _impossible(other, value):
                yield f"waits for {quoted(value)} in {quoted(name)}, which {message}"
    for option in ("when", "depends"):
        if _is_circular(parameters, parameter.name, option):
            yield f"waits in a circle: {quoted(parameter.name)} waits for itself"


def _impossible(other: AnyParameter, value: str) -> str | None:
    try:
        canonical = other.parse(value)
    except InvalidValue as error:
        return str(error)
    return None if canonical == value else f"is written {quoted(canonical)}"


def _is_circular(parameters: Mapping[str, AnyParameter], start: str, option: str) -> bool:
    pending, seen = [start], set[str]()
    while pending:
        current = parameters.get(pending.pop())
        for name in getattr(current, option, ()):
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return False


def _taken(parameters: Mapping[str, AnyParameter]) -> Iterator[tuple[str, str, str]]:
    for option in ("flag", "env", "stdin"):
        holders: dict[object, str] = {}
        for parameter in parameters.values():
            way = getattr(parameter, option)
            if way and way in holders:
                yield parameter.name, option, f"is taken: {quoted(holders[way])} uses it already"
            elif way:
                holders[way] = parameter.name


def _too_many_lists(parameters: Mapping[str, AnyParameter]) -> Iterator[tuple[str, str, str]]:
    """Of two parameters that are each any number of arguments, nobody can tell where the second begins."""
    open_ended = [
        each
        for each in parameters.values()
        if each.is_positional and each.takes_several and getattr(each, "separator", None) is None
    ]
    for parameter in open_ended[1:]:
        first = quoted(open_ended[0].name)
        yield parameter.name, "multiple", f"needs a separator or a flag: {first} is any number of arguments already"
    if open_ended:
        behind = list(parameters).index(open_ended[0].name) + 1
        for parameter in list(parameters.values())[behind:]:
            if parameter.omit and not isinstance(parameter, Boolean):
                yield parameter.name, "omit", f"stands behind {quoted(open_ended[0].name)}, which has no fixed length"
