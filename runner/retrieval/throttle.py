"""How long to wait before a login is answered, growing with wrong passwords; bounded in size and age."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address


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
        self._addresses = _Counts(monotonic=monotonic, age=forgotten_after.total_seconds(), at_most=at_most)
        self._users = _Counts(monotonic=monotonic, age=forgotten_after.total_seconds(), at_most=at_most)

    def __len__(self) -> int:
        return len(self._addresses) + len(self._users)

    def wrong(self, *, address: str, user: str) -> float:
        """Count a wrong password and say how long its answer has to wait."""
        return self._wait(max(self._addresses.add(_network(address)), self._users.add(user)))

    def right(self, *, address: str, user: str) -> float:
        """Forgive what came before a right password and say how long its answer has to wait all the same."""
        wait = self._wait(self._addresses.drop(_network(address)))
        self._users.drop(user)
        return wait

    def _wait(self, wrong: int) -> float:
        return min(self._longest, self._first * 2.0 ** min(wrong - 1, 30)) if wrong > 0 else 0.0


class _Counts:
    """Counters by name; the one longest untouched goes first, and those that are old go."""

    def __init__(self, *, monotonic: Callable[[], float], age: float, at_most: int) -> None:
        self._monotonic = monotonic
        self._age = age
        self._at_most = at_most
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, name: str) -> int:
        now = self._monotonic()
        self._forget(before=now - self._age)
        count = self._counts.pop(name, (0, now))[0] + 1
        self._counts[name] = (count, now)
        if len(self._counts) > self._at_most:
            self._counts.popitem(last=False)
        return count

    def drop(self, name: str) -> int:
        now = self._monotonic()
        self._forget(before=now - self._age)
        return self._counts.pop(name, (0, now))[0]

    def _forget(self, *, before: float) -> None:
        while self._counts and next(iter(self._counts.values()))[1] < before:
            self._counts.popitem(last=False)


def _network(address: str) -> str:
    """An IPv6 address as its /64, since one person has all of them."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
    return str(known)
