"""Slurm's dialect: the ``#SBATCH`` lines of a batch script, read as sbatch(1) reads them.

Only what says something about one machine is taken: time limit, CPUs, memory, name and comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runner.scripts.annotations.lines import numbered
from runner.scripts.annotations.sbatch_values import READERS
from runner.scripts.annotations.statements import Dialect, Entry, Mistake, OptionsStated, Statement, Unused

WORD = "#SBATCH"

_LINE = re.compile(rf"{WORD}(?:\s+(?P<options>.*))?")
_OTHER_NAMES = {"tasks-per-node": "ntasks-per-node"}
_SHORT = {"t": "time", "c": "cpus-per-task", "n": "ntasks", "J": "job-name"}
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
            yield from directives.take(number, found["options"] or "")
    yield from directives.finish()


@dataclass(frozen=True, slots=True)
class _Given:
    """A known option as it was last given: its value in seconds, bytes, a number or text."""

    value: int | str
    line: int
    written: str


class _Directives:
    """Gathers what the lines say; ``end`` is why no more of them is read, once that is so."""

    def __init__(self) -> None:
        self.end: str | None = None
        self._given: dict[str, _Given] = {}

    def pass_over(self, line: str) -> None:
        """Heed a line that is no directive: the first command ends them."""
        code = line.lstrip()
        if code and not code.startswith("#"):
            self.end = self.end or _AFTER_COMMAND

    def take(self, number: int, options: str) -> Iterator[Statement]:
        try:
            words = _words(options)
        except ValueError as error:
            yield Mistake(line=number, found=options.strip(), message=str(error))
            return
        for name, value, written in _pairs(words):
            if written in ("hetjob", "packjob"):
                self.end = _OTHER_PART
            elif not written.startswith("-"):
                yield Mistake(line=number, found=written, message="is no option of sbatch: options begin with a dash")
            elif name not in READERS:
                yield Unused(line=number, found=written, reason="has no meaning on one machine, or none that is known")
            else:
                yield from self._take(number, name, value, written)

    def _take(self, number: int, name: str, value: str | None, written: str) -> Iterator[Statement]:
        if value is None:
            yield Mistake(line=number, found=written, message="lacks its value")
            return
        try:
            read = READERS[name](value)
        except ValueError as error:
            yield Mistake(line=number, found=written, message=str(error))
            return
        if before := self._given.get(name):
            yield Unused(line=before.line, found=before.written, reason=f"line {number} gives it anew")
        self._given[name] = _Given(read, number, written)

    def finish(self) -> Iterator[Statement]:
        entries: dict[str, Entry] = {}
        for option, entry in (*self._limits(), *self._texts()):
            if isinstance(entry, Entry):
                entries[option] = entry
            else:
                yield entry
        if entries:
            yield OptionsStated(entries=entries)

    def _texts(self) -> Iterator[tuple[str, Entry | Unused]]:
        for name, option in (("job-name", "title"), ("comment", "description")):
            if given := self._given.get(name):
                yield option, _entry(given.value, given) if given.value else _unused(given, "is empty")

    def _limits(self) -> Iterator[tuple[str, Entry | Mistake | Unused]]:
        time = self._given.get("time")
        if time and time.value:
            yield "timeout", _entry(f"{time.value}s", time)
        elif time:
            yield "timeout", _unused(time, "asks for no time limit; that of the server holds")
        tasks, per_node = self._given.get("ntasks"), self._given.get("ntasks-per-node")
        if tasks and per_node:
            yield "cpus", _unused(per_node, f"{tasks.written} in line {tasks.line} says how many there are")
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


def _entry(value: int | str, given: _Given) -> Entry:
    return Entry(str(value), given.line, given.written, Dialect.SBATCH)


def _unused(given: _Given, reason: str) -> Unused:
    return Unused(line=given.line, found=given.written, reason=reason)


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


def _pairs(words: list[str]) -> Iterator[tuple[str, str | None, str]]:
    """Each option's long name, its value and both as they were written."""
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        value: str | None
        if word.startswith("--"):
            name, join, value = word[2:].partition("=")
            name, value = _OTHER_NAMES.get(name, name), value if join else None
        elif word.startswith("-"):
            name, value = _SHORT.get(word[1:2], ""), word[2:] or None
        else:
            yield "", None, word
            continue
        if value is None and index < len(words) and (name in READERS or not words[index].startswith("-")):
            value = words[index]
            index += 1
            word = f"{word} {value}"
        yield name, value, word
