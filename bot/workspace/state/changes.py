"""Tells listening clients that there is something new to show to their person."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Changes:
    """A counter that grows with each change, and the clients that wait for one."""

    def __init__(self) -> None:
        self.version = 0
        self._listeners: dict[asyncio.Event, str] = {}

    def tell(self, person_id: str | None = None) -> None:
        """Wakes the clients of one person, or of everybody."""
        self.version += 1
        for wake, listener_id in self._listeners.items():
            if person_id in {None, listener_id}:
                wake.set()

    @contextmanager
    def listening(self, person_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change that concerns the person."""
        wake = asyncio.Event()
        self._listeners[wake] = person_id
        try:
            yield wake
        finally:
            del self._listeners[wake]
