"""A thread that sends, one turn after the other: woken when something may be owed, and resting where nothing is."""

import logging
import threading
from datetime import timedelta

from runner.errors import StoreError
from runner.system.lasting_faults import LastingFaults
from runner.system.watchdog import Watchdog


def _no_watchdog() -> None:
    """Nobody is told of a turn."""


class WorkerThread:
    """What takes turns until it is ended; subclasses say what a turn is. ``name`` is what the log and it are called."""

    def __init__(self, name: str, *, poll: timedelta, log: logging.Logger) -> None:
        self._name = name
        self._poll = poll
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._beat = _no_watchdog
        self._thread: threading.Thread | None = None
        self._faults = LastingFaults(log)

    def start(self, watchdog: Watchdog, longest_turn: timedelta) -> None:
        """Take turns from now on; ``watchdog`` is told of each, which may take ``longest_turn``."""
        self._ended.clear()
        self._beat = watchdog.loop(self._name, longest_turn).beat
        # A daemon: a server that never answers must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something new may be owed, or may be sent now."""
        self._woken.set()

    def end(self) -> None:
        """Stop after what is under way."""
        self._ended.set()
        self._woken.set()

    def join(self, patience: timedelta) -> None:
        """Wait for the thread's end, at most that long."""
        if self._thread is not None:
            self._thread.join(patience.total_seconds())

    def _turn(self) -> timedelta:
        """Do something; how long there is nothing more to do."""
        raise NotImplementedError

    def _run(self) -> None:
        while not self._ended.is_set():
            self._beat()
            self._woken.clear()
            pause = self._poll
            try:
                pause = min(pause, self._turn())
                self._faults.over("turn")
            except StoreError as error:
                self._faults.met("turn", error, f"{self._name} cannot use the store", is_traced=False)
            except Exception as error:  # noqa: BLE001  # a turn of a daemon loop: logged, and on it goes
                self._faults.met("turn", error, f"{self._name} failed; it tries again")
            self._woken.wait(max(0.0, pause.total_seconds()))
