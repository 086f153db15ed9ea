"""Values that wait for their requester to say yes: kept here, for a view must not carry them."""

import itertools
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cachetools import TTLCache

from runner.errors import ScriptRunnerError
from runner.jobs import Watcher
from runner.system.clock import Monotonic

_MOST_CHARACTERS = 20_000_000
_LEAST_COUNTED = 20_000  # characters; as many as a form counts for at least, so that a thousand are kept at most
_MOST_OF_ONE = 25  # forms
_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingForm:
    """A form that was filled in, with its raw values; ``submission`` tells it from every other."""

    user_id: str
    script: str
    raw: Mapping[str, str | None]
    submission: str
    preset: str = ""
    watchers: Sequence[Watcher] = ()


class Confirmations:
    """Pending forms by a name that nobody can guess; a bounded number of each person, for an hour. Safe for threads."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._kept = TTLCache[tuple[str, int], _Kept, float](
            _MOST_CHARACTERS, _AGE.total_seconds(), timer=monotonic, getsizeof=_Kept.size
        )
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def keep(self, pending: PendingForm) -> str:
        """Keep a form, in place of the person's oldest where they have many; its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            own = {key: self._kept.get(key) for key in _places(pending.user_id)}
            oldest = min(own, key=lambda key: -1 if (kept := own[key]) is None else kept.number)
            self._kept[oldest] = _Kept(name=name, number=next(self._numbers), form=pending)
        return name

    def find(self, name: str, user_id: str) -> PendingForm:
        """The form of that name and that person; ScriptRunnerError where it is gone."""
        with self._lock:
            own = [self._kept.get(key) for key in _places(user_id)]
        pending = next((kept.form for kept in own if kept is not None and kept.name == name), None)
        if pending is None:
            raise ScriptRunnerError("This question has waited too long. Go back to the form and submit it once more.")
        return pending


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A form that is kept, with its name, and how many were kept before."""

    name: str
    number: int
    form: PendingForm

    def size(self) -> int:
        """How many characters it counts for among all that are kept."""
        return max(_LEAST_COUNTED, sum(len(name) + len(value or "") for name, value in self.form.raw.items()))


def _places(user_id: str) -> list[tuple[str, int]]:
    """Where the forms of one person are kept."""
    return [(user_id, number) for number in range(_MOST_OF_ONE)]
