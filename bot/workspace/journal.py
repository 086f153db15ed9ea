"""What went over the wire lately, for people who look for a mistake."""

from collections import deque
from typing import Any

from bot.workspace.bounded import Clock

ENTRIES_KEPT = 1000
TEXT_KEPT = 2000


class Journal:
    """The last requests and frames with what became of them; secrets are never written here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[dict[str, Any]] = deque(maxlen=ENTRIES_KEPT)

    def note(self, direction: str, kind: str, verdict: str, detail: str = "") -> None:
        """Adds an entry: `in` from the app or `out` to it, what it was, and what became of it."""
        entry = {"time": round(self._clock(), 3), "direction": direction, "kind": kind, "verdict": verdict}
        self._entries.append(entry | ({"detail": detail[:TEXT_KEPT]} if detail else {}))

    def entries(self) -> list[dict[str, Any]]:
        """All entries, oldest first."""
        return list(self._entries)
