"""Values typed after a command: ``/runscript word_count top=20 title="two words"``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runner.errors import InvalidValue
from runner.scripts import Script
from runner.system.text import nearest, quoted

_MOST_TOLD = 100  # keys that are no parameters: more than the form has room to tell

_WORD = re.compile(r'(?:[^\s"]+|"[^"]*"|")+')
_VALUE = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_-]*)=(?P<value>.*)", re.DOTALL)
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})  # what clients make of straight quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The name of a script and the values after it, in their order; ``strays`` are words that are neither."""

    name: str
    values: tuple[tuple[str, str], ...]
    strays: tuple[str, ...]


def read(text: str) -> Typed:
    """The words after a command; the name ends where the first value begins."""
    words = [found.group().replace('"', "") for found in _WORD.finditer(text.translate(_CURLY))]
    matches = [_VALUE.fullmatch(word) for word in words]
    first = next((index for index, match in enumerate(matches) if match), len(words))
    values = [(match["key"], match["value"]) for match in matches if match]
    strays = [word for word, match in zip(words[first:], matches[first:], strict=True) if match is None]
    return Typed(name=" ".join(words[:first]), values=tuple(values), strays=tuple(strays))


def fitted(script: Script, typed: Typed) -> tuple[dict[str, str], list[str]]:
    """The values that fit the parameters, and what is wrong with the others; a key given again adds a value."""
    parameters = {parameter.name: parameter for parameter in script.asked}
    names = {name.casefold(): name for name in parameters} | {name: name for name in parameters}
    given: dict[str, list[str]] = {}
    strangers: list[str] = []
    for key, value in typed.values:
        name = names.get(key) or names.get(key.casefold())
        if name is None:
            strangers.append(key)
        else:
            given.setdefault(name, []).append(value)
    problems = [f"{quoted(word)} is no KEY=VALUE." for word in typed.strays]
    problems += [_stranger(key, parameters) for key in strangers[:_MOST_TOLD]]
    values: dict[str, str] = {}
    for name, several in given.items():
        try:
            values[name] = parameters[name].parse("\n".join(several))
        except InvalidValue as error:
            problems.append(f"{name}: {error}.")
    return values, problems


def _stranger(key: str, names: Iterable[str]) -> str:
    near = nearest(key, names)
    hint = f" Did you mean {quoted(near[0])}?" if near else ""
    return f"{quoted(key)} is no parameter of this script.{hint}"
