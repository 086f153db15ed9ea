"""What says of a loop that it turns."""

import threading
import time
from datetime import timedelta


class Heartbeat:
    """A loop that must turn; it says each time that it has. ``thread`` is the one that turned it last."""

    def __init__(self, name: str, limit: timedelta) -> None:
        self.name = name
        self.limit = limit
        self.is_told = False
        self._turned_at = time.monotonic()
        self.thread: int | None = None

    def beat(self) -> None:
        """The loop has turned; from any thread."""
        self._turned_at = time.monotonic()
        self.thread = threading.get_ident()

    def excuse(self) -> None:
        """Let what has been up to now not count."""
        self._turned_at = time.monotonic()

    @property
    def silence(self) -> timedelta:
        """Since when it has not."""
        return timedelta(seconds=time.monotonic() - self._turned_at)

    @property
    def is_main(self) -> bool:
        """Whether the main thread turned it last."""
        return self.thread == threading.main_thread().ident
