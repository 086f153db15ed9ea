"""Parameter types whose values are chosen: yes or no, one or several of a list, a person."""

from collections.abc import Iterator
from functools import cache
from typing import ClassVar

from runner.errors import InvalidValue
from runner.scripts.parameters import options
from runner.scripts.parameters.listings import Source
from runner.scripts.parameters.options import Choices, Names, Pair
from runner.scripts.parameters.parameter import EMAIL, Parameter, Several
from runner.scripts.parameters.texts import Email
from runner.system.text import check_line, nearest, quoted, visible


class Boolean(Parameter):
    """Yes or no, as ``true`` or ``false`` or as the two texts of ``values``; with a flag, the flag alone or nothing."""

    type: ClassVar[str] = "boolean"
    values: Pair = ("true", "false")

    def is_given(self, value: str | None) -> bool:
        """Whether a checked value says anything: an unticked box does not."""
        return value == "true"

    def words(self, value: str | None) -> list[str]:
        """What of a checked value reaches the script."""
        return [] if value is None else [self.values[0 if value == "true" else 1]]

    def arguments(self, words: list[str]) -> list[str]:
        """The bare flag for yes; without a flag the word itself."""
        if self.flag is None:
            return super().arguments(words)
        return [self.flag] if words == [self.values[0]] else []

    def _check(self, raw: str) -> str:
        if raw not in ("true", "false"):
            raise InvalidValue(f"must be true or false, not {quoted(raw)}")
        return raw

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.flag is not None and "values" in self.model_fields_set:
            yield "values", "does not go with flag, which passes the flag alone or nothing"
        if self.flag_style != "joined":
            yield "flag_style", "says nothing here: the flag stands alone"


class Choice(Several):
    """One or several of a list of texts; those of ``choices_from`` are known only where it can be asked."""

    type: ClassVar[str] = "choice"
    choices: Choices | None = None
    choices_from: Source | None = None
    depends: Names = ()

    def _check(self, raw: str) -> str:
        if self.choices is None:
            return _choosable(raw)
        if raw not in self.choices:
            raise InvalidValue(refusal(raw, tuple(self.choices)))
        return raw

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if (self.choices is None) == (self.choices_from is None):
            yield "choices", "lacks the option choices" if self.choices is None else "does not go with choices_from"
        if self.depends and self.choices_from is None:
            yield "depends", "needs the option choices_from"
        if self.choices is not None and self.count is not None and self.count > len(self.choices):
            yield "count", f"is above the number of choices, {len(self.choices)}: each can be chosen once"
        if self.separator is not None:
            for choice in self.choices or ():
                if self.separator in choice:
                    yield "choices", f"{quoted(choice)} holds the separator {quoted(self.separator)}"


class User(Several):
    """A member of the workspace, as the e-mail address that Slack knows them by."""

    type: ClassVar[str] = "user"

    @property
    def needed(self) -> str:
        """What every value holds, if there is anything."""
        return "@"

    def _check(self, raw: str) -> str:
        return _address().parse(raw)

    def _is_relative(self, default: str) -> bool:
        return default == EMAIL


@cache
def _address() -> Email:
    return Email(name="address", description="")


def refusal(raw: str, choices: tuple[str, ...]) -> str:
    """Why a text is refused that is none of the choices, with the nearest one."""
    if not choices:
        return f"cannot be {quoted(raw)}: there is nothing to choose from"
    near = nearest(raw, choices[:1_000])
    hint = f"; did you mean {quoted(near[0])}?" if near else ""
    listed = visible(", ".join(choices[:10])[:200]) + (", …" if len(choices) > 10 else "")
    return f"must be one of {listed}, not {quoted(raw)}{hint}"


def _choosable(raw: str) -> str:
    try:
        return check_line(raw, at_most=options.MAX_CHOICE)
    except ValueError as error:
        raise InvalidValue(f"{error}: {quoted(raw)}") from error
