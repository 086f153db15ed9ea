"""What the ``#SBATCH`` lines of a batch script state.

Only what says something about one machine is taken: time limit, CPUs, memory, name and comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runner.scripts.annotations.lines import numbered
from runner.scripts.annotations.sbatch import getopt
from runner.scripts.annotations.sbatch.environment import variables
from runner.scripts.annotations.sbatch.getopt import Given, Word
from runner.scripts.annotations.sbatch.options import without_effect
from runner.scripts.annotations.sbatch.refused import refusal
from runner.scripts.annotations.sbatch.values import READERS
from runner.scripts.annotations.statements import (
    Dialect,
    Entry,
    EnvironmentStated,
    Mistake,
    OptionsStated,
    Statement,
    Unused,
)

WORD = "#SBATCH"

_LINE = re.compile(rf"{WORD}(?P<options>.*)")
_OTHER_PARTS = (["hetjob"], ["packjob"])
_AFTER_COMMAND = "stands after the first command, where sbatch reads no more"
_OTHER_PART = "belongs to another part of a heterogeneous job, and here is one machine"


def statements(text: str) -> Iterator[Statement]:
    """What the lines before the first command state; of an option that is given twice the last one counts."""
    if WORD not in text:
        return
    directives = _Directives()
    for number, line in numbered(text, up_to=WORD):
        found = _LINE.fullmatch(line)
        if found is None:
            directives.pass_over(line)
        elif directives.end is not None:
            yield Unused(line=number, found=line.strip(), reason=directives.end)
        else:
            yield from directives.take(number, found["options"])
    yield from directives.read()
    yield from directives.finish()


@dataclass(frozen=True, slots=True)
class _Read:
    """A known option as it was last given: its value in seconds, bytes, a number or text."""

    value: int | str
    line: int
    written: str


class _Directives:
    """Gathers what the lines say; ``end`` is why no more of them is read, once that is so."""

    def __init__(self) -> None:
        self.end: str | None = None
        self._are_there = False
        self._words: list[Word] = []
        self._given: dict[str, _Read] = {}

    def pass_over(self, line: str) -> None:
        """Heed a line that is no directive: the first command ends them."""
        code = line.lstrip()
        if code and not code.startswith("#"):
            self.end = self.end or _AFTER_COMMAND

    def take(self, number: int, options: str) -> Iterator[Mistake]:
        """Split a line into words."""
        self._are_there = True
        try:
            words = _words(options)
        except ValueError as error:
            yield Mistake(line=number, found=options.strip(), message=str(error))
            return
        if words in _OTHER_PARTS:
            self.end = _OTHER_PART
        else:
            self._words += [(number, word) for word in words]

    def read(self) -> Iterator[Statement]:
        """Understand all words together."""
        for each in getopt.given(self._words):
            if not isinstance(each, Given):
                yield each
            elif message := refusal(each.name, each.value or ""):
                yield Mistake(line=each.line, found=each.written, message=message)
            elif each.name not in READERS:
                yield Unused(line=each.line, found=each.written, reason=without_effect(each.name))
            else:
                yield from self._take(each)

    def _take(self, each: Given) -> Iterator[Statement]:
        try:
            read = READERS[each.name](each.value or "")
        except ValueError as error:
            yield Mistake(line=each.line, found=each.written, message=str(error))
            return
        if before := self._given.get(each.name):
            reason = f"line {each.line} gives it anew"
            yield Unused(line=before.line, found=before.written, reason=reason, matters=False)
        self._given[each.name] = _Read(read, each.line, each.written)

    def finish(self) -> Iterator[Statement]:
        entries: dict[str, Entry] = {}
        for option, entry in (*self._limits(), *self._texts()):
            if isinstance(entry, Entry):
                entries[option] = entry
            else:
                yield entry
        if entries:
            yield OptionsStated(entries=entries)
        if self._are_there:
            yield EnvironmentStated(variables=variables({name: each.value for name, each in self._given.items()}))

    def _texts(self) -> Iterator[tuple[str, Entry | Unused]]:
        for name, option in (("job-name", "title"), ("comment", "description")):
            if given := self._given.get(name):
                yield option, _entry(given.value, given) if given.value else _unused(given, "is empty", matters=False)

    def _limits(self) -> Iterator[tuple[str, Entry | Mistake | Unused]]:
        time = self._given.get("time")
        if time and time.value:
            yield "timeout", _entry(f"{time.value}s", time)
        elif time:
            yield "timeout", _unused(time, "asks for no time limit; that of the server holds")
        tasks, per_node = self._given.get("ntasks"), self._given.get("ntasks-per-node")
        if tasks and per_node:
            reason = f"{tasks.written} in line {tasks.line} says how many there are"
            yield "cpus", _unused(per_node, reason, matters=False)
        if cpus := self._cpus():
            yield "cpus", cpus
        memory, per_cpu = self._given.get("mem"), self._given.get("mem-per-cpu")
        if memory and per_cpu:
            message = f"does not go with {memory.written} in line {memory.line}: sbatch takes one of them"
            yield "memory", Mistake(line=per_cpu.line, found=per_cpu.written, message=message)
        elif given := memory or per_cpu:
            count = int(str(cpus.value)) if cpus and per_cpu else 1
            if given.value:
                yield "memory", _entry(int(given.value) * count, given)
            else:
                yield "memory", _unused(given, "asks for all memory of the machine")

    def _cpus(self) -> Entry | None:
        """sbatch(1): so many tasks at the same time, of so many CPUs each; here the machine is the one node."""
        tasks = self._given.get("ntasks") or self._given.get("ntasks-per-node")
        parts = [part for part in (tasks, self._given.get("cpus-per-task")) if part]
        if not parts:
            return None
        count = 1
        for part in parts:
            count *= int(part.value)
        written = " ".join(part.written for part in parts)
        return Entry(str(count), parts[-1].line, written, Dialect.SBATCH)


def _entry(value: int | str, given: _Read) -> Entry:
    return Entry(str(value), given.line, given.written, Dialect.SBATCH)


def _unused(given: _Read, reason: str, *, matters: bool = True) -> Unused:
    return Unused(line=given.line, found=given.written, reason=reason, matters=matters)


def _words(options: str) -> list[str]:
    """The words of a line: quotes group, a backslash takes the next character but space as it is, # begins a comment.

    ValueError where a quotation mark is not closed.
    """
    words: list[str] = []
    word: str | None = None
    quote = ""
    is_escaped = False
    for character in options:
        if is_escaped and (quote or not character.isspace()):
            word, is_escaped = (word or "") + character, False
        elif character == "\\":
            is_escaped = True
        elif quote:
            word, quote = (word, "") if character == quote else ((word or "") + character, quote)
        elif character in "'\"":
            word, quote = word or "", character
        elif character == "#":
            break
        elif not character.isspace():
            word = (word or "") + character
        elif word is not None:
            words.append(word)
            word, is_escaped = None, False
    if quote:
        raise ValueError(f"the quotation mark {quote} is never closed")
    return words if word is None else [*words, word]
