"""Faults that last are logged once, then less and less often, and once more when they are over."""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta

from cachetools import TTLCache

from runner.system.text import span

_MOST_FAULTS = 1_000
_FIRST_PAUSE_SECONDS = 600.0
_LONGEST_PAUSE_SECONDS = 24 * 3600.0
_STEP = 6
_AGE_SECONDS = 7 * 24 * 3600.0


@dataclass(slots=True)
class _Fault:
    """One that lasts: what it is, since when, how often it was met, and when it is told next."""

    words: str
    since: float
    next_at: float
    pause: float = _FIRST_PAUSE_SECONDS
    times: int = 1


class LastingFaults:
    """Writes into one log, for loops whose turns meet the same fault again and again; for any thread.

    A fault has a key, such as what was tried for which job; another one of that key is logged anew.
    """

    def __init__(self, log: logging.Logger, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._faults: TTLCache[Hashable, _Fault, float] = TTLCache(_MOST_FAULTS, _AGE_SECONDS, timer=monotonic)

    def met(self, key: Hashable, error: BaseException, message: str, *, is_traced: bool = True) -> None:
        """Log what is new, with its traceback unless it is known well; of what lasts say so now and then."""
        words, now = f"{error}" or type(error).__name__, self._monotonic()
        with self._lock:
            fault = self._faults.get(key)
            if fault is None or fault.words != words:
                self._faults[key] = _Fault(words, now, now + _FIRST_PAUSE_SECONDS)
                told = message if is_traced else f"{message}: {words}"
            else:
                fault.times += 1
                if now < fault.next_at:
                    return
                fault.pause = min(_STEP * fault.pause, _LONGEST_PAUSE_SECONDS)
                fault.next_at = now + fault.pause
                told, is_traced = f"{message}: {words}; so for {_ago(fault, now)}, {fault.times:,} times", False
        self._log.error(told, exc_info=error if is_traced else None)

    def over(self, key: Hashable) -> None:
        """Log, where a fault of that key was met more than once, that it is over."""
        if not self._faults.currsize:  # nothing ever went wrong: asked at every turn
            return
        with self._lock:
            fault = self._faults.pop(key, None)
        if fault is not None and fault.times > 1:
            self._log.warning("over after %s, %d times: %s", _ago(fault, self._monotonic()), fault.times, fault.words)


def _ago(fault: _Fault, now: float) -> str:
    return span(timedelta(seconds=now - fault.since))
