"""Watches the loops of this process: it is said to live only while all of them turn, and ends where one does not.

Three things can be wrong, each worse than the one before: a loop hangs, which the watchdog's thread sees; the main
thread hangs, so that no signal is heard, of which that thread is told by the system; some code holds the interpreter,
so that no thread runs at all, for which a timer outside of Python is wound up again with each beat.
"""

import faulthandler
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from runner.system.beats import Beat, BeatFile
from runner.system.calls import RunningCalls, log_stack, place
from runner.system.heartbeat import Heartbeat
from runner.system.lasting_faults import LastingFaults
from runner.system.notify import Notifier
from runner.system.text import visible

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_ABSENCE_SECONDS = 10
_BEATS_IN_PERIOD = 4
_SHARE_OF_PERIOD = 0.75
_MOST_WORDS = 500
_LONG_AGO = float("-inf")
_LONG_CALL = timedelta(hours=1)
_TERMINATING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long what is watched over may be silent; tests have less patience."""

    beat: timedelta = timedelta(seconds=5)
    """How often the process is said to live."""
    turns: Mapping[str, timedelta] = field(default_factory=dict)
    """How long loops may take for a turn, by their names, where that is not what they say themselves."""
    silence: timedelta = timedelta(seconds=45)
    """After how long without a beat the process ends, where nobody who watches it asks for less."""
    stop: timedelta = timedelta(seconds=20)
    """How long it may take to end."""
    main: timedelta = timedelta(seconds=30)
    """How long the main thread may be silent once the process was told to stop."""


class Watchdog:
    """Beats while all loops turn: to who started us, to a file for `doctor`, and to a timer that ends the process.

    It does nothing before ``watching``; loops may be named before and after. ``calls`` are logged when they are slow.
    """

    def __init__(
        self,
        notifier: Notifier | None = None,
        *,
        deadlines: Deadlines = Deadlines(),
        calls: RunningCalls | None = None,
    ) -> None:
        self.status = "starting"
        self.holds_memory = True
        self.calls = calls or RunningCalls(_LONG_CALL)
        self._notifier = notifier or Notifier()
        self._deadlines = deadlines
        self._faults = LastingFaults(_log)
        self._loops: list[Heartbeat] = []
        self._looks: list[Callable[[], None]] = []
        self._file: BeatFile | None = None
        self._is_ready = False
        self._told_at: float | None = None
        self._is_stopping = False
        self._beaten_at = _LONG_AGO
        self._waking: int | None = None
        self._told_status = ""
        self._written: tuple[str, list[str]] | None = None
        self._timer = threading.RLock()  # a signal may come while the main thread has it
        self._looked_at = time.monotonic()

    def loop(self, name: str, limit: timedelta) -> Heartbeat:
        """A loop that turns at least as often, from now on."""
        heartbeat = Heartbeat(name, self._deadlines.turns.get(name, limit))
        self._loops.append(heartbeat)
        return heartbeat

    def end(self, loop: Heartbeat) -> None:
        """The loop has come to its end, as it should."""
        self._loops.remove(loop)

    def look_with(self, look: Callable[[], None]) -> None:
        """Call something each second that finds out whether a loop turns; it must not wait."""
        self._looks.append(look)

    @contextmanager
    def watching(self, file: BeatFile) -> Iterator[None]:
        """Watch while the block runs, in a thread of its own; from the main thread."""
        self._file = file
        self._looked_at = time.monotonic()
        faulthandler.enable(all_threads=True)  # a crash of the interpreter is logged with its stacks
        woken, self._waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        before = signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGTSTP, self._suspend)
        self._wind_up()
        thread = threading.Thread(target=self._run, args=(woken,), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            # Threads that hang may keep the interpreter from its end: the timer is left running.
            self.stopping()
            signal.set_wakeup_fd(before)
            file.close()

    def ready(self, status: str) -> None:
        """All that the process is for can be had from now on."""
        self.status = self._told_status = status
        self._is_ready = True
        self._beaten_at = _LONG_AGO
        if self._waking is not None:
            os.write(self._waking, b"\0")
            self._notifier.tell(READY="1", STATUS=status)

    def stopping(self) -> None:
        """It ends now, or else within the time that is given for that."""
        if self._is_stopping or self._file is None:
            return
        with self._timer:
            self._is_stopping = True
            _end_after(self._deadlines.stop)
        self._notifier.tell(STOPPING="1", STATUS="stopping")

    def _run(self, woken: int) -> None:
        while not self._is_stopping:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  # a turn of a daemon loop, or we would end for that
                self._faults.met("look", error, "the watchdog could not look after the process")
            else:
                self._faults.over("look")
            readable, _, _ = select.select([woken], [], [], _LOOK_SECONDS)
            if readable and _TERMINATING & set(os.read(woken, 100)):
                self._note_told()

    def _note_told(self) -> None:
        """A main thread that turns, as the runner's does, says by itself when it is done; any other has to end now."""
        self._told_at = self._told_at or time.monotonic()
        if not any(loop.is_main for loop in self._loops):
            self.stopping()

    def _suspend(self, *_: object) -> None:
        """Ctrl-Z in a terminal: the time that passes then is no silence."""
        with self._timer:
            faulthandler.cancel_dump_traceback_later()
            os.kill(os.getpid(), signal.SIGSTOP)
        self._wind_up()

    def _look(self) -> None:
        if time.monotonic() - self._looked_at > _ABSENCE_SECONDS:  # we were suspended, or not served: so were all loops
            for loop in list(self._loops):
                loop.excuse()
        self._looked_at = time.monotonic()
        self.calls.log_slow()
        for look in self._looks:
            look()
        silent = [loop for loop in list(self._loops) if loop.silence > loop.limit]
        self._log_changes(silent)
        self._end_if_deaf()
        news = (self.status, [loop.name for loop in silent])
        if news == self._written and time.monotonic() - self._beaten_at < self._pause_seconds():
            return
        self._beaten_at, self._written = time.monotonic(), news
        self._write(silent)
        if not silent and not self._is_stopping:
            self._tell()
            self._wind_up()

    def _log_changes(self, silent: list[Heartbeat]) -> None:
        for loop in self._loops:
            if loop in silent and not loop.is_told:
                words = f"{loop.name} has not turned for {loop.silence.total_seconds():.0f} s"
                log_stack(_log, logging.ERROR, words, loop.thread)
            elif loop not in silent and loop.is_told:
                _log.warning("%s turns again", loop.name)
            loop.is_told = loop in silent

    def _end_if_deaf(self) -> None:
        """Where the main thread was told to stop and does not get to hear of it, end without it."""
        if self._told_at is None or self._is_stopping:
            return
        for loop in self._loops:
            patience = self._deadlines.main.total_seconds()
            if loop.is_main and min(loop.silence.total_seconds(), time.monotonic() - self._told_at) > patience:
                _log.critical("told to stop, and %s does not turn: the process ends with all that hangs", loop.name)
                faulthandler.dump_traceback(file=_stderr(), all_threads=True)
                os._exit(1)

    @property
    def _silence(self) -> timedelta:
        """After which we end, before who watches us ends us without a word."""
        period = self._notifier.period
        return min(self._deadlines.silence, period * _SHARE_OF_PERIOD if period else self._deadlines.silence)

    def _pause_seconds(self) -> float:
        beat = self._deadlines.beat
        period = self._notifier.period
        return min(beat, period / _BEATS_IN_PERIOD if period else beat).total_seconds() - _LOOK_SECONDS / 2

    def _write(self, silent: list[Heartbeat]) -> None:
        hangs = "; ".join(_described(loop) for loop in silent)
        if self._file is not None and not self._is_stopping:
            beat = Beat(
                process_id=os.getpid(),
                at=time.monotonic(),
                status=self.status,
                hangs=hangs[:_MOST_WORDS],
                holds_memory=self.holds_memory,
            )
            self._file.write(beat)

    def _tell(self) -> None:
        status = "" if self.status == self._told_status else self.status
        self._told_status = self.status
        # Before it is ready, a service manager waits only as long as it was told last.
        patience = "" if self._is_ready else str(self._silence // timedelta(microseconds=1))
        self._notifier.tell(WATCHDOG="1", STATUS=visible(status), EXTEND_TIMEOUT_USEC=patience)

    def _wind_up(self) -> None:
        with self._timer:
            if not self._is_stopping:
                _end_after(self._silence)


def _end_after(silence: timedelta) -> None:
    """Set the timer anew; where the machine takes no more threads there is none until the next beat."""
    try:
        faulthandler.dump_traceback_later(silence.total_seconds(), exit=True, file=_stderr())
    except RuntimeError as error:
        _log.warning("nothing ends this process now if it holds the interpreter: %s", error)


def _described(loop: Heartbeat) -> str:
    return visible(f"{loop.name} has not turned for {loop.silence.total_seconds():.0f} s, at {place(loop.thread)}")


def _stderr() -> int:
    """Where stacks go: its number, since the timer outlives whatever Python makes of it."""
    return sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
