"""What is wrong with a script's parameters together: names that are not there, circles, ways that are taken."""

from collections.abc import Iterator, Mapping

from runner.errors import InvalidValue
from runner.scripts.parameters import AnyParameter, Boolean, Choice, Input, Suggesting, is_asked, variable
from runner.system.text import nearest, quoted

MAX_FIELDS = 83
"""Blocks of a form that parameters may take: Slack draws at most 100, and some are not for parameters."""

MOST_NAMES = 200
"""Names among which the one that was meant is looked for."""

_Parameters = Mapping[str, AnyParameter]


def fields(parameter: AnyParameter) -> int:
    """How many blocks of a form a parameter takes, at most.

    Its field, its heading, the question where a file comes from, the second field where several may come from both,
    and the failure of a list.
    """
    if not is_asked(parameter):
        return 0
    of_input = 1 + parameter.multiple if isinstance(parameter, Input) else 0
    return 1 + (parameter.section is not None) + of_input + _has_list(parameter)


def wrong(parameters: _Parameters, declared: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Triples of a parameter, one of its options and what is wrong with it beside the other parameters.

    ``declared`` are the names of all parameters, also of those that could not be read.
    """
    for parameter in parameters.values():
        named = {option: names for option, names in _named(parameter) if names}
        for option, names in named.items():
            for name in names:
                for message in _wrong_name(parameters, declared, option, name):
                    yield parameter.name, option, message
        if "when" in named:
            for message in _wrong_conditions(parameters, parameter):
                yield parameter.name, "when", message
        for message in _one_variable(named.get("depends", ())):
            yield parameter.name, "depends", message
        for option, message in _never_given(parameters, parameter):
            yield parameter.name, option, message
    yield from _circles(parameters)
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
    yield "unless", parameter.unless
    if isinstance(parameter, Choice | Suggesting):
        yield "depends", parameter.depends


def _wrong_name(parameters: _Parameters, declared: frozenset[str], option: str, name: str) -> Iterator[str]:
    if name not in declared:
        near = nearest(name, sorted(declared)[:MOST_NAMES])
        hint = f"; did you mean {quoted(near[0])}?" if near else ""
        yield f"names {quoted(name)}, which is no parameter of this script{hint}"
    elif name in parameters and not is_asked(parameters[name]):
        yield f"names {quoted(name)}, whose value nobody is asked for"
    elif option == "depends" and isinstance(parameters.get(name), Input):
        yield f"names {quoted(name)}, which is a file"


def _one_variable(names: tuple[str, ...]) -> Iterator[str]:
    """Names that would be one variable to the command that lists choices."""
    holders: dict[str, str] = {}
    for name in names:
        first = holders.setdefault(variable(name), name)
        if first != name:
            yield f"names {quoted(first)} and {quoted(name)}, which are one variable to the command: {variable(name)}"


def _wrong_conditions(parameters: _Parameters, parameter: AnyParameter) -> Iterator[str]:
    for name, values in parameter.when.items():
        other = parameters.get(name)
        if other is None or not is_asked(other):
            continue
        for value in values:
            if message := _impossible(other, value):
                yield f"waits for {quoted(value)} in {quoted(name)}, which {message}"


def _impossible(other: AnyParameter, value: str) -> str | None:
    try:
        canonical = other.parse(value)
    except InvalidValue as error:
        return str(error)
    if canonical != value:
        return f"is written {quoted(canonical)}"
    return None if len(other.items(value)) == 1 else "is several values: list them in brackets"


def _never_given(parameters: _Parameters, parameter: AnyParameter) -> Iterator[tuple[str, str]]:
    """What can never be filled in, whatever else is: the field is in vain, or nobody can submit the form."""
    together = _needed(parameters, parameter.name)
    for name in together:
        for other in together.keys() & set(parameters[name].conflicts):
            if name == parameter.name:
                yield "conflicts", f"names {quoted(other)}, which is needed too"
            elif other == parameter.name:
                yield "needs", f"leads to {quoted(name)}, which does not go with {quoted(other)}"
            else:
                yield "needs", f"leads to {quoted(name)} and {quoted(other)}, which do not go together"
    for name in parameter.conflicts:
        if name in parameters and _is_always_given(parameters[name]):
            yield "conflicts", f"names {quoted(name)}, which is always given: add required: false there"


def _needed(parameters: _Parameters, start: str) -> dict[str, None]:
    """The parameter and all that must be given with it, in their order."""
    found, pending = {start: None}, [start]
    while pending:
        for name in parameters[pending.pop()].needs:
            if name in parameters and name not in found:
                found[name] = None
                pending.append(name)
    return found


def _is_always_given(parameter: AnyParameter) -> bool:
    return parameter.required and not parameter.when and not isinstance(parameter, Boolean) and is_asked(parameter)


def _circles(parameters: _Parameters) -> Iterator[tuple[str, str, str]]:
    for parameter in parameters.values():
        for option in ("when", "depends"):
            if any(_leads_to(parameters, name, parameter.name) for name in getattr(parameter, option, ())):
                yield parameter.name, option, f"waits in a circle: {quoted(parameter.name)} waits for itself"
                break


def _leads_to(parameters: _Parameters, start: str, end: str) -> bool:
    """Whether one parameter waits for the other, by its condition or for its choices, also by way of others."""
    pending, seen = [start], set[str]()
    while pending:
        name = pending.pop()
        if name == end:
            return True
        if name not in seen and name in parameters:
            seen.add(name)
            pending += [*parameters[name].when, *getattr(parameters[name], "depends", ())]
    return False


def _taken(parameters: _Parameters) -> Iterator[tuple[str, str, str]]:
    for option in ("flag", "env", "stdin"):
        holders: dict[object, str] = {}
        for parameter in parameters.values():
            if option == "flag" and parameter.is_positional and not is_asked(parameter):
                holders = {}  # a word that is always there may begin a command with flags of its own
            way = getattr(parameter, option)
            if way and way in holders:
                yield parameter.name, option, f"is taken: {quoted(holders[way])} uses it already"
            elif way:
                holders[way] = parameter.name


def _too_many_lists(parameters: _Parameters) -> Iterator[tuple[str, str, str]]:
    """Of two parameters that are each any number of arguments, nobody can tell where the second begins."""
    for is_after_dashes in (False, True):
        yield from _lists_beside([each for each in parameters.values() if each.after_dashes is is_after_dashes])


def _lists_beside(parameters: list[AnyParameter]) -> Iterator[tuple[str, str, str]]:
    """Lists too many, and what follows one, among parameters on one side of the dashes that end options."""
    open_ended = [each for each in parameters if each.is_positional and each.has_open_end]
    for parameter in open_ended[1:]:
        first = quoted(open_ended[0].name)
        yield parameter.name, "multiple", f"needs a separator or a flag: {first} is any number of arguments already"
    if open_ended:
        for parameter in parameters[parameters.index(open_ended[0]) + 1 :]:
            if parameter.omit:
                yield parameter.name, "omit", f"stands behind {quoted(open_ended[0].name)}, which has no fixed length"
