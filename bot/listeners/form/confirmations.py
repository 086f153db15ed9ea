"""Values that wait for their requester to say yes: kept here, for a view must not carry them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.slack.cache import Bounded
from runner.errors import ScriptRunnerError
from runner.system.clock import Clock

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
    """Pending forms by a name that nobody can guess; a bounded number, for an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: Bounded[str, tuple[datetime, PendingForm]] = Bounded(_MOST_KEPT)

    def keep(self, pending: PendingForm) -> str:
        """Keep a form; its name."""
        name = secrets.token_urlsafe(16)
        self._kept.put(name, (self._clock(), pending))
        return name

    def find(self, name: str, user_id: str) -> PendingForm:
        """The form of that name and that person; ScriptRunnerError where it is gone."""
        kept_at, pending = self._kept.get(name) or (None, None)
        if pending is None or kept_at is None or pending.user_id != user_id or self._clock() - kept_at > _AGE:
            raise ScriptRunnerError("This question has waited too long. Go back to the form and submit it once more.")
        return pending
