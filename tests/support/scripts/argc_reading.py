"""How argc 1 reads a command line, after its src/matcher.rs and the parser that ``argc --argc-build`` writes.

Written apart from the product, so that it cannot share its mistakes: parameters are stated here, not read from tags.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Values = dict[str, str | list[str]]


class Refused(Exception):
    """The command line is one that argc does not take as it was meant."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An option or flag where ``flag`` is set, a position elsewhere."""

    name: str
    flag: str = ""
    takes_value: bool = True
    several: bool = False
    delimiter: str | None = None
    required: bool = False
    default: str | None = None
    choices: Sequence[str] = ()


def read(parameters: Sequence[Parameter], argv: Sequence[str], *, signs: str = "-", is_built: bool = False) -> Values:
    """What the script finds in its variables."""
    given: dict[str, list[str]] = {}
    positions: list[str] = []
    rest = list(argv)
    is_bare = not is_built and not any(each.flag for each in parameters)
    while rest:
        argument = rest.pop(0)
        if argument in ("-h", "--help", "-V", "--version", "--"):
            raise Refused(argument)
        if is_bare or not argument.startswith(tuple(signs)):
            positions.append(argument)
            continue
        name, value = _option(parameters, argument, rest, signs=signs, is_built=is_built)
        given.setdefault(name, []).append(value)
    if any(len(given.get(each.name, ())) > 1 and not each.several for each in parameters):
        raise Refused("cannot be used multiple times")
    if positions[:1] == ["help"]:
        raise Refused("shows the help")
    return _checked(parameters, given | _positions([each for each in parameters if not each.flag], positions))


def _option(
    parameters: Sequence[Parameter], argument: str, rest: list[str], *, signs: str, is_built: bool
) -> tuple[str, str]:
    key, join, value = argument.partition("=")
    parameter = next((each for each in parameters if each.flag and each.flag == key), None)
    if parameter is None or (join and not parameter.takes_value):
        raise Refused(f"unexpected argument {argument}")
    if not parameter.takes_value:
        return parameter.name, "1"
    if join:
        return parameter.name, argument.rpartition("=")[2] if is_built else value
    if not rest or rest[0].startswith(tuple(signs)):
        raise Refused(f"incorrect number of values for {key}")
    return parameter.name, rest.pop(0)


def _positions(parameters: Sequence[Parameter], arguments: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    index = 0
    for number, parameter in enumerate(parameters):
        if index == len(arguments):
            break
        left, still = len(arguments) - index, len(parameters) - number
        takes = max(left - still, 0) + 1 if parameter.several else 1
        found[parameter.name] = arguments[index : index + takes]
        index += takes
    if index < len(arguments):
        raise Refused(f"unexpected argument {arguments[index]}")
    return found


def _checked(parameters: Sequence[Parameter], given: dict[str, list[str]]) -> Values:
    values: Values = {}
    for parameter in parameters:
        found = given.get(parameter.name)
        if found is None:
            if parameter.required:
                raise Refused(f"{parameter.name} was not provided")
            if parameter.default is not None:
                values[parameter.name] = parameter.default
            continue
        if parameter.delimiter:
            found = [part for each in found for part in each.split(parameter.delimiter)]
        if parameter.choices and any(each not in parameter.choices for each in found):
            raise Refused(f"invalid value for {parameter.name}")
        values[parameter.name] = found if parameter.several else found[0]
    return values
