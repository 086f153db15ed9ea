"""The processes that `scriptrunner up` keeps running: each is watched as systemd would, and started again when it ends.

A part says by sd_notify(3) that it is ready, what it is at, and that it lives.
"""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from runner.errors import ConfigError
from runner.system import notify
from runner.system.environment import handed_over
from runner.system.text import span
from runner.system.wakeup import short_address

PERIOD = timedelta(minutes=1)
"""In which a part has to be heard of, as with WatchdogSec in the units for systemd."""

PATIENCE = timedelta(seconds=25)
"""For parts that are told to stop, after which they are killed; they end by themselves within 20 s."""

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)
_RAN_WELL = timedelta(minutes=1)
_MESSAGE_BYTES = 8192
_PR_SET_PDEATHSIG = 1  # prctl(2)


class BackOff:
    """How long to wait before something is tried again: twice as long each time, from the start once it went well."""

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE

    def pause(self, *, after: timedelta) -> timedelta:
        """The pause that follows where it went well for so long."""
        if after >= _RAN_WELL:
            self._pause = _FIRST_PAUSE
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        return pause


class Beats:
    """The socket that a part sends its states to: a file in a folder that nobody else can enter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        with short_address(path) as address:
            self._socket.bind(address)

    def take(self) -> list[dict[str, str]]:
        """All that was said since the last call, one message after the other."""
        taken: list[dict[str, str]] = []
        with suppress(BlockingIOError):
            while True:
                lines = self._socket.recv(_MESSAGE_BYTES).decode(errors="replace").splitlines()
                taken.append(dict(line.split("=", 1) for line in lines if "=" in line))
        return taken

    def fileno(self) -> int:
        """The socket's number, readable once something was said."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


class Part:
    """A process of a name, in a group of its own, so that Ctrl-C reaches only us and it is told to stop once.

    Where we are killed, the system tells it to stop. It has to be heard of in each ``period``.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, beats: Beats, period: timedelta
    ) -> None:
        self.name = name
        self.command = command
        self.status = ""
        self.is_ready = False
        self._environment = dict(environment) | {
            notify.ADDRESS: str(beats.path),
            notify.PERIOD: str(period // timedelta(microseconds=1)),
        }
        self._beats = beats
        self._period = period
        self._back_off = BackOff()
        self._process: subprocess.Popen[bytes] | None = None
        self._was_ready = False
        self._at = 0.0
        self._heard_at = 0.0

    def start(self) -> None:
        """Start it, whether it ran before or not."""
        follow = partial(_end_with, os.getpid(), ctypes.CDLL(None))
        self._at = self._heard_at = time.monotonic()
        with handed_over(self._environment) as (open_to_all, handles):
            self._process = subprocess.Popen(
                self.command,
                env=open_to_all,
                pass_fds=handles,
                stdout=subprocess.DEVNULL,  # what they have to say goes into their logs
                process_group=0,
                preexec_fn=follow,  # noqa: PLW1509  # there are no threads here
            )

    def turn(self) -> None:
        """Hear what it says, start it again when it is time, and end it where it hangs.

        ConfigError where it has ended because of what no start mends.
        """
        self._hear()
        if self._process is None:
            if time.monotonic() >= self._at:
                self.start()
        elif (code := self._process.poll()) is not None:
            self._note_end(code)
        elif (silence := time.monotonic() - self._heard_at) > self._period.total_seconds():
            _say(f"The {self.name} has given no sign of life for {silence:.0f} s, and is killed.")
            self._heard_at = time.monotonic()
            self._process.kill()

    def close(self) -> None:
        """Hear no more of it."""
        self._beats.close()

    def fileno(self) -> int:
        """Readable when there is something to hear."""
        return self._beats.fileno()

    def terminate(self) -> None:
        """Tell it to stop."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait until it has stopped; at the deadline, by the monotonic clock, it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _say(f"The {self.name} does not stop, and is killed.")
            self._process.kill()
            self._process.wait()

    def _hear(self) -> None:
        for message in self._beats.take():
            self._heard_at = time.monotonic()
            self.status = message.get("STATUS", self.status)
            if message.get("READY") == "1":
                if self._was_ready:
                    _say(f"The {self.name} is ready again.")
                self.is_ready = self._was_ready = True

    def _note_end(self, code: int) -> None:
        self._process, self.is_ready = None, False
        if code == os.EX_CONFIG:
            raise ConfigError(f"The {self.name} cannot run as it is set up; its message stands above.")
        pause = self._back_off.pause(after=timedelta(seconds=time.monotonic() - self._at))
        self._at = time.monotonic() + pause.total_seconds()
        _say(f"The {self.name} has ended {_manner(code)}; it is started again in {span(pause)}.")


class Parts:
    """All parts; when the block ends they are told to stop, all at once but for those that others need to the end."""

    def __init__(self, *, period: timedelta = PERIOD, patience: timedelta = PATIENCE) -> None:
        self._period = period
        self._patience = patience
        self._parts: list[Part] = []
        self._last: list[Part] = []
        self._folder = TemporaryDirectory(prefix="scriptrunner-", ignore_cleanup_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for group in ([part for part in self._parts if part not in self._last], self._last):
            deadline = time.monotonic() + self._patience.total_seconds()
            for part in group:
                part.terminate()
            for part in group:
                part.wait(deadline)
        for part in self._parts:
            part.close()
        self._folder.cleanup()

    def add(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, ends_last: bool = False
    ) -> Part:
        """Start a part, and keep it running from now on."""
        beats = Beats(Path(self._folder.name) / name.replace(" ", "-"))
        part = Part(name, command, environment, beats=beats, period=self._period)
        self._parts.append(part)
        if ends_last:
            self._last.append(part)
        part.start()
        return part

    def turn(self, seconds: float) -> None:
        """See to all parts, once one says something or the time is over."""
        select.select(self._parts, [], [], seconds)
        for part in self._parts:
            part.turn()

    def status(self) -> str:
        """What they say of themselves."""
        return "; ".join(f"{part.name}: {part.status or 'running'}" for part in self._parts)


def _end_with(parent: int, libc: ctypes.CDLL) -> None:
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # killed before we could ask
        os._exit(1)


def _manner(code: int) -> str:
    if code >= 0:
        return f"by itself, with exit code {code}"
    with suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
