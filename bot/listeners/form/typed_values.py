"""Values typed after a command, as people write them: ``top=20``, ``--top 20``, ``top: 20``, ``title="two words"``."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.listeners.form import words
from bot.listeners.form.words import Word
from bot.slack.typed_text import as_typed, is_escaped, plain_dashes, plain_text, targets, unescaped, with_members
from bot.views.form.normalized import normalized
from runner.errors import InvalidValue, Refused
from runner.scripts import Script
from runner.scripts.parameters import AnyParameter, Boolean, Email, Url, User
from runner.system.text import ended, letters, nearest, quoted

_MOST_TOLD = 200  # words and keys that are not understood: more than the form has room to tell
_MOST_LOOKED_UP = 20  # members: each is a call
_LONGEST_KEY = 200  # characters
_LABEL_WORDS = 6

_PAIR = re.compile(r"([^=\uff1d\"'/<>:]+)[=\uff1d](.*)", re.DOTALL)
_COLON = re.compile(r"([^=:\uff1a\"'/<>]+)[:\uff1a](.*)", re.DOTALL)
_KEY = re.compile(r"-{0,2}[^\W\d][\w .()-]*")
_OPTION = re.compile(r"-{1,2}[^\W\d].*", re.DOTALL)
_LINE = re.compile(r"([^=:\uff1d\uff1a\"'/<>]+)[=:\uff1d\uff1a] *(.*)", re.DOTALL)
_JOINT = re.compile(r"[=:\uff1d\uff1a]")
_SEPARATOR = re.compile(r"[,;]")
_TRUTHS = frozenset({"true", "false", "yes", "no", "on", "off", "ja", "nein"})

AddressOf = Callable[[str], str]
"""The e-mail address of a member, by id; Refused where that is nobody who can be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The words after a command; where Slack escaped them, that is not undone yet."""

    words: tuple[Word, ...]
    is_escaped: bool = False

    def name_words(self) -> list[str | None]:
        """What may be the name of a script, with None in the place of words that are no part of one."""
        found: list[str | None] = []
        for index, word in enumerate(self.words):
            after = self.words[index + 1].text if index + 1 < len(self.words) else ""
            begins_value = _JOINT.match(after) is not None or (index > 0 and word.text.endswith(":"))
            is_value = not word.is_quoted and (begins_value or _looks_like_option(word) or _JOINT.match(word.text))
            found.append(None if is_value or _pair(word.text) else plain_text(as_typed(word.text)))
        return found

    def without(self, start: int, end: int) -> "Typed":
        """All but the words of the script's name."""
        return Typed(words=self.words[:start] + self.words[end:], is_escaped=self.is_escaped)


def read(text: str) -> Typed:
    """The words after a command."""
    return Typed(words=tuple(words.split(text)), is_escaped=is_escaped(text))


def fitted(script: Script, typed: Typed, address_of: AddressOf) -> tuple[dict[str, str], list[str]]:
    """The values that fit the parameters, and what is wrong with the others, as sentences; "" leaves a field empty.

    A key given again adds a value where several may be given; else the last one counts.
    """
    reading = _Reading(_Keys(script))
    reading.read(typed.words)
    problems = [f"{quoted(as_typed(word.text))} is no KEY=VALUE." for word in reading.strays[:_MOST_TOLD]]
    problems += [_stranger(key, script) for key in reading.strangers[:_MOST_TOLD]]
    values: dict[str, str] = {}
    members = _Members(address_of)
    for name, several in reading.given.items():
        parameter = reading.keys.parameters[name]
        if len(several) > 1 and not parameter.takes_several:
            problems.append(f"{name} is given more than once: {quoted(as_typed(several[-1]))} counts.")
        counting = several if parameter.takes_several else several[-1:]
        try:
            values[name] = _value(parameter, counting, members, is_escaped=typed.is_escaped)
        except (InvalidValue, Refused) as error:
            problems.append(f"{name}: {ended(str(error))}")
    return values, problems


class _Keys:
    """The parameters of a script by all that people call them: name, label and flag, in any case and spelling."""

    def __init__(self, script: Script) -> None:
        self.parameters = {parameter.name: parameter for parameter in script.asked}
        self._folded = {name.casefold(): name for name in self.parameters}
        self._flags = {each.flag: each.name for each in script.asked if each.flag}
        self._loose: dict[str, set[str]] = {}
        for each in script.asked:
            for called in (each.name, each.label, (each.flag or "")[2:]):
                self._loose.setdefault(letters(called), set()).add(each.name)

    def named(self, key: str) -> str | None:
        """The name of the parameter that a key means."""
        if len(key) > _LONGEST_KEY:
            return None
        plain = plain_dashes(plain_text(key))
        bare = plain.lstrip("-")
        found = self._flags.get(plain) or self._flags.get(f"-{bare}") or self._flags.get(f"--{bare}")
        loosely = self._loose.get(letters(bare), set()) if letters(bare) else set()
        exactly = (bare if bare in self.parameters else None) or self._folded.get(bare.casefold())
        by_key = found or exactly if plain.startswith("-") else exactly or found
        return by_key or (next(iter(loosely)) if len(loosely) == 1 else None)


@dataclass(slots=True)
class _Reading:
    """Goes through words once; ``given`` are values by parameter, the others are not understood."""

    keys: _Keys
    given: dict[str, list[str]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    strays: list[Word] = field(default_factory=list)
    _run: int = 0
    """How many of the strays stand right before the word at hand."""

    def read(self, typed: Sequence[Word]) -> None:
        """Take every word for what it is."""
        place = 0
        while place < len(typed):
            known = len(self.strays)
            place += self._take_line(typed, place) or self._take(typed[place : place + 3])
            self._run = self._run + 1 if len(self.strays) > known else 0

    def _take_line(self, typed: Sequence[Word], place: int) -> int:
        """Take a line below the first that says one value, of several words maybe; how many words that were, or 0."""
        line = typed[place].line
        if not line or (place and typed[place - 1].line == line):
            return 0
        end = next((index for index in range(place, len(typed)) if typed[index].line != line), len(typed))
        words_of_line = typed[place:end]
        text = " ".join(word.text for word in words_of_line)
        said = (
            _LINE.fullmatch(text)
            if len(words_of_line) > 2 and not any(word.is_quoted for word in words_of_line)
            else None
        )
        name = self.keys.named(said[1]) if said else None
        if said is None or name is None or any(map(_JOINT.search, said[2].split())):
            return 0
        self.given.setdefault(name, []).append(said[2])
        return end - place

    def _take(self, ahead: Sequence[Word]) -> int:
        """Take the first of the words, and those that belong to it; how many that were."""
        word, after = ahead[0], ahead[1] if len(ahead) > 1 else None
        if pair := _pair(word.text):
            return self._take_pair(*pair, after)
        if after and not word.is_quoted and _JOINT.match(after.text) and self._label(word.text):
            value = after.text[1:]
            return 1 + self._take_pair(word.text, value, ahead[2] if len(ahead) > 2 else None)
        colon = None if word.is_quoted and " " not in word.text else _COLON.fullmatch(word.text)
        if colon and self._label(colon[1]):
            return self._take_pair(colon[1], colon[2], after)
        if _looks_like_option(word):
            return self._take_option(word, after)
        name = None if word.is_quoted else self.keys.named(word.text)
        if name and isinstance(self.keys.parameters[name], Boolean):
            self._give(name, "true")
        else:
            self.strays.append(word)
        return 1

    def _take_pair(self, key: str, value: str, after: Word | None) -> int:
        name = self._label(key)
        if name is None:
            self.strangers.append(plain_text(key))
            return 1
        del self.strays[len(self.strays) - self._words_before(key) :]
        takes_next = not value and after is not None and self._is_value(after)
        self._give(name, after.text if takes_next and after else self._without_end(value, after))
        return 2 if takes_next else 1

    def _take_option(self, word: Word, after: Word | None) -> int:
        name = self.keys.named(word.text)
        negated = re.fullmatch(r"-{0,2}no[-_](.+)", plain_dashes(plain_text(word.text)), re.IGNORECASE)
        if name is None and negated and (other := self.keys.named(negated[1])):
            name = other if isinstance(self.keys.parameters[other], Boolean) else None
            if name:
                self._give(name, "false")
                return 1
        if name is None and (name := self.keys.named(plain_dashes(word.text)[:2])) and len(word.text) > 2:
            self._give(name, word.text[2:])
            return 1
        if name is None:
            self.strangers.append(plain_text(word.text))
            return 1
        if isinstance(self.keys.parameters[name], Boolean):
            says = after is not None and after.text.casefold() in _TRUTHS
            self._give(name, after.text if says and after else "true")
            return 2 if says else 1
        if after is None or not self._is_value(after):
            self.strays.append(word)
            return 1
        self._give(name, after.text)
        return 2

    def _give(self, name: str, value: str) -> None:
        """Add a value, and those behind a semicolon that say which they are."""
        first, *others = value.split(";")
        for part in others:
            pair = _pair(part)
            other = self.keys.named(pair[0]) if pair else None
            if pair is None or other is None:
                first = f"{first};{part}"
                continue
            self.given.setdefault(name, []).append(first)
            name, first = other, pair[1]
        self.given.setdefault(name, []).append(first)

    def _label(self, key: str) -> str | None:
        """The parameter that a key means, together with the words right before it or alone."""
        return self.keys.named(self._with_before(key, self._words_before(key)))

    def _words_before(self, key: str) -> int:
        """How many words before a key belong to it: a label may have several."""
        for count in range(min(self._run, _LABEL_WORDS), 0, -1):
            if self.keys.named(self._with_before(key, count)):
                return count
        return 0

    def _with_before(self, key: str, count: int) -> str:
        before = self.strays[len(self.strays) - count :] if count else []
        return " ".join([*(word.text for word in before), key])

    def _is_value(self, word: Word) -> bool:
        """Whether a word can be the value of the key before it: it is none itself."""
        if word.is_quoted:
            return True
        is_key = _looks_like_option(word) and self.keys.named(word.text) is not None
        colon = _COLON.fullmatch(word.text)
        return not (is_key or _pair(word.text) or (colon and self.keys.named(colon[1])))

    def _without_end(self, value: str, after: Word | None) -> str:
        """The value without the sign that parts it from the pair that follows."""
        is_parted = after is not None and value[-1:] in (";", ",") and not self._is_value(after)
        return value[:-1] if is_parted else value


class _Members:
    """The addresses of members that are mentioned, as many as there is time to look up."""

    def __init__(self, address_of: AddressOf) -> None:
        self._address_of = address_of
        self._looked_up = 0

    def address(self, user_id: str) -> str:
        """The address of the member; Refused where it cannot be said."""
        self._looked_up += 1
        if self._looked_up > _MOST_LOOKED_UP:
            raise Refused(f"at most {_MOST_LOOKED_UP} people are looked up at once")
        return self._address_of(user_id)


def _pair(text: str) -> tuple[str, str] | None:
    found = _PAIR.fullmatch(text)
    if not found or len(found[1]) > _LONGEST_KEY:
        return None
    key = plain_dashes(plain_text(found[1]))
    return (key, found[2]) if _KEY.fullmatch(key) else None


def _looks_like_option(word: Word) -> bool:
    return not word.is_quoted and _OPTION.fullmatch(plain_dashes(word.text[:_LONGEST_KEY])) is not None


def _value(parameter: AnyParameter, several: Sequence[str], members: _Members, *, is_escaped: bool) -> str:
    """The checked value that the texts stand for; InvalidValue and Refused where they stand for none."""
    raw = "\n".join(_unwrapped(parameter, each, members, is_escaped=is_escaped) for each in several)
    if not raw and not parameter.required:
        return ""
    found = normalized(parameter, raw)
    if found == raw and parameter.takes_several and _SEPARATOR.search(raw):
        apart = "\n".join(part.strip() for part in _SEPARATOR.split(raw))
        with suppress(InvalidValue):
            return parameter.parse(raw)
        found = normalized(parameter, apart)
    return parameter.parse(found)


def _unwrapped(parameter: AnyParameter, text: str, members: _Members, *, is_escaped: bool) -> str:
    if isinstance(parameter, User):
        plain = targets(with_members(text, members.address))
    else:
        plain = targets(text) if isinstance(parameter, Email | Url) else as_typed(text)
    return unescaped(plain) if is_escaped else plain


def _stranger(key: str, script: Script) -> str:
    near = nearest(key.lstrip("-"), [each.name for each in script.asked])
    hint = f" Did you mean {quoted(near[0])}?" if near else ""
    return f"{quoted(key)} is no parameter of this script.{hint}"
