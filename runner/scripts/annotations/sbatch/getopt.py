"""Reads the words of all directives as sbatch has getopt_long(3) read them: one command line.

Long names may be shortened as long as they are clear, letters stand together, and a value may be the next word, also
of the next line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.scripts.annotations.sbatch.options import LETTERS, OPTIONS, UNKNOWN, Option, Takes
from runner.scripts.annotations.statements import Mistake, Unused
from runner.system.text import quoted

_MOST_MEANT = 6
_NO_OPTION = "is no option of sbatch: options begin with a dash"

Word = tuple[int, str]
"""A word with the number of its line."""


@dataclass(frozen=True, slots=True)
class Given:
    """An option that was given, by its whole name, and how it was written."""

    name: str
    value: str | None
    line: int
    written: str


def given(words: Sequence[Word]) -> Iterator[Given | Mistake | Unused]:
    """Each option that the words give; what sbatch would refuse is a mistake, what it may know since is unused."""
    rest = _Rest(words)
    while rest:
        line, word = rest.take()
        if word == "--":
            for at, other in rest.all():
                yield Mistake(line=at, found=other, message=_NO_OPTION)
        elif word.startswith("--"):
            yield _long(line, word, rest)
        elif word.startswith("-") and word != "-":
            yield from _letters(line, word, rest)
        else:
            yield Mistake(line=line, found=word, message=_NO_OPTION)


class _Rest:
    """The words that are still to be read."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._index = 0

    def __bool__(self) -> bool:
        return self._index < len(self._words)

    def take(self) -> Word:
        self._index += 1
        return self._words[self._index - 1]

    def next_is_value(self) -> bool:
        return bool(self) and not self._words[self._index][1].startswith("-")

    def all(self) -> Iterator[Word]:
        while self:
            yield self.take()


def _long(line: int, word: str, rest: _Rest) -> Given | Mistake | Unused:
    name, join, value = word[2:].partition("=")
    meant = _meant(name)
    if len(meant) > 1:
        names = ", ".join(f"--{each.name}" for each in meant[:_MOST_MEANT])
        return Mistake(line=line, found=word, message=f"is short for several options: {names}")
    if not meant:
        written = word if join or not rest.next_is_value() else f"{word} {rest.take()[1]}"
        return Unused(line=line, found=written, reason=UNKNOWN)
    option = meant[0]
    if option.takes is Takes.NOTHING and join:
        return Mistake(line=line, found=word, message="takes no value")
    return _completed(option, value if join else None, line, word, rest)


def _meant(name: str) -> list[Option]:
    """The options that a name may be short for: one where it is clear, as it is where all are the same."""
    if name in OPTIONS:
        return [OPTIONS[name]]
    found = [each for each in OPTIONS.values() if each.name.startswith(name)] if name else []
    return found[:1] if len({each.same_as or each.name for each in found}) == 1 else found


def _letters(line: int, word: str, rest: _Rest) -> Iterator[Given | Mistake | Unused]:
    for index, letter in enumerate(word[1:], start=1):
        option = LETTERS.get(letter)
        if option is None:
            yield Unused(line=line, found=word, reason=f"{quoted(f'-{letter}')} {UNKNOWN}")
            return
        if option.takes is not Takes.NOTHING:
            yield _completed(option, word[index + 1 :] or None, line, word, rest)
            return
        yield Given(option.name, None, line, word)


def _completed(option: Option, value: str | None, line: int, word: str, rest: _Rest) -> Given | Mistake:
    if option.takes is Takes.A_VALUE and value is None:
        if not rest:
            return Mistake(line=line, found=word, message="lacks its value")
        value = rest.take()[1]
        word = f"{word} {value}"
    return Given(option.same_as or option.name, value, line, word)
