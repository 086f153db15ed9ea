"""A map that never grows beyond a size: what nobody asked for longest leaves first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Bounded(Generic[_Key, _Value]):
    """At most so many entries. Safe for threads."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key) -> _Value | None:
        """The entry, or None where there is none any more."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        """Add an entry, or replace it."""
        with self._lock:
            self._kept[key] = value
            self._make_room(key)

    def setdefault(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The entry, made where there is none."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._make_room(key)
            return self._kept[key]

    def values(self) -> list[_Value]:
        """All entries, the newest last."""
        with self._lock:
            return list(self._kept.values())

    def _make_room(self, newest: _Key) -> None:
        self._kept.move_to_end(newest)
        while len(self._kept) > self._at_most:
            self._kept.popitem(last=False)
