"""The scripts in the order in which a person needs them: favourites, then what they use, then all others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.errors import UnknownScript
from runner.jobs import Requester
from runner.scripts import Script
from runner.service.scripts import ScriptService
from runner.store import MAX_FAVOURITES, Store
from runner.system.clock import Clock

_MOST_USES = 200
"""How many of a person's latest jobs tell what they use."""

_HALF_LIFE = timedelta(days=14)
"""A use counts half as much after that: whoever used a script daily a year ago has not used it lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptMenu:
    """The scripts that a person can choose, each once; ``favourites`` in the order in which they became ones.

    ``used`` begins with what they use most and latest, ``others`` are by group and title. What is searched for stands
    in ``others`` alone, best first.
    """

    favourites: Sequence[Script] = ()
    used: Sequence[Script] = ()
    others: Sequence[Script] = ()

    @property
    def scripts(self) -> tuple[Script, ...]:
        """All of them in that order."""
        return (*self.favourites, *self.used, *self.others)


class ScriptMenuService:
    """What a front end may ask about the scripts of one person; what is not for them is in no menu."""

    def __init__(self, *, scripts: ScriptService, store: Store, clock: Clock) -> None:
        self._scripts = scripts
        self._store = store
        self._clock = clock

    def menu(self, person: Requester, words: str = "") -> ScriptMenu:
        """All scripts that are listed, or those in which all words occur."""
        if words.strip():
            order = [*self._store.favourites.of(person.user_id), *self._names_used(person)]
            return ScriptMenu(others=self._scripts.listed(person, words, first=order))
        listed = {script.name: script for script in self._scripts.listed(person)}
        favourites = self.favourites(person)
        for each in favourites:
            listed.pop(each.name, None)
        used = [listed.pop(name) for name in self._names_used(person) if name in listed]
        return ScriptMenu(favourites=favourites, used=used, others=tuple(listed.values()))

    def near(self, person: Requester, words: str, *, at_most: int) -> list[Script]:
        """The scripts that may be meant by words that name none: in which they occur, or whose names are like them."""
        found = {each.name: each for each in self.menu(person, words).scripts} if words.strip() else {}
        for name in self._nearest(person, words):
            if len(found) < at_most:
                found.setdefault(name, self._scripts.find(person, name, exactly=True))
        return list(found.values())[:at_most]

    def favourites(self, person: Requester) -> list[Script]:
        """This person's favourites that can be run, hidden ones too, the first added first."""
        return list(self._known(person, self._store.favourites.of(person.user_id)))

    def is_favourite(self, person: Requester, script: Script) -> bool:
        """Whether the script is among their favourites."""
        return script.name in self._store.favourites.of(person.user_id)

    def add_favourite(self, person: Requester, script: Script) -> None:
        """Put a script that was just found among their favourites.

        UnknownScript where it is not there for them, ScriptRunnerError where they have as many as there can be; those
        that are gone make room.
        """
        self._scripts.check(person, script)
        kept = self._store.favourites.of(person.user_id)
        if len(kept) >= MAX_FAVOURITES:
            known = {each.name for each in self._known(person, kept)}
            for name in kept:
                if name not in known:
                    self._store.favourites.remove(person.user_id, name)
        self._store.favourites.add(person.user_id, script.name, now=self._clock())

    def remove_favourite(self, person: Requester, script: Script) -> None:
        """Take a script away from their favourites; one that is none is no mistake."""
        self._scripts.check(person, script)
        self._store.favourites.remove(person.user_id, script.name)

    def _names_used(self, person: Requester) -> list[str]:
        uses = self._store.jobs.uses(person.user_id, at_most=_MOST_USES)
        return by_use(uses, self._store.presets.last_uses(person.user_id), now=self._clock())

    def _nearest(self, person: Requester, words: str) -> Sequence[str]:
        try:
            return (self._scripts.find(person, words).name,)
        except UnknownScript as error:
            return [each.name for each in self._known(person, error.nearest) if not each.hidden]

    def _known(self, person: Requester, names: Sequence[str]) -> Iterator[Script]:
        for name in names:
            try:
                yield self._scripts.find(person, name, exactly=True)
            except UnknownScript:
                continue


def by_use(uses: Sequence[tuple[str, datetime]], last: Mapping[str, datetime], *, now: datetime) -> list[str]:
    """The scripts of these uses, those first that are used much and lately.

    ``last`` is when each was used last as far as that is known otherwise; it counts where there is no use of it.
    """
    weights: dict[str, float] = {}
    for script, moment in uses:
        weights[script] = weights.get(script, 0.0) + _weight(now - moment)
    for script, moment in last.items():
        weights.setdefault(script, _weight(now - moment))
    return sorted(weights, key=lambda script: (-weights[script], script))


def _weight(age: timedelta) -> float:
    """What a use of that age counts; one in the future, as after a clock was set back, counts as one of now."""
    return float(0.5 ** (max(timedelta(), age) / _HALF_LIFE))
