"""Values that wait for their requester to say yes: kept here, for a view must not carry them."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from cachetools import TTLCache

from runner.errors import ScriptRunnerError
from runner.system.clock import Monotonic

_MOST_KEPT = 1_000
_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingForm:
    """A form that was filled in, with its raw values; ``submission`` tells it from every other."""

    user_id: str
    script: str
    raw: Mapping[str, str | None]
    submission: str
    preset: str = ""


class Confirmations:
    """Pending forms by a name that nobody can guess; a bounded number, for an hour. Safe for threads."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._kept = TTLCache[str, PendingForm, float](_MOST_KEPT, _AGE.total_seconds(), timer=monotonic)
        self._lock = threading.Lock()

    def keep(self, pending: PendingForm) -> str:
        """Keep a form; its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = pending
        return name

    def find(self, name: str, user_id: str) -> PendingForm:
        """The form of that name and that person; ScriptRunnerError where it is gone."""
        with self._lock:
            pending = self._kept.get(name)
        if pending is None or pending.user_id != user_id:
            raise ScriptRunnerError("This question has waited too long. Go back to the form and submit it once more.")
        return pending
