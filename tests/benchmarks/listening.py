"""When scripts begin: each writes one line into a named pipe, and a process of its own takes the time of that.

It is a process, not a thread, so that whoever submits jobs does not hold it up.
"""

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

_PATIENCE_SECONDS = 300


class Listener:
    """Gives the moments, of the monotonic clock, at which scripts wrote to the pipe, in their order."""

    def __init__(self, pipe: Path) -> None:
        self._pipe = pipe
        if not pipe.exists():
            os.mkfifo(pipe)

    def __enter__(self) -> Self:
        command = [sys.executable, "-I", "-S", __file__, str(self._pipe)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def next(self) -> float:
        """The moment at which one more began; waits for it."""
        return float(self._line())

    def moments(self, count: int) -> list[float]:
        """The same of so many."""
        return [self.next() for _ in range(count)]

    def _line(self) -> str:
        assert self._process.stdout is not None  # it is a pipe
        return self._process.stdout.readline() or sys.exit(f"no script has begun for {_PATIENCE_SECONDS} s")


def script(pipe: Path) -> str:
    """A script that does nothing but say that it has begun."""
    return f"#!/bin/sh\necho > {pipe}\n"


def _listen(pipe: str) -> None:
    reading = os.open(pipe, os.O_RDWR)  # also to be written: so it has no end
    print("ready", flush=True)
    while select.select([reading], [], [], _PATIENCE_SECONDS)[0]:
        lines = os.read(reading, 1 << 16)
        moment = time.monotonic()
        sys.stdout.write(f"{moment!r}\n" * len(lines))
        sys.stdout.flush()


if __name__ == "__main__":
    _listen(sys.argv[1])
