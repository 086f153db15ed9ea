"""Calls under way that should be over soon: one that is not is logged with its stack."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

_log = logging.getLogger(__name__)
_INNERMOST = 4


class _Call:
    __slots__ = ("is_logged", "name", "since", "thread")

    def __init__(self, name: str) -> None:
        self.name = name
        self.thread = threading.get_ident()
        self.since = time.monotonic()
        self.is_logged = False


class RunningCalls:
    """The calls that run now, from any threads. ``changes`` counts how often one has begun or ended.

    A stack holds the names of files and functions and lines of the program, nothing of what they work on.
    """

    def __init__(self, limit: timedelta) -> None:
        self.changes = 0
        self._limit = limit
        self._calls: dict[int, _Call] = {}

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """The block is a call of that name."""
        call = _Call(name)
        self._calls[id(call)] = call
        self.changes += 1
        try:
            yield
        finally:
            del self._calls[id(call)]
            self.changes += 1

    def log_slow(self) -> None:
        """Log each call once that takes longer than the limit, with where it is now."""
        now = time.monotonic()
        for call in list(self._calls.values()):
            if not call.is_logged and now - call.since > self._limit.total_seconds():
                call.is_logged = True
                log_stack(_log, logging.WARNING, f"{call.name} has taken {now - call.since:.1f} s so far", call.thread)


def log_stack(log: logging.Logger, level: int, words: str, thread: int | None) -> None:
    """Log the words with where a thread is: as what ``stack_info`` logs, which is of one's own thread alone."""
    record = log.makeRecord(log.name, level, "", 0, words, (), None)
    frame = _frame(thread)
    record.stack_info = "".join(traceback.format_stack(frame)).rstrip() if frame else "(its thread has ended)"
    log.handle(record)


def place(thread: int | None) -> str:
    """The innermost functions that a thread is in, on one line: what is called stands before what calls it."""
    frame = _frame(thread)
    names: list[str] = []
    while frame is not None and len(names) < _INNERMOST:
        names.append(f"{frame.f_code.co_qualname} ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})")
        frame = frame.f_back
    return " in ".join(names) or "the end of its thread"


def _frame(thread: int | None) -> FrameType | None:
    return sys._current_frames().get(thread or 0)  # noqa: SLF001  # documented, in spite of its name
