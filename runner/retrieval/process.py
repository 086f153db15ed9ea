"""The runner's side of the process that serves people: starts it, answers it, and notes whether it lives."""

import logging
import select
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from enum import Enum, auto

from runner.retrieval import serving_process
from runner.retrieval.accounts import Account, AccountLookup
from runner.retrieval.line import AccountFound, AccountWanted, Line, LogLine, ServingTerms, SignOfLife
from runner.system.lasting_faults import LastingFaults
from runner.system.text import visible

_log = logging.getLogger(__name__)
_ASKED_AT_ONCE = 4
_STOP_SECONDS = 8
_START_SECONDS = 30.0  # on a busy machine it imports for long before its first sign of life
_LONGEST_USER = 64


class Attended(Enum):
    """Why a process is attended to no longer."""

    TOLD = auto()
    """We are told to stop."""
    ENDED = auto()
    """The process has ended by itself."""
    SILENT = auto()
    """It gave no sign of life for too long."""


class SshProcess:
    """A process that serves people at the listeners. ``stop`` or ``kill`` ends it; for one thread, but ``answers``."""

    def __init__(
        self,
        terms: ServingTerms,
        listeners: list[socket.socket],
        accounts: AccountLookup,
        *,
        longest_silence: timedelta,
    ) -> None:
        self._accounts = accounts
        self._faults = LastingFaults(_log)
        self._longest_silence = longest_silence.total_seconds()
        self._alive_until = time.monotonic() + _START_SECONDS + self._longest_silence
        self._line, theirs = Line.pair()
        with theirs:
            # A group of its own, so that Ctrl-C reaches the runner alone; in a session of its own it is slower.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", serving_process.__file__],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        self.pid = self._process.pid
        self._asked = ThreadPoolExecutor(_ASKED_AT_ONCE, thread_name_prefix="ssh-accounts")
        with suppress(OSError):  # it has ended already, as is found when it is attended to
            self._line.send_terms(terms, listeners)

    @property
    def answers(self) -> bool:
        """Whether it gave a sign of life of late."""
        return time.monotonic() < self._alive_until

    def attend(self, told: socket.socket) -> Attended:
        """Answer what the process asks, until there is something to be read from ``told`` or it needs no answers."""
        watched = select.poll()
        watched.register(told, select.POLLIN)
        watched.register(self._line, select.POLLIN)
        while True:
            ready = dict(watched.poll(max(0.0, self._alive_until - time.monotonic()) * 1000))
            if told.fileno() in ready:
                return Attended.TOLD
            if not ready:
                return Attended.SILENT
            if not self._hear():
                return Attended.ENDED

    def stop(self) -> None:
        """Have it end its connections, which takes a moment where uploads are given up, and end."""
        with suppress(OSError):
            self._line.say_farewell()
        deadline = time.monotonic() + _STOP_SECONDS
        while select.select([self._line], [], [], max(0.0, deadline - time.monotonic()))[0] and self._hear():
            pass
        self.kill(after=timedelta(seconds=max(0.0, deadline - time.monotonic())))

    def kill(self, *, after: timedelta = timedelta()) -> int:
        """End it where it has not ended by then; its exit status, or the number of a signal below zero."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(after.total_seconds())
        self._process.kill()
        status = self._process.wait()
        self._alive_until = 0.0
        self._line.close()
        self._asked.shutdown(wait=False, cancel_futures=True)
        return status

    def _hear(self) -> bool:
        """Hear one word, and do what it asks for; False once the process has ended, or is beside itself."""
        try:
            word = self._line.next_word()
        except ValueError:
            return False
        match word:
            case SignOfLife():
                self._alive_until = time.monotonic() + self._longest_silence
            case AccountWanted(question=question, user=user):
                self._asked.submit(self._answer, question, user)
            case LogLine():
                _pass_on(word)
            case None:
                return False
        return True

    def _answer(self, question: int, user: str) -> None:
        with suppress(OSError):  # it has ended
            self._line.send_answer(AccountFound(question=question, account=self._look_up(user)))

    def _look_up(self, user: str) -> Account | None:
        try:
            found = self._accounts(user)
        except Exception as error:  # noqa: BLE001  # one login fails, not the server
            self._faults.met("account", error, f"account of {visible(user[:_LONGEST_USER])} cannot be looked up")
            return None
        self._faults.over("account")
        return found


def _pass_on(word: LogLine) -> None:
    logger = logging.getLogger(word.logger)
    if logger.isEnabledFor(word.level):
        record = logger.makeRecord(word.logger, word.level, "", 0, word.message, (), None)
        record.exc_text = word.traceback or None
        logger.handle(record)
