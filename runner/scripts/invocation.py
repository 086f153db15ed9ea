"""How checked values reach a script: arguments, variables and standard input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import InvalidValue
from runner.scripts.parameters import AnyParameter, Input, Output, Several
from runner.scripts.script import Script
from runner.system.text import quoted

MAX_ARGUMENT = 131_071
"""Bytes of one argument, or of a variable with its name: MAX_ARG_STRLEN of Linux, less a NUL (execve(2))."""

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
    InvalidValue where values are too long together or the path of a file holds the separator.
    """
    given = {**values, **script.constants, **secrets}
    used = {parameter.name for parameter in script.used(values)}
    arguments: list[str] = []
    last: list[str] = []
    environment: dict[str, str] = {}
    stdin: Path | str | None = None
    for parameter in script.parameters:
        words = _words(parameter, given.get(parameter.name) if parameter.name in used else None, files)
        if parameter.env is not None:
            environment |= {parameter.env: _passable(parameter, "\n".join(words))} if words else {}
        elif parameter.stdin:
            stdin = _read_from(parameter, words) if words else None
        else:
            passed = [_passable(parameter, argument) for argument in parameter.arguments(words)]
            (last if parameter.after_dashes else arguments).extend(passed)
    arguments += ["--", *last] if last else []
    return Invocation(arguments=arguments, environment=environment, stdin=stdin)


def _passable(parameter: AnyParameter, text: str) -> str:
    name = f"{parameter.env}=" if parameter.env is not None else ""
    if len(f"{name}{text}".encode()) > MAX_ARGUMENT:
        raise InvalidValue(f"{parameter.name} is longer than the {MAX_ARGUMENT:,} bytes that a process can be given")
    return text


def _words(parameter: AnyParameter, value: str | None, files: Files) -> list[str]:
    if value is None or not isinstance(parameter, Input | Output):
        return parameter.words(value)
    paths = [files(parameter, item) for item in parameter.items(value)]
    if not isinstance(parameter, Several):
        return paths
    for path in paths:
        if parameter.separator is not None and parameter.separator in path:
            held = f"the path {quoted(path)} holds the separator {quoted(parameter.separator)}"
            raise InvalidValue(f"{parameter.name} cannot be joined: {held}")
    return parameter.joined(paths)


def _read_from(parameter: AnyParameter, words: list[str]) -> Path | str:
    """A file itself; a single text exactly; of several each on a line of its own."""
    if isinstance(parameter, Input):
        return Path(words[0])
    if parameter.takes_several:
        return "".join(f"{word}\n" for word in words)
    return words[0]
