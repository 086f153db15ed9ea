"""Parameter types whose values are typed: lines and paragraphs, addresses of people, pages and machines."""

import re
from abc import ABC
from collections.abc import Iterator
from ipaddress import ip_address
from typing import ClassVar

from runner.errors import InvalidValue
from runner.scripts.parameters import options, patterns
from runner.scripts.parameters.listings import Source
from runner.scripts.parameters.options import Choices, Constant, IpVersion, Label, Length, Pattern, SecretName
from runner.scripts.parameters.parameter import EMAIL, Parameter, Prompting, Several
from runner.system.text import quoted

MAX_SUGGESTED = options.MAX_CHOICE  # characters: what is typed into a menu comes back as an option's value

# The form that HTML gives to an e-mail address (WHATWG, input type=email), with a dot in the domain and no dash in
# front, by which a program would take it for an option.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?!-)[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


class _Patterned(Prompting, ABC):
    """Text with limits; ``pattern`` must match the whole value.

    ``shortest`` and ``longest`` are the characters of what the type takes at all.
    """

    shortest: ClassVar[int] = 1
    longest: ClassVar[int] = options.MAX_LENGTH
    min_length: Length = 0
    max_length: Length = options.MAX_LENGTH
    pattern: Pattern | None = None
    pattern_hint: Label | None = None

    def _check(self, raw: str) -> str:
        if not self.min_length <= len(raw) <= self.max_length:
            raise InvalidValue(f"must be {self._lengths()} characters long, not {len(raw):,}")
        if self.pattern is not None and not patterns.matches(self.pattern, raw):
            wanted = self.pattern_hint or f"{quoted(self.pattern, at_most=options.MAX_PATTERN)}"
            verb = "be" if self.pattern_hint else "match the pattern"
            raise InvalidValue(f"must {verb} {wanted}, not {quoted(raw)}")
        return raw

    def _lengths(self) -> str:
        if self.min_length == self.max_length:
            return f"exactly {self.min_length:,}"
        if self.max_length == options.MAX_LENGTH:
            return f"at least {self.min_length:,}"
        return f"{self.min_length:,} to {self.max_length:,}" if self.min_length else f"at most {self.max_length:,}"

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.min_length > self.max_length:
            yield "min_length", f"{self.min_length} is above max_length, {self.max_length}"
        if self.max_length == 0:
            yield "max_length", "leaves no value but nothing"
        elif self.max_length < self.shortest:
            yield "max_length", f"leaves no value: the shortest has {self.shortest} characters"
        if self.min_length > self.longest:
            yield "min_length", f"leaves no value: the longest has {self.longest:,} characters"
        if self.pattern_hint is not None and self.pattern is None:
            yield "pattern_hint", "needs the option pattern"
        if self.pattern is not None and self.min_length <= self.max_length:
            yield from self._impossible(self.pattern)

    def _impossible(self, pattern: str) -> Iterator[tuple[str, str]]:
        """What is wrong with a pattern that no value can ever match."""
        found = patterns.lengths(pattern, is_one_line=not isinstance(self, Multiline))
        is_menu = isinstance(self, Suggesting) and self.has_suggestions
        least, most = max(self.shortest, self.min_length), min(self.max_length, self.longest)
        most = min(most, MAX_SUGGESTED) if is_menu else most
        possible = found >> least & ((1 << max(0, most - least + 1)) - 1)
        if not found >> 1:
            yield "pattern", "can match no value: no text fits it"
        elif not possible:
            yield "pattern", f"can match no value: none of {least:,} to {most:,} characters fits it"
        elif isinstance(self, Suggesting) and not all(patterns.can_hold(pattern, sign) for sign in self.needed):
            yield "pattern", f"can match no value: each holds {quoted(self.needed)}"


class Suggesting(Several, ABC):
    """A line that may come with suggestions: they can be chosen, anything else can be typed."""

    suggestions: Choices | None = None
    suggestions_from: Source | None = None
    depends: options.Names = ()

    @property
    def has_suggestions(self) -> bool:
        """Whether its field is a menu into which anything can be typed."""
        return self.suggestions is not None or self.suggestions_from is not None

    def parse(self, raw: str) -> str:
        """The canonical text of a value; InvalidValue where it is not one of this parameter's values."""
        if self.has_suggestions and any(len(line) > MAX_SUGGESTED for line in raw.split("\n")):
            raise InvalidValue(f"must be at most {MAX_SUGGESTED} characters long, for Slack's menus take no more")
        return super().parse(raw)

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.suggestions is not None and self.suggestions_from is not None:
            yield "suggestions_from", "does not go with suggestions"
        if self.depends and self.suggestions_from is None:
            yield "depends", "needs the option suggestions_from"

    def _wrong_values(self) -> Iterator[tuple[str, str]]:
        yield from super()._wrong_values()
        for suggestion in self.suggestions or ():
            try:
                self._item(suggestion)
            except InvalidValue as error:
                yield "suggestions", f"offers {quoted(suggestion)}, which {error}"


class Text(_Patterned, Suggesting):
    """One line of text. With ``secret`` its value is the server's, with ``constant`` the script's: never asked for."""

    type: ClassVar[str] = "text"
    secret: SecretName | None = None
    constant: Constant | None = None

    def _check(self, raw: str) -> str:
        if patterns.LINE_BREAK.search(raw):
            raise InvalidValue("must be a single line")
        return super()._check(raw)

    def _is_relative(self, default: str) -> bool:
        return default == EMAIL

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        yield from super()._contradictions()
        if self.has_suggestions and self.min_length > MAX_SUGGESTED:
            yield "min_length", f"is above the {MAX_SUGGESTED} characters that Slack's menus take"
        if self.secret is not None:
            if self.env is None and not self.stdin:
                yield "secret", "must reach the script by env or stdin: everybody on the machine can see arguments"
            yield from self._needless("secret", {"env", "stdin", "required"})
        elif self.constant is not None:
            yield from self._needless("constant", {"flag", "flag_style", "env", "stdin", "after_dashes"})

    def _needless(self, because: str, allowed: set[str]) -> Iterator[tuple[str, str]]:
        for option in sorted(self.model_fields_set - allowed - {because, "name", "description", "label", "when"}):
            yield option, f"does not go with {because}: nobody is asked for the value"

    def _wrong_values(self) -> Iterator[tuple[str, str]]:
        yield from super()._wrong_values()
        for option, value in (("default", self.default), ("constant", self.constant)):
            if value is not None and value != EMAIL and value.startswith("requester.") and value.count(".") == 1:
                yield option, f"of the requester only {EMAIL} is known here"


class Multiline(_Patterned):
    """Text of any number of lines."""

    type: ClassVar[str] = "multiline"


class Email(_Patterned, Suggesting):
    """An e-mail address, as HTML defines it, with a dot in its domain and no dash in front."""

    type: ClassVar[str] = "email"
    shortest: ClassVar[int] = len("a@b.c")
    longest: ClassVar[int] = 254  # RFC 5321, as a path of 256 with its angle brackets (4.5.3.1.3)

    @property
    def needed(self) -> str:
        """What every value holds, if there is anything."""
        return "@"

    def _check(self, raw: str) -> str:
        if not _EMAIL.fullmatch(raw) or len(raw) > self.longest:
            raise InvalidValue(f"must be an e-mail address such as ada@example.com, not {quoted(raw)}")
        return super()._check(raw)

    def _is_relative(self, default: str) -> bool:
        return default == EMAIL


class Url(_Patterned, Suggesting):
    """An address that begins with http, https, ftp, ftps or sftp."""

    type: ClassVar[str] = "url"
    shortest: ClassVar[int] = len("ftp://a")

    @property
    def needed(self) -> str:
        """What every value holds, if there is anything."""
        return "://"

    def _check(self, raw: str) -> str:
        if not raw.isprintable() or not options.is_url(raw):
            raise InvalidValue(f"must be an address such as https://example.com/page, not {quoted(raw)}")
        return super()._check(raw)


class Ip(Suggesting):
    """An address of IPv4 or IPv6, in its canonical form."""

    type: ClassVar[str] = "ip"
    version: IpVersion | None = None

    @property
    def needed(self) -> str:
        """What every value holds, if there is anything."""
        return {"4": ".", "6": ":"}.get(self.version or "", "")

    def _check(self, raw: str) -> str:
        try:
            found = ip_address(raw.strip(" ") if "%" not in raw else "")
        except ValueError:
            found = None
        if found is None or self.version not in (None, str(found.version)):
            kind = "an IP address" if self.version is None else f"an address of IPv{self.version}"
            raise InvalidValue(f"must be {kind}, not {quoted(raw)}")
        return str(found)


def is_secret(parameter: Parameter) -> bool:
    """Whether the server knows the value and nobody is asked for it."""
    return isinstance(parameter, Text) and parameter.secret is not None


def is_asked(parameter: Parameter) -> bool:
    """Whether people give the value, rather than the server or the script."""
    return not (isinstance(parameter, Text) and (parameter.secret or parameter.constant) is not None)
