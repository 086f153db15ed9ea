"""What running scripts say of themselves in their logs, and how it is read from logs of any size.

A line that is only ``NN%`` sets the percentage. A line that is one JSON object with ``"scriptrunner": 1`` sets
whichever it has of ``progress`` (a number from 0 to 100), ``status`` and ``label`` (texts), ``table`` (texts or numbers
by name), ``steps`` and ``step``; null takes one back. The line before another attempt takes all back. Every other line
is only log, and no line does anything else.
"""

import json
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from runner.files import private, steps
from runner.jobs import Progress
from runner.system.text import ATTEMPT_LINE, clipped, visible

MOST_LINE_BYTES = 16_384
MOST_TEXT = 200
MOST_NAME = 60
MOST_ROWS = 20
MOST_LINES = 500
PART_BYTES = 1_048_576
_BOUNDARY = re.escape(ATTEMPT_LINE).replace("%d", r"\d{1,9}").encode()
_SAID = re.compile(
    rb"^(?:[ \t]*(?:(\d{1,3})[ \t]*%%|(\{[^\n]{1,%d}\}))[ \t\r]*|(%b))$" % (MOST_LINE_BYTES - 2, _BOUNDARY),
    re.MULTILINE,
)


class Follower:
    """Follows one log: from its beginning, or where it ``is_begun`` from its last MiB, with what was known ``so_far``.

    No look takes more memory or time than another, however much was added: it reads the first and the last MiB of that,
    and minds the first and the last lines in each that say something.
    """

    def __init__(self, log: Path, so_far: Progress | None = None, *, is_begun: bool = False) -> None:
        self._log = log
        self._progress = so_far or Progress()
        self._seen = (0, 0)
        self._offset = 0
        self._begun = b""
        self._is_within_a_line = False
        self._is_begun = is_begun

    def read(self) -> Progress | None:
        """All that the script has said so far, where that has changed since the last look; else None."""
        try:
            status = self._log.lstat()
            if (status.st_ino, status.st_size) == self._seen:
                return None
            with private.opened(self._log.parent) as folder:
                handle = private.open_file(folder, self._log.name, is_served=private.is_file)
        except OSError:
            return None
        before = self._progress
        try:
            for part in self._added(handle):
                self._take(part)
        finally:
            os.close(handle)
        return None if self._progress == before else self._progress

    def _added(self, handle: int) -> Iterator[bytes]:
        """What was added to the log, or the ends of that; all of another log that is in its place now."""
        status = os.fstat(handle)
        if status.st_ino != self._seen[0] or status.st_size < self._offset:
            self._skip_to(0)
            self._is_within_a_line = False
        self._seen = (status.st_ino, status.st_size)
        if self._is_begun and status.st_size > PART_BYTES:
            self._skip_to(status.st_size - PART_BYTES)
        self._is_begun = False
        yield self._next_part(handle, status.st_size)
        if status.st_size - self._offset > PART_BYTES:
            self._skip_to(status.st_size - PART_BYTES)
        yield self._next_part(handle, status.st_size)

    def _next_part(self, handle: int, end: int) -> bytes:
        part = os.pread(handle, min(PART_BYTES, end - self._offset), self._offset)
        self._offset += len(part)
        return part

    def _skip_to(self, offset: int) -> None:
        self._offset = offset
        self._begun = b""
        self._is_within_a_line = True

    def _take(self, part: bytes) -> None:
        text = self._begun + part
        if self._is_within_a_line:
            end = text.find(b"\n")
            text = text[end + 1 :] if end >= 0 else b""
            self._is_within_a_line = end < 0
        end = text.rfind(b"\n") + 1
        self._begun = text[end:]
        if len(self._begun) > MOST_LINE_BYTES:
            self._skip_to(self._offset)
        found = _SAID.finditer(text[:end])
        for line in (*islice(found, MOST_LINES), *deque(found, MOST_LINES)):
            self._progress = _after(self._progress, *line.groups())


def is_report(line: bytes) -> bool:
    """Whether a line of a log says how far its script is."""
    found = _SAID.fullmatch(line)
    if found is None or found[3] is not None:
        return False
    nothing = Progress()
    return _after(nothing, *found.groups()) is not nothing  # it may say that there is nothing


def _after(progress: Progress, percent: bytes | None, written: bytes | None, boundary: bytes | None) -> Progress:
    """The progress after one line; the same where it says nothing that is allowed."""
    if boundary is not None:
        return Progress()
    if percent is not None:
        return replace(progress, percent=int(percent)) if int(percent) <= 100 else progress
    try:
        said = json.loads((written or b"").decode())
        if type(said.get("scriptrunner")) is not int or said["scriptrunner"] != 1:
            return progress
        return replace(progress, **_changes(progress, said))
    except (ValueError, RecursionError):
        return progress


def _changes(progress: Progress, said: Mapping[str, Any]) -> dict[str, Any]:
    """The changes by field; ValueError where a value is none that is allowed."""
    changes: dict[str, Any] = {}
    for name in said.keys() & {"status", "label"}:
        changes[name] = _optional_text(said[name])
    if "progress" in said:
        changes["percent"] = _percent(said["progress"])
    if "table" in said:
        changes["table"] = _table(said["table"])
    known = steps.listed(said["steps"]) if "steps" in said else progress.steps
    changes["steps"] = steps.after(known, said["step"]) if "step" in said else known
    return changes


def _percent(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ValueError(value)
    return int(value)


def _optional_text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(value)
    return None if value is None else _text(value, MOST_TEXT) or None


def _table(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(value)  # noqa: TRY004  # of text that was read, not of an argument
    return {_text(name, MOST_NAME): _cell(value[name]) for name in list(value)[:MOST_ROWS]} or None


def _cell(value: object) -> str:
    if isinstance(value, str):
        return _text(value, MOST_TEXT)
    if isinstance(value, float) and not isfinite(value):  # 1e400, NaN
        raise ValueError(value)
    if isinstance(value, bool | int | float) or value is None:
        return "" if value is None else _text(json.dumps(value), MOST_TEXT)
    raise ValueError(value)


def _text(value: str, most: int) -> str:
    """One line of honest text, of at most so many characters."""
    return clipped(visible(value[: most + 1].strip()), most)
