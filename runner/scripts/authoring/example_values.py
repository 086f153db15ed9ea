"""Values to show a command line with: the author's own where there are some, otherwise made up for each type."""

from collections.abc import Iterator, Mapping

from runner.errors import InvalidValue
from runner.scripts.parameters import AnyParameter, Choice, Input, Suggesting
from runner.scripts.script import Script

PERSON = "ada@example.org"

_BY_TYPE: Mapping[str, str] = {
    "text": "text",
    "multiline": "text",
    "integer": "1",
    "number": "0.5",
    "boolean": "true",
    "date": "2026-03-04",
    "time": "10:00",
    "datetime": "2026-03-04T10:00Z",
    "email": PERSON,
    "url": "https://example.org/",
    "ip": "192.0.2.1",
    "user": PERSON,
    "input": "file",
    "output": "result",
}


def values(script: Script) -> dict[str, str]:
    """A value for each parameter that is asked for beside the values of the others, by name.

    One that nobody could make up, since a pattern is to be matched, is the parameter's name in angle brackets.
    """
    made = {parameter.name: _value(parameter, script) for parameter in script.asked}
    return {parameter.name: made[parameter.name] for parameter in script.shown(made)}


def _value(parameter: AnyParameter, script: Script) -> str:
    for candidate in _candidates(parameter, script):
        try:
            return parameter.parse(candidate)
        except InvalidValue:
            continue
    return f"<{parameter.name}>"


def _candidates(parameter: AnyParameter, script: Script) -> Iterator[str]:
    for example in script.examples.values():
        if parameter.name in example:
            yield example[parameter.name]
    if parameter.default is not None:
        yield parameter.default
    if isinstance(parameter, Choice):
        yield from list(parameter.choices or ())[:1]
    if isinstance(parameter, Suggesting):
        yield from list(parameter.suggestions or ())[:1]
    if isinstance(parameter, Input) and parameter.accept:
        yield f"file{parameter.accept[0]}"
    if (sample := _BY_TYPE.get(parameter.type)) is not None:
        yield sample
    for limit in ("min", "max"):
        if (value := getattr(parameter, limit, None)) is not None:
            yield str(value)
