"""How long to wait before a login is answered, growing with wrong passwords; bounded in size and age."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from cachetools import TTLCache

_Counts = TTLCache[str, int, float]


class LoginThrottle:
    """Counts wrong passwords by address and by user name until a right one forgives them.

    The wait by address holds for right answers too: who gives up early learns nothing. The wait by user name does not:
    nobody can keep others out. Waits are seconds, counted from the attempt's arrival.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        first: timedelta = timedelta(milliseconds=500),
        longest: timedelta = timedelta(seconds=10),
        forgotten_after: timedelta = timedelta(minutes=15),
        at_most: int = 4096,
    ) -> None:
        self._first = first.total_seconds()
        self._longest = longest.total_seconds()
        age = forgotten_after.total_seconds()
        self._addresses: _Counts = TTLCache(at_most, age, timer=monotonic)
        self._users: _Counts = TTLCache(at_most, age, timer=monotonic)

    def __len__(self) -> int:
        return len(self._addresses) + len(self._users)

    def wrong(self, *, address: str, user: str) -> float:
        """Count a wrong password and say how long its answer has to wait."""
        return self._wait(max(_add(self._addresses, network(address)), _add(self._users, user)))

    def right(self, *, address: str, user: str) -> float:
        """Forgive what came before a right password and say how long its answer has to wait all the same."""
        wait = self._wait(self._addresses.pop(network(address), 0))
        self._users.pop(user, None)
        return wait

    def _wait(self, wrong: int) -> float:
        return min(self._longest, self._first * 2.0 ** min(wrong - 1, 30)) if wrong > 0 else 0.0


def network(address: str) -> str:
    """The source that the address counts as: an IPv6 address is its /64, since one person has all of them."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
    return str(known)


def _add(counts: _Counts, name: str) -> int:
    """Count one more; the one longest untouched makes room."""
    counts[name] = count = counts.get(name, 0) + 1
    return count
