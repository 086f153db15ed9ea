"""Where choices come from that are not written down: the lines of a command's output or of a file."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from runner.option_values import Contradictions, Duration, check_line

MAX_WORDS = 50
MAX_WORD = 1_000  # characters
_Line = Annotated[str, BeforeValidator(partial(check_line, at_most=MAX_WORD))]


def _command(written: object) -> tuple[str, ...]:
    if not isinstance(written, list | tuple) or not 1 <= len(written) <= MAX_WORDS:
        raise ValueError(f"must be a list of 1 to {MAX_WORDS} words: the program, then its arguments")
    return tuple(check_line(word, at_most=MAX_WORD, may_be_empty=True) for word in written)


class ChoicesFrom(BaseModel):
    """A command, never run through a shell, or a file; one choice a line: the value and, after a tab, its label.

    A path with a slash starts from the script's folder. ``cache`` is how long an answer is good.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[tuple[str, ...], BeforeValidator(_command)] = ()
    file: _Line | None = None
    cache: Duration = timedelta(minutes=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if pairs := list(self._contradictions()):
            raise Contradictions(pairs)
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if bool(self.command) == (self.file is not None):
            yield "choices_from", "must be {command: [PROGRAM, ARGUMENT, …]} or {file: PATH}"
