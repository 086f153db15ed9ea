"""How much of the listeners' time one person may have at once, so that the others get theirs."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.errors import ScriptRunnerError

THREADS = 30
"""Listeners that run, and acts that are taken up, at once: mostly they wait for Slack, the database or a disk."""
MOST_OF_ONE = 4
"""Listeners of one person that run at once: seven people would have to be slow at once to keep an eighth waiting."""
MOST_WAITING = 8
"""Acts of one person that wait for those: as fast as people and their clients can be about one form."""

Work = Callable[[], None]


@dataclass(slots=True)
class _Line:
    running: int = 0
    waiting: deque[Work] = field(default_factory=deque)


class ListenerTurns:
    """Lines of work, one for each person who has some. Safe for threads."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def run(self, user_id: str, work: Work) -> None:
        """Do the person's work, which must not raise, in this thread or after what they have begun before in its own.

        ScriptRunnerError where too much waits.
        """
        if not self._may_begin(user_id, work):
            return
        following: Work | None = work
        while following is not None:
            following()
            following = self._following(user_id)

    def _may_begin(self, user_id: str, work: Work) -> bool:
        with self._lock:
            line = self._lines.setdefault(user_id, _Line())
            if line.running < MOST_OF_ONE:
                line.running += 1
                return True
            if len(line.waiting) >= MOST_WAITING:
                raise ScriptRunnerError(
                    f"{MOST_OF_ONE + MOST_WAITING} things that you asked for are still being worked on, and that is the"
                    " most at once: please wait for some of them, then try again."
                )
            line.waiting.append(work)
            return False

    def _following(self, user_id: str) -> Work | None:
        """What is to be done next in the place of what has ended."""
        with self._lock:
            line = self._lines[user_id]
            if line.waiting:
                return line.waiting.popleft()
            line.running -= 1
            if not line.running:
                del self._lines[user_id]
            return None
