"""How many may be connected: those who are still logging in, by source, and those who have logged in, by person."""

from collections import Counter
from typing import Protocol

_OF_ONE_PERSON = 16
_FEW = 4
_LAST_SHARE = 4  # of the room, one part of so many is left to people who have few connections


class StartingConnection(Protocol):
    """A connection that may be dropped as long as it has not logged in."""

    source: str
    has_begun_login: bool

    def drop(self) -> None:
        """End the connection at once."""


class Admission:
    """Counts connections, and drops one that has not logged in where a new one finds no room.

    sshd's ``MaxStartups`` and ``PerSourceMaxStartups`` turn the new one away; here an old one goes, so that connections
    held open in silence keep nobody out. Used in one thread only.
    """

    def __init__(self, *, max_startups: int, max_connections: int) -> None:
        self._max_startups = max_startups
        self._max_of_source = max(1, max_startups // 2)
        self._max_connections = max_connections
        self._startups: dict[StartingConnection, None] = {}
        self._owners: dict[StartingConnection, str] = {}
        self._dropped = 0

    def arrive(self, arrival: StartingConnection) -> None:
        """Take a connection that has not logged in; another one may be dropped for it."""
        sources = Counter(each.source for each in self._startups)
        if sources[arrival.source] >= self._max_of_source:
            self._make_room(arrival.source)
        elif len(self._startups) >= self._max_startups:
            self._make_room(max(sources, key=sources.__getitem__))
        self._startups[arrival] = None

    def log_in(self, arrival: StartingConnection, owner: str) -> bool:
        """Count a connection, if it is still there, among those that have logged in; whether there is room for it."""
        if arrival not in self._startups or not self._has_room(owner):
            return False
        del self._startups[arrival]
        self._owners[arrival] = owner
        return True

    def leave(self, arrival: StartingConnection) -> None:
        """Forget a connection that has ended."""
        self._startups.pop(arrival, None)
        self._owners.pop(arrival, None)

    def take_dropped(self) -> int:
        """How many were dropped since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _has_room(self, owner: str) -> bool:
        free = self._max_connections - len(self._owners)
        has = sum(each == owner for each in self._owners.values())
        return free > 0 and has < (_OF_ONE_PERSON if free > self._max_connections // _LAST_SHARE else _FEW)

    def _make_room(self, source: str) -> None:
        """Drop the source's oldest; those that have come as far as logging in go last."""
        candidates = [each for each in self._startups if each.source == source]
        oldest = min(candidates, key=lambda each: each.has_begun_login)
        del self._startups[oldest]
        self._dropped += 1
        oldest.drop()
