"""Being told to stop: a flag that a signal handler may raise at any moment."""

import os
import select
import time
from contextlib import suppress

_LONGEST_SECONDS = 0.5
"""A signal that comes right before select(2) sleeps interrupts nothing, and its handler runs when that wakes up."""


class Stopping:
    """Whether to stop, and a wait for it.

    Not ``threading.Event``: a handler that interrupts its ``wait`` at the wrong moment waits for its lock for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def set(self) -> None:
        """Say that it is time to stop; from any thread or signal handler."""
        self._is_set = True
        with suppress(BlockingIOError):
            os.write(self._writing, b"!")

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        return self._is_set

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is time to stop, or so long; whether it is."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._is_set:
            left = _LONGEST_SECONDS if deadline is None else min(_LONGEST_SECONDS, deadline - time.monotonic())
            if left <= 0:
                break
            select.select([self._reading], [], [], left)
        return self._is_set
