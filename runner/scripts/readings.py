"""One reading of a disk for all who ask meanwhile, made beside them: none of them waits for longer than it has time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from runner.errors import ScriptRunnerError
from runner.system.threads import run_aside

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPatience:
    """How long whoever asks waits for a reading."""

    known: timedelta = timedelta(seconds=1)
    """Until what was read last is good enough. A disk at work answers in a tenth of that; Slack's forms have three."""
    unknown: timedelta = timedelta(seconds=10)
    """Where nothing was read yet."""
    stale: timedelta = timedelta(minutes=1)
    """How long a reading may take until what was read before it counts no more."""


class Readings(Generic[_T]):
    """What ``read`` finds, by a thread that reads while somebody asks. Safe for threads.

    Without ``patience`` whoever asks waits for as long as it takes. ``what`` it is that is read stands in the error.
    """

    def __init__(self, read: Callable[[], _T], what: str, patience: ReadingPatience | None = None) -> None:
        self._read = read
        self._what = what
        self._patience = patience
        self._lock = threading.Lock()
        self._last: Future[_T] | None = None
        self._asked: Future[_T] | None = None
        self._is_reading = False
        self._began = 0.0

    def newest(self) -> _T:
        """What a reading found that began after this was asked; where that takes long, what was read last.

        Raises what the reading raised, and ScriptRunnerError where nothing that counts is known in time.
        """
        reading, seconds, is_first = self._ask()
        if is_first:
            run_aside(self._run, name="reading")
        wait([reading], seconds)
        return reading.result() if reading.done() else self._known()

    def _ask(self) -> tuple[Future[_T], float | None, bool]:
        """A reading that has not begun, for how long to wait for it, and whether the caller is to see to it.

        The wait is shorter where another reading takes long already.
        """
        with self._lock:
            if self._asked is None:
                self._asked = Future()
            asked, now = self._asked, time.monotonic()
            is_first = not self._is_reading
            if is_first:
                self._is_reading, self._began = True, now
            if self._patience is None:
                return asked, None, is_first
            patience = self._patience.unknown if self._last is None else self._patience.known
            return asked, max(0.0, patience.total_seconds() - (now - self._began)), is_first

    def _known(self) -> _T:
        with self._lock:
            last, seconds = self._last, time.monotonic() - self._began
        if self._patience is None or last is None or seconds > self._patience.stale.total_seconds():
            raise ScriptRunnerError(
                f"{self._what} has been read for {seconds:.0f} s and is not done yet: its disk may be slow or away. "
                "Please try again in a minute."
            )
        return last.result()

    def _run(self) -> None:
        while reading := self._begun():
            try:
                reading.set_result(self._read())
            except Exception as error:  # noqa: BLE001  # whoever asked raises it
                reading.set_exception(error)
            self._last = reading

    def _begun(self) -> Future[_T] | None:
        """What was asked for meanwhile, which begins now; with nothing more to read, this thread is over."""
        with self._lock:
            reading, self._asked = self._asked, None
            self._is_reading, self._began = reading is not None, time.monotonic()
            return reading
