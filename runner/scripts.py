"""What a script is: its parameters and options, the check of a whole set of values, and the argument list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from runner.errors import InvalidValue, InvalidValues
from runner.option_values import Description, check_line
from runner.parameters import AnyParameter, Boolean, Input, Output
from runner.settings import parse_duration
from runner.wording import quoted, readable, visible

MAX_TITLE = 75  # characters: Slack's limit on the text of an option in a menu


def _duration(written: object) -> timedelta:
    try:
        return parse_duration(written)
    except ValueError as error:
        raise ValueError(f"must be {error}") from error


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class ScriptOptions(BaseModel):
    """What an annotation may say about the script itself; the fields are the options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_TITLE))] | None = None
    description: Description = ""
    timeout: Duration | None = None
    grace: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An executable file with its parsed annotations.

    ``name`` is the path below the scripts folder, ``group`` its folder there ("" at the top). ``timeout`` and ``grace``
    are None where the script leaves them to the executor.
    """

    name: str
    group: str
    path: Path
    title: str
    description: str = ""
    timeout: timedelta | None = None
    grace: timedelta | None = None
    parameters: tuple[AnyParameter, ...] = ()

    def parse(self, raw: Mapping[str, str | None]) -> dict[str, str]:
        """The checked values in the order of the parameters; InvalidValues with all that is wrong.

        An optional parameter left empty is absent. A boolean is never missing: nothing ticked is ``false``.
        """
        declared = {parameter.name for parameter in self.parameters}
        problems = {visible(name): "is not a parameter of this script" for name in raw if name not in declared}
        values: dict[str, str] = {}
        for parameter in self.parameters:
            try:
                value = _parsed(parameter, raw.get(parameter.name))
            except InvalidValue as error:
                problems[parameter.name] = str(error)
            else:
                if value is not None:
                    values[parameter.name] = value
        problems |= self._outputs_of_one_name(values)
        if problems:
            raise InvalidValues(problems)
        return values

    def argv(self, values: Mapping[str, str], files: Callable[[AnyParameter, str], str]) -> list[str]:
        """The arguments after the program's path; ``files`` turns the value of an input or output into a path."""
        arguments: list[str] = []
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if value is not None and isinstance(parameter, Input | Output):
                value = files(parameter, value)
            arguments.extend(parameter.arguments(value))
        return arguments

    def _outputs_of_one_name(self, values: Mapping[str, str]) -> dict[str, str]:
        taken: set[str] = set()
        problems: dict[str, str] = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if isinstance(parameter, Output) and value is not None:
                if value in taken:
                    problems[parameter.name] = f"must differ from the other outputs: {quoted(value)} is taken"
                taken.add(value)
        return problems


def script(*, name: str, path: Path, options: ScriptOptions, parameters: tuple[AnyParameter, ...]) -> Script:
    """A script as its file's name and annotations describe it."""
    group, _, file_name = name.rpartition("/")
    return Script(
        name=name,
        group=group,
        path=path,
        title=options.title or default_title(file_name),
        description=options.description,
        timeout=options.timeout,
        grace=options.grace,
        parameters=parameters,
    )


def default_title(file_name: str) -> str:
    """The title of a script that gives none: its file's name without extension, made readable."""
    title = readable(Path(file_name).stem)
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…"


def _parsed(parameter: AnyParameter, raw: str | None) -> str | None:
    if raw:
        return parameter.parse(raw)
    if isinstance(parameter, Boolean):
        return "false"
    if parameter.required:
        raise InvalidValue("is required")
    return None
