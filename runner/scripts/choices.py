"""Lists what can be chosen where an annotation does not spell it out: the lines of a command's output or of a file."""

import os
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from cachetools import TTLCache

from runner.errors import InvalidValue, ScriptRunnerError
from runner.scripts.parameters import Boolean, Choice, ChoicesFrom, Suggesting, refusal, variable
from runner.scripts.parameters.options import MAX_CHOICE, MAX_CHOICES
from runner.scripts.script import Script
from runner.system import commands
from runner.system.clock import Monotonic
from runner.system.commands import MAX_BYTES
from runner.system.text import check_line, visible

_MOST_LISTED = 300_000  # choices in all answers that are kept
_LEAST_COUNTED = 300  # choices; as many as an answer counts for at least, so that a thousand are kept at most
_AGE_SECONDS = 31 * 24 * 3600
_AT_ONCE = 16  # commands started for one check
_FAILURE_KEPT = timedelta(seconds=5)

Listing = Choice | Suggesting
_Depended = tuple[tuple[str, str], ...]
_Key = tuple[Path, ChoicesFrom, tuple[int, ...], _Depended]


class ChoicesUnavailable(ScriptRunnerError):
    """Choices could not be listed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedChoice:
    """One choice; the label is the value where none is given."""

    value: str
    label: str


@dataclass(slots=True)
class _Answer:
    """What was answered last to one question; whoever asks meanwhile waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: Sequence[ListedChoice] = ()
    failure: str | None = None
    good_until: float | None = None

    def size(self) -> int:
        return max(len(self.listed), _LEAST_COUNTED)

    def is_good(self, now: float) -> bool:
        return self.good_until is not None and now < self.good_until


class ChoiceLists:
    """Lists choices and keeps the answers for a while, failures for a short one; a bounded number. Safe for threads.

    ``environment`` names the variables of ours that a command is given.
    """

    def __init__(
        self,
        *,
        environment: Sequence[str],
        monotonic: Monotonic = time.monotonic,
        patience: timedelta = timedelta(seconds=2),
    ) -> None:
        self._environment = environment
        self._monotonic = monotonic
        self._patience = patience
        self._kept: TTLCache[_Key, _Answer, float] = TTLCache(
            _MOST_LISTED, _AGE_SECONDS, timer=monotonic, getsizeof=_Answer.size
        )
        self._lock = threading.Lock()

    def listed(self, script: Script, parameter: Listing, raw: Mapping[str, str | None]) -> Sequence[ListedChoice]:
        """All choices or suggestions beside the other values; ChoicesUnavailable where they cannot be listed.

        A command sees no value that its parameter would refuse, and none of a field that is not shown.
        """
        source = _source(parameter)
        if source is None:
            written = parameter.choices if isinstance(parameter, Choice) else parameter.suggestions
            return [ListedChoice(value=value, label=label) for value, label in (written or {}).items()]
        depended = tuple(_depended(script, parameter, raw))
        folder = script.path.parent
        key = (script.path, source, _stamps(script, source), depended)
        answer = self._answer(key)
        if not answer.lock.acquire(timeout=self._patience.total_seconds()):
            raise ChoicesUnavailable(_words(parameter, "they are being listed for somebody else, and that takes long"))
        try:
            now = self._monotonic()
            if not answer.is_good(now):
                self._renew(answer, folder, source, depended)
                kept = min(source.cache, _FAILURE_KEPT) if answer.failure else source.cache
                answer.good_until = now + kept.total_seconds()
                self._keep(key, answer)
        finally:
            answer.lock.release()
        if answer.failure is not None:
            raise ChoicesUnavailable(_words(parameter, answer.failure))
        return answer.listed

    def check(self, script: Script, values: Mapping[str, str]) -> dict[str, str]:
        """Problems by parameter: what is none of the choices that are listed elsewhere, or cannot be looked up."""
        wanted = [
            each
            for each in script.shown(values)
            if isinstance(each, Choice) and each.choices_from is not None and each.name in values
        ]
        if not wanted:
            return {}
        with ThreadPoolExecutor(max_workers=min(len(wanted), _AT_ONCE)) as pool:
            found = list(pool.map(partial(self._problem, script, values), wanted))
        return {parameter.name: problem for parameter, problem in zip(wanted, found, strict=True) if problem}

    def _problem(self, script: Script, values: Mapping[str, str], parameter: Choice) -> str | None:
        try:
            known = {each.value: None for each in self.listed(script, parameter, values)}
        except ChoicesUnavailable as error:
            return str(error)
        strange = [item for item in parameter.items(values[parameter.name]) if item not in known]
        return refusal(strange[0], tuple(known)) if strange else None

    def _answer(self, key: _Key) -> _Answer:
        with self._lock:
            return self._kept.setdefault(key, _Answer())

    def _keep(self, key: _Key, answer: _Answer) -> None:
        """Have it counted with what it lists now; those that were asked for longest ago make room."""
        with self._lock:
            self._kept[key] = answer

    def _renew(self, answer: _Answer, folder: Path, source: ChoicesFrom, depended: _Depended) -> None:
        try:
            answer.listed, answer.failure = self._ask(folder, source, depended), None
        except (OSError, InvalidValue, commands.CommandFailed) as error:
            reason = visible(getattr(error, "strerror", None) or str(error)).removesuffix(".")
            answer.listed, answer.failure = (), f"{visible(source.file or source.command[0])}: {reason}"

    def _ask(self, folder: Path, source: ChoicesFrom, depended: _Depended) -> Sequence[ListedChoice]:
        if source.file is not None:
            return _parsed(_read(folder / source.file))
        environment = {name: os.environ[name] for name in self._environment if name in os.environ}
        environment |= {variable(name): value for name, value in depended}
        return _parsed(commands.output(source.command, folder=folder, environment=environment, patience=self._patience))


def _words(parameter: Listing, why: str) -> str:
    return f"The choices of “{visible(parameter.label)}” cannot be listed: {why}."


def _source(parameter: Listing) -> ChoicesFrom | None:
    return parameter.choices_from if isinstance(parameter, Choice) else parameter.suggestions_from


def _depended(script: Script, parameter: Listing, raw: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """The values of the parameters that it depends on, in the order of the script."""
    for other in script.shown(raw):
        value = raw.get(other.name) or ("false" if isinstance(other, Boolean) else None)
        if other.name not in parameter.depends or not value:
            continue
        try:
            yield other.name, other.parse(value)
        except InvalidValue:
            continue


def _stamps(script: Script, source: ChoicesFrom) -> tuple[int, ...]:
    """What changes when the script or its file of choices does."""
    paths = [script.path] if source.file is None else [script.path, script.path.parent / source.file]
    return tuple(map(_stamp, paths))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidValue("is no regular file")
    with os.fdopen(handle, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidValue(f"has more than the {MAX_BYTES:,} bytes that are allowed")
    return content


def _parsed(content: bytes) -> Sequence[ListedChoice]:
    """One choice a line; of a value that is given twice the first counts."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"is not UTF-8 text, from byte {error.start + 1}") from error
    found: dict[str, ListedChoice] = {}
    for number, line in enumerate(lines, start=1):
        value, _, label = line.rstrip("\r").partition("\t")
        if not value.strip():
            continue
        try:
            check_line(value, at_most=MAX_CHOICE)
        except ValueError as error:
            raise InvalidValue(f"line {number} {error}") from error
        found.setdefault(value, ListedChoice(value=value, label=label.strip() or value))
        if len(found) > MAX_CHOICES:
            raise InvalidValue(f"lists more than the {MAX_CHOICES:,} choices that are allowed")
    return tuple(found.values())
