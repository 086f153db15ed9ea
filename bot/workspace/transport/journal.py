"""What went over the wire lately, for people who look for a mistake.

Each entry is a JSON object:

    n             a number that grows by one with each entry
    time          seconds since 1970
    direction     "in" from the app, "out" to the app, "here" what somebody asked of the workspace itself
    kind          in: the Web API method, "response_url", "upload", "download", "socket", "frame";
                  out: "slash_commands", "interactive", "events_api"; here: "fault"
    verdict       "ok", "acknowledged", or a word for what went wrong: Slack's error, "not acknowledged", …
    refused       whether the verdict is a refusal or a failure: what to show in red
    summary       one line, such as "/go fast" or "block_actions b1/approve"; may be empty
    detail        why it was refused, in words, one reason a line; may be empty
    milliseconds  how long it took, or null where nothing was waited for
    sent          what was sent: arguments or payload, as JSON; null where there was none
    answer        what came back, as JSON; null where nothing did

`sent` and `answer` are cut to texts where they are long. Tokens, and what in an address is as good as one, are hidden.

`GET /journal?after=N` answers {"ok": true, "last": N, "entries": [… with n > after, oldest first]}.
`GET /journal/events?after=N` is the same as Server-Sent Events, one entry each, its `n` as the event's id, for as
long as the connection lasts.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.workspace.clock import Clock

ENTRIES_KEPT = 1000
TEXT_KEPT = 2000
CONTENT_KEPT = 40_000
# Tokens, and the parts of addresses that are as good as one.
_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=ticket=)[\w-]+|(?<=/upload/v1/)[\w-]+|(?<=/response/)[\w-]+")
_FINE = frozenset({"ok", "acknowledged", "opened", "closed", "told"})


class Journal:
    """The last requests and frames with what became of them; secrets are never written here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[dict[str, Any]] = deque(maxlen=ENTRIES_KEPT)
        self._count = 0
        self._listeners: set[asyncio.Event] = set()

    def note(  # noqa: PLR0913 - an entry has that many sides
        self,
        direction: str,
        kind: str,
        verdict: str,
        detail: str = "",
        *,
        summary: str = "",
        seconds: float | None = None,
        sent: Any = None,
        answer: Any = None,
    ) -> None:
        """Adds an entry; the module's docstring says what each part is."""
        self._count += 1
        entry = {
            "n": self._count,
            "time": round(self._clock(), 3),
            "direction": direction,
            "kind": kind,
            "verdict": verdict,
            "refused": verdict not in _FINE,
            "summary": _SECRET.sub("(hidden)", summary[:TEXT_KEPT]),
            "detail": _SECRET.sub("(hidden)", detail[:TEXT_KEPT]),
            "milliseconds": None if seconds is None else round(seconds * 1000, 1),
            "sent": _cut(sent),
            "answer": _cut(answer),
        }
        self._entries.append(entry)
        for wake in self._listeners:
            wake.set()

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The entries with a greater number, oldest first."""
        return [entry for entry in self._entries if entry["n"] > after]

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set with each new entry."""
        wake = asyncio.Event()
        self._listeners.add(wake)
        try:
            yield wake
        finally:
            self._listeners.discard(wake)


def _cut(content: Any) -> Any:
    """The content as it is now, for it may change later; a text's beginning where it is long."""
    if content is None:
        return None
    text = _SECRET.sub("(hidden)", json.dumps(content, ensure_ascii=False, default=str))
    return json.loads(text) if len(text) <= CONTENT_KEPT else f"{text[:CONTENT_KEPT]} …"
