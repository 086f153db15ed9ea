"""Lists what can be chosen where an annotation does not spell it out: the lines of a command's output or of a file."""

import os
import selectors
import signal
import stat
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from runner.clock import Clock
from runner.errors import InvalidValue, ScriptRunnerError
from runner.option_values import MAX_CHOICE, MAX_CHOICES, check_line
from runner.parameters import Choice, ChoicesFrom, Suggesting, refusal
from runner.scripts import Script
from runner.wording import clipped, visible

VARIABLE = "SCRIPTRUNNER_VALUE_"
"""Before the name of a parameter, in capitals, in the environment of a command that lists choices."""

MAX_BYTES = 1024 * 1024
_MOST_KEPT = 1_000
_COMPLAINT = 200  # characters

Listing = Choice | Suggesting
_Key = tuple[str, int, str, tuple[tuple[str, str], ...]]


class ChoicesUnavailable(ScriptRunnerError):
    """Choices could not be listed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One choice; the label is the value where none is given."""

    value: str
    label: str


@dataclass(slots=True)
class _Answer:
    """What was listed last for one question; whoever asks meanwhile waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: Sequence[Listed] | None = None
    at: datetime | None = None


class ChoiceLists:
    """Lists choices and keeps the answers for a while; a bounded number. Safe for threads.

    ``environment`` names the variables of ours that a command is given.
    """

    def __init__(self, *, environment: Sequence[str], clock: Clock, patience: timedelta = timedelta(seconds=2)) -> None:
        self._environment = environment
        self._clock = clock
        self._patience = patience
        self._kept: OrderedDict[_Key, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def listed(self, script: Script, parameter: Listing, values: Mapping[str, str]) -> Sequence[Listed]:
        """All choices or suggestions beside the values of other parameters; ChoicesUnavailable where they fail."""
        written = parameter.choices if isinstance(parameter, Choice) else parameter.suggestions
        source = _source(parameter)
        if source is None:
            return [Listed(value=value, label=label) for value, label in (written or {}).items()]
        depended = tuple((name, values[name]) for name in parameter.depends if name in values)
        answer = self._answer((script.name, _stamp(script.path), parameter.name, depended))
        with answer.lock:
            now = self._clock()
            if answer.listed is None or answer.at is None or not timedelta() <= now - answer.at < source.cache:
                answer.listed = self._ask(script, parameter, source, depended)
                answer.at = now
            return answer.listed

    def check(self, script: Script, values: Mapping[str, str]) -> dict[str, str]:
        """Problems by parameter: what is none of the choices that are listed elsewhere, or cannot be looked up."""
        problems: dict[str, str] = {}
        for parameter in script.asked:
            if not isinstance(parameter, Choice) or parameter.choices_from is None or parameter.name not in values:
                continue
            try:
                known = {each.value: None for each in self.listed(script, parameter, values)}
            except ChoicesUnavailable as error:
                problems[parameter.name] = str(error)
                continue
            for item in parameter.items(values[parameter.name]):
                if item not in known:
                    problems[parameter.name] = refusal(item, tuple(known))
        return problems

    def _answer(self, key: _Key) -> _Answer:
        with self._lock:
            answer = self._kept.setdefault(key, _Answer())
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return answer

    def _ask(
        self, script: Script, parameter: Listing, source: ChoicesFrom, depended: Sequence[tuple[str, str]]
    ) -> Sequence[Listed]:
        try:
            if source.file is not None:
                return _parsed(_read(script.path.parent / source.file))
            environment = {name: os.environ[name] for name in self._environment if name in os.environ}
            given = {f"{VARIABLE}{name.upper().replace('-', '_')}": value for name, value in depended}
            return _parsed(self._output(script, source.command, environment | given))
        except (OSError, InvalidValue) as error:
            reason = visible(getattr(error, "strerror", None) or str(error)).removesuffix(".")
            what = source.file or source.command[0]
            raise ChoicesUnavailable(
                f"The choices of “{visible(parameter.label)}” cannot be listed: {visible(what)}: {reason}."
            ) from error

    def _output(self, script: Script, command: Sequence[str], environment: Mapping[str, str]) -> bytes:
        """What a command prints, run without a shell in a session of its own; InvalidValue with what went wrong."""
        folder = script.path.parent
        program = str(folder / command[0]) if "/" in command[0] else command[0]
        with subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                output, complaint = self._drained(process)
                code = process.wait(max(0.01, self._patience.total_seconds()))
            except subprocess.TimeoutExpired:
                raise InvalidValue(f"took longer than {self._patience.total_seconds():g} s") from None
            finally:
                _end(process)
        if code:
            last = (complaint.decode(errors="backslashreplace").strip().splitlines() or [""])[-1]
            told = f": {clipped(visible(last), _COMPLAINT)}" if last else ""
            raise InvalidValue(f"ended with exit code {code}{told}")
        return output

    def _drained(self, process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
        deadline = time.monotonic() + self._patience.total_seconds()
        streams = {stream: bytearray() for stream in (process.stdout, process.stderr) if stream is not None}
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise subprocess.TimeoutExpired(process.args, self._patience.total_seconds())
                for key, _ in selector.select(left):
                    part = os.read(key.fd, 65_536)
                    streams[key.fileobj] += part  # type: ignore[index]  # it is one of the two that were registered
                    if not part:
                        selector.unregister(key.fileobj)
                if any(len(content) > MAX_BYTES for content in streams.values()):
                    raise InvalidValue(f"printed more than the {MAX_BYTES:,} bytes that are allowed")
        output, complaint = streams.values()
        return bytes(output), bytes(complaint)


def _source(parameter: Listing) -> ChoicesFrom | None:
    return parameter.choices_from if isinstance(parameter, Choice) else parameter.suggestions_from


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the command with all it has started; its number is its own as long as it was not waited for by others."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InvalidValue("is no regular file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidValue(f"has more than the {MAX_BYTES:,} bytes that are allowed")
    return content


def _parsed(content: bytes) -> Sequence[Listed]:
    """One choice a line; of a value that is given twice the first counts."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"is not UTF-8 text, from byte {error.start + 1}") from error
    found: dict[str, Listed] = {}
    for number, line in enumerate(lines, start=1):
        value, _, label = line.rstrip("\r").partition("\t")
        if not value.strip():
            continue
        try:
            check_line(value, at_most=MAX_CHOICE)
        except ValueError as error:
            raise InvalidValue(f"line {number} {error}") from error
        found.setdefault(value, Listed(value=value, label=label.strip() or value))
        if len(found) > MAX_CHOICES:
            raise InvalidValue(f"lists more than the {MAX_CHOICES:,} choices that are allowed")
    return tuple(found.values())
