"""What every parameter is: its options, the check of a raw value, and the ways by which it reaches the script."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

from runner.errors import InvalidValue
from runner.scripts.parameters import options
from runner.scripts.parameters.options import (
    Conditions,
    Count,
    Default,
    Description,
    Flag,
    FlagStyle,
    Label,
    Name,
    Names,
    Separator,
    Truth,
    Variable,
)
from runner.system.text import is_unicode, quoted, readable

MAX_VALUE = options.MAX_LENGTH
MAX_ITEMS = 1_000  # of one value; argv as a whole is limited by Linux to 2 MiB (execve(2))
MAX_SEVERAL = 100_000  # bytes; one argument is limited by Linux to 128 KiB (execve(2))
MAX_STARTING = 100  # values that a form starts with: Slack's limit on the initial options of a menu
EMAIL = "requester.email"
"""The default that stands for the e-mail address of whoever opens the form."""

_OPTION_LIKE = re.compile(r"-(?!(?:[0-9]+|[0-9]*\.[0-9]+)\Z)")  # argparse takes just these negative numbers for values


class Parameter(BaseModel, ABC):
    """One typed input of a script; the fields below ``description`` are the options its annotation may give.

    A type is one subclass with its own check, listed in AnyParameter. The default is what a form starts with; it
    is never put in for a value that was left empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    type: ClassVar[str]
    name: Name
    description: Description
    label: Label = ""
    required: Truth = True
    default: Default | None = None
    section: Label | None = None
    advanced: Truth = False
    when: Conditions = {}
    needs: Names = ()
    conflicts: Names = ()
    unless: Names = ()
    flag: Flag | None = None
    flag_style: FlagStyle = "joined"
    env: Variable | None = None
    stdin: Truth = False
    omit: Truth = False
    after_dashes: Truth = False

    @classmethod
    @cache
    def options(cls) -> tuple[str, ...]:
        """The options an annotation of this type may give."""
        return ("type", *(option for option in cls.model_fields if option not in ("name", "description")))

    @property
    def is_positional(self) -> bool:
        """Whether its value is an argument without a flag."""
        return self.flag is None and self.env is None and not self.stdin

    @property
    def takes_several(self) -> bool:
        """Whether its value may be several texts, one a line."""
        return False

    @property
    def has_open_end(self) -> bool:
        """Whether nobody knows beforehand how many arguments it is."""
        return False

    def parse(self, raw: str) -> str:
        """The canonical text of a value; InvalidValue where it is not one of this parameter's values."""
        if not raw:
            raise InvalidValue("is required")
        if len(raw) > MAX_VALUE:
            raise InvalidValue(f"must be at most {MAX_VALUE:,} characters long, not {len(raw):,}")
        if "\0" in raw or not is_unicode(raw):
            raise InvalidValue(f"must be text without NUL or half characters, not {quoted(raw)}")
        if raw == "--" and (self.after_dashes or self.flag_style == "equals"):
            raise InvalidValue("must not be --, which the script takes for the end of its options")
        if self.flag_style == "once" and _OPTION_LIKE.match(raw):
            raise InvalidValue(f"must not begin with -, by which the script knows its options: {quoted(raw)}")
        return self._check(raw)

    def items(self, value: str) -> list[str]:
        """The texts that a checked value stands for: one, or several where several may be given."""
        return [value]

    def is_given(self, value: str | None) -> bool:
        """Whether a checked value says anything: an unticked box does not."""
        return value is not None

    def is_any(self, value: str, wanted: tuple[str, ...]) -> bool:
        """Whether a checked value is one of these, or one of several is."""
        return any(item in wanted for item in self.items(value))

    def words(self, value: str | None) -> list[str]:
        """What of a checked value reaches the script; of files the caller puts paths in their place."""
        return [] if value is None else self.items(value)

    def arguments(self, words: list[str]) -> list[str]:
        """The arguments that carry the words, each byte for byte.

        A long flag is joined to its value by ``=``, one of a single letter directly, as getopt reads it whatever the
        value begins with; argparse takes a ``=`` behind a letter away and needs ``equals``. A positional value that is
        absent is an empty argument, so positions never move.
        """
        if self.flag is None:
            return words or ([] if self.omit else [""])
        if self.flag_style == "separate":
            return [argument for word in words for argument in (self.flag, word)]
        if self.flag_style == "once":
            return [self.flag, *words] if words else []
        joint = "" if len(self.flag) == 2 and self.flag_style != "equals" else "="
        return [f"{self.flag}{joint}{word}" for word in words]

    @abstractmethod
    def _check(self, raw: str) -> str:
        """What ``parse`` answers for text that is not empty, has no NUL and is not too long."""

    def _is_relative(self, default: str) -> bool:
        """Whether a default stands for a value that is known only when the form is opened."""
        del default
        return False

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        """Pairs of an option and what is wrong with it beside the others."""
        ways = [name for name, is_used in (("flag", self.flag), ("env", self.env), ("stdin", self.stdin)) if is_used]
        if len(ways) > 1:
            yield ways[1], f"does not go with {ways[0]}: a value reaches the script by one way"
        if self.flag_style != "joined" and self.flag is None:
            yield "flag_style", "needs the option flag"
        if self.flag_style == "repeated" and not self._can_repeat:
            yield (
                "flag_style",
                "needs type integer with min: 0 or more and max: 100 at most",
            )
        if self.after_dashes and not self.is_positional:
            yield "after_dashes", "is for what is an argument by its position"
        if self.unless and self.required:
            yield "unless", "is for what may stay empty: add required: false"
        if self.omit and (self.required or not self.is_positional):
            yield "omit", "is for positional parameters that may stay empty: add required: false"
        if self.advanced and not self._may_be_hidden:
            yield "advanced", "hides the field: add a default, or required: false"
        if self.when or self.needs or self.conflicts or self.unless:
            yield from self._wrong_names()

    @property
    def _may_be_hidden(self) -> bool:
        """Whether a form can do without the field: there is a value to begin with, or need not be any."""
        return not self.required or self.default is not None

    @property
    def _can_repeat(self) -> bool:
        """Whether its value can say how often a flag is given."""
        return False

    def _wrong_names(self) -> Iterator[tuple[str, str]]:
        for option in ("when", "needs", "conflicts", "unless"):
            if self.name in getattr(self, option):
                yield option, "names the parameter itself"
        if both := [name for name in self.needs if name in self.conflicts]:
            yield "conflicts", f"names {quoted(both[0])}, which is needed too"

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, written: object) -> object:
        if isinstance(written, dict) and "label" not in written and isinstance(written.get("name"), str):
            return {**written, "label": readable(written["name"])[: options.MAX_LABEL]}
        return written

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if pairs := list(self._contradictions()) or list(self._wrong_values()):
            raise options.Contradictions(pairs)
        return self

    def _wrong_values(self) -> Iterator[tuple[str, str]]:
        """Pairs of an option and what is wrong with a value in it; the options themselves are right."""
        if self.default is None or self._is_relative(self.default):
            return
        try:
            canonical = self.parse(self.default)
        except InvalidValue as error:
            yield "default", str(error) if self.default else "must not be empty; leave it out instead"
        else:
            if canonical != self.default:
                yield "default", f"is written {quoted(canonical)}"


class Prompting(Parameter, ABC):
    """A parameter whose field can show a word while it is empty."""

    placeholder: Label | None = None


class Several(Prompting, ABC):
    """A parameter that may take several values: kept as one text, one value a line.

    They reach the script joined by ``separator``, or each as an argument, or each with the flag; by a variable or by
    standard input one a line.
    """

    multiple: Truth = False
    count: Count | None = None
    separator: Separator | None = None

    @property
    def needed(self) -> str:
        """What every value holds, if there is anything."""
        return ""

    @property
    def takes_several(self) -> bool:
        """Whether its value may be several texts, one a line."""
        return self.multiple

    @property
    def has_open_end(self) -> bool:
        """Whether nobody knows beforehand how many arguments it is."""
        return self.multiple and self.separator is None and self.count is None

    def parse(self, raw: str) -> str:
        """The canonical text of a value; InvalidValue where it is not one of this parameter's values."""
        if not self.multiple:
            return super().parse(raw)
        if len(raw) > MAX_SEVERAL:
            raise InvalidValue(f"must be at most {MAX_SEVERAL:,} bytes together, not {len(raw.encode()):,}")
        lines = [line for line in raw.split("\n") if line.strip()]
        if not lines:
            raise InvalidValue("is required")
        if len(lines) > MAX_ITEMS:
            raise InvalidValue(f"must be at most {MAX_ITEMS:,} values, not {len(lines):,}")
        if self.count is not None and len(lines) != self.count:
            raise InvalidValue(f"must be {self.count:,} values, one a line, not {len(lines):,}")
        parsed = [self._item(line) for line in lines]
        if (size := len((joined := "\n".join(parsed)).encode())) > MAX_SEVERAL:
            raise InvalidValue(f"must be at most {MAX_SEVERAL:,} bytes together, not {size:,}")
        return joined

    def items(self, value: str) -> list[str]:
        """The texts that a checked value stands for: one, or several where several may be given."""
        return value.split("\n") if self.multiple else [value]

    def words(self, value: str | None) -> list[str]:
        """What of a checked value reaches the script; of files the caller puts paths in their place."""
        return self.joined(super().words(value))

    def joined(self, words: list[str]) -> list[str]:
        """The words as one where a separator is set."""
        return [self.separator.join(words)] if self.separator is not None and words else words

    def arguments(self, words: list[str]) -> list[str]:
        """The arguments that carry the words; of several positional ones that are absent there are none."""
        if self.multiple and self.separator is None and self.flag is None:
            return words
        return super().arguments(words)

    def _item(self, line: str) -> str:
        parsed = super().parse(line)
        if "\n" in parsed:
            raise InvalidValue(f"must be one line each, not {quoted(parsed)}")
        if self.separator is not None and self.separator in parsed:
            raise InvalidValue(f"must not hold the separator {quoted(self.separator)}: {quoted(parsed)}")
        return parsed

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.separator is not None and not self.multiple:
            yield "separator", "needs the option multiple: true"
        if self.separator is not None and self.separator in self.needed:
            yield "separator", f"is in every value, and no value may hold it: each holds {quoted(self.needed)}"
        if self.count is not None and not self.multiple:
            yield "count", "needs the option multiple: true"
        if self.default is not None and "\n" in self.default and not self.multiple:
            yield "default", "must be a single line; several values need multiple: true"

    def _wrong_values(self) -> Iterator[tuple[str, str]]:
        yield from super()._wrong_values()
        if self.multiple and self.default is not None:
            count, length = len(self.default.split("\n")), len(self.default)
            if count > MAX_STARTING or length > MAX_VALUE:
                most = f"at most {MAX_STARTING} values and {MAX_VALUE:,} characters: a Slack form starts with no more"
                yield "default", f"must be {most}"
