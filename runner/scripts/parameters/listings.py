"""Where choices come from that are not written down: the lines of a command's output or of a file."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from runner.scripts.parameters.options import Duration, mistakes
from runner.system.text import check_line, nearest, quoted

MAX_WORDS = 50
MAX_WORD = 1_000  # characters
_FORM = "must be {command: [PROGRAM, ARGUMENT, …]} or {file: PATH}, with cache: DURATION if need be"


def _command(written: object) -> tuple[str, ...]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= MAX_WORDS or written[0] == "":
        raise ValueError(f"must be a list of 1 to {MAX_WORDS} words: the program, then its arguments")
    return tuple(check_line(word, at_most=MAX_WORD, may_be_empty=True) for word in written)


class ChoicesFrom(BaseModel):
    """A command, never run through a shell, or a file; one choice a line: the value and, after a tab, its label.

    A path with a slash starts from the script's folder. ``cache`` is how long an answer is good.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    command: Annotated[tuple[str, ...], BeforeValidator(_command)] = ()
    file: Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_WORD))] | None = None
    cache: Duration = timedelta(minutes=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.command) == (self.file is not None):
            raise ValueError(_FORM)
        return self


def variable(name: str) -> str:
    """The variable by which a command is told the value of the parameter of that name."""
    return f"SCRIPTRUNNER_VALUE_{name.upper().replace('-', '_')}"


def _source(written: object) -> ChoicesFrom:
    if isinstance(written, ChoicesFrom):
        return written
    if not isinstance(written, Mapping):
        raise ValueError(_FORM)  # noqa: TRY004  # pydantic reports ValueError only
    known = tuple(ChoicesFrom.model_fields)
    for key in written:
        if key not in known:
            near = nearest(key, known)
            hint = f"; did you mean {quoted(near[0])}?" if near else ""
            raise ValueError(f"knows no {quoted(key)}, only {', '.join(known)}{hint}")
    try:
        return ChoicesFrom.model_validate(dict(written))
    except ValidationError as error:
        told = [f"{key}: {message}" if key else message for key, message in mistakes(error)]
        raise ValueError("; ".join(told)) from error


Source = Annotated[ChoicesFrom, BeforeValidator(_source)]
