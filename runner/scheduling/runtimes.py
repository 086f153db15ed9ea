"""How long jobs run that have not ended yet, as past runs of their scripts say; pure. All spans are in seconds."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from random import Random
from statistics import NormalDist

_SHORTEST = 0.01
_DRAWS = 20
_STEPS = 256
_USUAL_SPREAD = 0.5
"""How much durations of one script differ where few runs are known: the standard deviation of their logarithms."""

_ROUNDING = 0.005  # scripts say whole percent
_LEAST_SHARE = 0.05
"""From which share of its work on what a job says of itself counts for more than past runs of its script."""


class Promise:
    """How long a job runs as it says itself: it goes on as fast as it went so far, or up to some factor otherwise."""

    __slots__ = ("doubt", "log", "share")

    def __init__(self, share: float, after: float) -> None:
        self.share = share
        self.log = math.log(max(_SHORTEST, after) / share)
        self.doubt = math.hypot(_USUAL_SPREAD * (1 - share), _ROUNDING / share)

    def counts_beside(self, past: "Runtimes") -> bool:
        """Whether it is to be believed rather than past runs of the script."""
        return self.share >= _LEAST_SHARE or not past.logs


class Runtimes:
    """How long jobs of a script ran so far.

    Logarithms are kept, since durations of one script differ by factors.
    """

    __slots__ = ("blur", "doubt", "logs")

    def __init__(self, runtimes: Sequence[timedelta]) -> None:
        spans = map(timedelta.total_seconds, runtimes)
        self.logs = sorted([math.log(max(_SHORTEST, span)) for span in spans])
        count = max(1, len(self.logs))
        mean = sum(self.logs) / count
        spread = math.sqrt((_USUAL_SPREAD**2 + sum([(each - mean) ** 2 for each in self.logs])) / count)
        self.blur = spread * 0.9 * count**-0.2  # Silverman's rule for the width of a kernel
        self.doubt = spread * count**-0.5


class RuntimesByScript:
    """What is known of scripts, worked out for those that are asked for, once for all plays."""

    def __init__(self, runtimes: Mapping[str, Sequence[timedelta]]) -> None:
        self._runtimes = runtimes
        self._found: dict[str, Runtimes] = {}

    def of(self, script: str) -> Runtimes:
        """What is known of this one."""
        if script not in self._found:
            self._found[script] = Runtimes(self._runtimes.get(script, ()))
        return self._found[script]


class DrawnRuntimes:
    """How long jobs of a script run in one play: not just as long as the known ones, for few do not tell all.

    What is usual for the script is drawn once, then each job's difference from that. Without ``chance`` all of them run
    as long as is usual.
    """

    __slots__ = ("_chance", "_guess", "_past", "_shift")

    def __init__(self, past: Runtimes, chance: Random | None) -> None:
        self._past = past
        self._chance = chance
        self._shift = 0.0 if chance is None or not past.logs else past.doubt * _normal()[int(_STEPS * chance.random())]
        self._guess = 0.5 if chance is None or past.logs else chance.random()

    def span(self, *, passed: float, limit: float, promise: Promise | None = None) -> float:
        """How long a job runs in all that ran some time already: no longer than the limit, but no less than it did."""
        if promise is not None and promise.counts_beside(self._past):
            span = _promised(promise, self._chance, passed)
        elif self._chance is None:
            span = max(math.exp(self._usual(limit)), passed * 1.5)
        else:
            span = self._drawn(self._chance, passed, limit)
        return max(passed, min(span, limit))

    def _drawn(self, chance: Random, passed: float, limit: float) -> float:
        past, normal = self._past, _normal()
        for _ in range(_DRAWS):
            if past.logs:
                drawn = len(past.logs) * chance.random()
                which = int(drawn)
                log = past.logs[which] + self._shift + past.blur * normal[int(_STEPS * (drawn - which))]
            else:
                log = chance.gauss(self._usual(limit), _USUAL_SPREAD)
            if (span := math.exp(log)) > passed:
                return span
        return passed * (1 + chance.expovariate(2))  # longer than ever: nobody knows how much

    def _usual(self, limit: float) -> float:
        """The median; without any known run, anything between a second and the limit."""
        logs = self._past.logs
        return logs[len(logs) // 2] if logs else self._guess * math.log(max(1.0, limit))


def _promised(promise: Promise, chance: Random | None, passed: float) -> float:
    """Of what is overdue by some time already, as much again is to be expected."""
    for _ in range(_DRAWS if chance else 1):
        drawn = math.exp(promise.log + (promise.doubt * _normal()[int(_STEPS * chance.random())] if chance else 0))
        if drawn > passed:
            return drawn
    return passed + (passed - math.exp(promise.log)) * (chance.expovariate(1) if chance else 1)


@cache
def _normal() -> list[float]:
    """The normal distribution in steps, from which a value is drawn in far less time than anew."""
    return [NormalDist().inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS)]
