"""How many jobs may wait, and what is said to whoever comes near that; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

_NEAR = 10  # a tenth of the limit is left
_OWN = "Cancel one that you no longer need, or submit again once one has started; /jobs lists yours."


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLimits:
    """How many jobs may wait, of one person and of one script; None is without limit.

    Of one script, one person may have half, so that nobody takes all the places there are.
    """

    per_person: int | None = None
    per_script: int | None = None

    @property
    def per_script_and_person(self) -> int | None:
        """How many jobs of one script may wait of one person."""
        return None if self.per_script is None else max(1, self.per_script // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCounts:
    """How many jobs wait, held ones included: of a person, of a script, and of that script by that person."""

    of_person: int = 0
    of_script: int = 0
    of_both: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NearLimit:
    """What to tell somebody who has come near a limit; where it ``is_reached``, no more jobs are taken."""

    words: str
    is_reached: bool


def near_limit(limits: WaitingLimits, counts: WaitingCounts) -> NearLimit | None:
    """The limit that is reached, else one that little is left of; None where there is room."""
    found = [each for each in _near_limits(limits, counts) if each is not None]
    return next((each for each in found if each.is_reached), found[0] if found else None)


def _near_limits(limits: WaitingLimits, counts: WaitingCounts) -> Iterator[NearLimit | None]:
    yield _near(
        counts.of_person,
        limits.per_person,
        told=f"You have {_jobs(counts.of_person)} waiting",
        rule="of one person may wait (jobs.waiting_per_person)",
        remedy=_OWN,
    )
    yield _near(
        counts.of_both,
        limits.per_script_and_person,
        told=f"You have {_jobs(counts.of_both)} of this script waiting",
        rule="of one script and one person may wait, half of those in all (jobs.waiting_per_script)",
        remedy=_OWN,
    )
    yield _near(
        counts.of_script,
        limits.per_script,
        told=f"Of this script {_jobs(counts.of_script)} {'is' if counts.of_script == 1 else 'are'} waiting",
        rule="of one script may wait (jobs.waiting_per_script)",
        remedy="Submit again once some of them have started; /jobs queue shows who waits.",
    )


def _near(count: int, limit: int | None, *, told: str, rule: str, remedy: str) -> NearLimit | None:
    if limit is None or not count or limit - count > max(1, limit // _NEAR):
        return None
    is_reached = count >= limit
    words = f"{told}, and at most {limit:,} {rule}."
    return NearLimit(words=f"{words} {remedy}" if is_reached else words, is_reached=is_reached)


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"
