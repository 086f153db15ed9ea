"""Maps that forget: none in the stand-in grows without end."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Clock = Callable[[], float]
"""Gives the time in seconds since 1970."""


class Bounded(Generic[K, V]):
    """A map that holds at most `size` entries, each for at most `age`; the oldest go first."""

    def __init__(self, *, size: int, age: timedelta, clock: Clock) -> None:
        self._size = size
        self._age = age.total_seconds()
        self._clock = clock
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        """Stores the value as the newest entry."""
        self._entries.pop(key, None)
        self._entries[key] = (self._clock(), value)
        self._prune()

    def find(self, key: K) -> V | None:
        """The value, unless it was never stored or is forgotten."""
        self._prune()
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def drop(self, key: K) -> None:
        """Forgets the entry if there is one."""
        self._entries.pop(key, None)

    def __len__(self) -> int:
        self._prune()
        return len(self._entries)

    def __iter__(self) -> Iterator[V]:
        self._prune()
        return iter([value for _, value in self._entries.values()])

    def _prune(self) -> None:
        oldest_kept = self._clock() - self._age
        while self._entries:
            made_at, _ = next(iter(self._entries.values()))
            if len(self._entries) <= self._size and made_at >= oldest_kept:
                return
            self._entries.popitem(last=False)
