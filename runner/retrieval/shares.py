"""What one person may have of what all share: handles, sessions, memory, lines of the log. For one thread."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from weakref import WeakValueDictionary

from cachetools import TTLCache

_log = logging.getLogger(__name__)

_SESSIONS_OF_PERSON = 32
_FILES_OF_PERSON = 256
_NAMES, _NAMES_OF_PERSON = 2_000_000, 500_000  # a name takes about 300 bytes while it is being listed
_HANDLES_OF_FILE = 2  # one that is brought has its folder's too
_OWN_HANDLES = 128
_LINES_AT_ONCE = 100
_LINES_A_SECOND = 1.0
_MOST_PEOPLE = 4096


class FairShare:
    """Counts what is taken of something, by person: nobody has all of it."""

    def __init__(self, *, at_most: int, of_one_person: int) -> None:
        self._at_most = at_most
        self._of_one_person = of_one_person
        self._taken: Counter[str] = Counter()

    def take(self, owner: str, number: int = 1) -> bool:
        """Count so much more; whether there is room for it. However much it is, there is for one who has nothing."""
        has, taken = self._taken.get(owner, 0), self._taken.total()
        if has and (has + number > self._of_one_person or taken + number > self._at_most):
            return False
        self._taken[owner] = has + number
        return True

    def drop(self, owner: str, number: int = 1) -> None:
        """Count so much less."""
        self._taken[owner] -= number
        if not self._taken[owner]:
            del self._taken[owner]


class BoundedLog:
    """Writes what people do into the log, a hundred lines of each at once and then one a second.

    So nobody fills a disk, or hides something among lines of theirs, by doing it again and again.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._left: TTLCache[str, tuple[float, float]] = TTLCache(
            _MOST_PEOPLE, _LINES_AT_ONCE / _LINES_A_SECOND, timer=monotonic
        )
        self._omitted: Counter[str] = Counter()

    def note(self, owner: str, message: str) -> None:
        """Log it, or count it among what was left out."""
        now = self._monotonic()
        left, since = self._left.get(owner, (_LINES_AT_ONCE, now))
        left = min(_LINES_AT_ONCE, left + (now - since) * _LINES_A_SECOND)
        if left >= 1:
            _log.info(message)
        else:
            self._omitted[owner] += 1
        self._left[owner] = (left - 1 if left >= 1 else left, now)

    def tell_omitted(self) -> None:
        """Log how much was left out since this was told last."""
        for owner, number in self._omitted.items():
            _log.warning("%s did more than there is room for here: lines left out: %d", owner, number)
        self._omitted.clear()


class Turns:
    """A lock for each person, for what they have once at a time."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __call__(self, owner: str) -> asyncio.Lock:
        """The person's lock; it is there as long as somebody holds it or waits for it."""
        return self._locks.setdefault(owner, asyncio.Lock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """All that is shared."""

    files: FairShare
    sessions: FairShare
    names: FairShare
    log: BoundedLog
    turn: Turns

    @classmethod
    def of(
        cls, *, most_handles: int, most_startups: int, most_connections: int, monotonic: Callable[[], float]
    ) -> Self:
        """Those of a process that may have so many handles, where so many are for connections."""
        for_files = most_handles - most_startups - most_connections - _OWN_HANDLES
        files = max(1, for_files // _HANDLES_OF_FILE)
        return cls(
            files=FairShare(at_most=files, of_one_person=max(1, min(_FILES_OF_PERSON, files // 4))),
            sessions=FairShare(at_most=most_connections * _SESSIONS_OF_PERSON, of_one_person=_SESSIONS_OF_PERSON),
            names=FairShare(at_most=_NAMES, of_one_person=_NAMES_OF_PERSON),
            log=BoundedLog(monotonic),
            turn=Turns(),
        )
