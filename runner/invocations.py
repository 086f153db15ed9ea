"""How checked values reach a script: arguments, variables and standard input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.parameters import AnyParameter, Input, Output, Several, is_secret
from runner.scripts import Script

Files = Callable[[AnyParameter, str], str]
"""Gives the path that stands for the value of an input or an output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What a script is started with: the arguments after its path, variables, and a file or a text to read."""

    arguments: list[str]
    environment: dict[str, str] = field(repr=False)
    stdin: Path | str | None = field(repr=False)


def invocation(script: Script, values: Mapping[str, str], *, files: Files, secrets: Mapping[str, str]) -> Invocation:
    """The invocation for checked values; ``secrets`` are the server's, by the names of parameters.

    What has a variable and no value is absent from the environment; without standard input there is nothing to read.
    """
    arguments: list[str] = []
    environment: dict[str, str] = {}
    stdin: Path | str | None = None
    for parameter in script.parameters:
        value = secrets.get(parameter.name) if is_secret(parameter) else values.get(parameter.name)
        words = _words(parameter, value, files)
        if parameter.env is not None:
            environment |= {parameter.env: "\n".join(words)} if words else {}
        elif parameter.stdin:
            stdin = _read_from(parameter, words) if words else None
        else:
            arguments.extend(parameter.arguments(words))
    return Invocation(arguments=arguments, environment=environment, stdin=stdin)


def _words(parameter: AnyParameter, value: str | None, files: Files) -> list[str]:
    if value is None or not isinstance(parameter, Input | Output):
        return parameter.words(value)
    paths = [files(parameter, item) for item in parameter.items(value)]
    return parameter.joined(paths) if isinstance(parameter, Several) else paths


def _read_from(parameter: AnyParameter, words: list[str]) -> Path | str:
    """A file itself; a single text exactly; of several each on a line of its own."""
    if isinstance(parameter, Input):
        return Path(words[0])
    if parameter.takes_several:
        return "".join(f"{word}\n" for word in words)
    return words[0]
