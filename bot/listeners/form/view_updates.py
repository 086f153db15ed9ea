"""Redraws an open view as its choices change: what is older never overwrites what is newer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from cachetools import TTLCache
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View

from bot.slack.interaction import Interaction
from runner.system.clock import Monotonic

_MOST_KEPT = 1_000
_AGE_SECONDS = 24 * 3600
_MOST_HASHES = 100
_OVERTAKEN = frozenset({"hash_conflict", "not_found"})  # views.update: changed or closed meanwhile


@dataclass(slots=True)
class _OpenView:
    """A view that is open: the newest act in it, the hash of what we drew last and those that it took the place of."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    newest: Decimal = Decimal(0)
    drawn: str | None = None
    replaced: list[str] = field(default_factory=list)


class ViewUpdates:
    """Draws views anew, one act after the other for each view; a bounded number is remembered, for a day."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._kept = TTLCache[str, _OpenView, float](_MOST_KEPT, _AGE_SECONDS, timer=monotonic)
        self._lock = threading.Lock()

    def update(self, interaction: Interaction, draw: Callable[[], View]) -> None:
        """Update the view an act happened in, unless a newer act in it is known or it was changed or closed meanwhile.

        Slack's clients send the whole state with every act: the newest knows all that the others did. What has no
        moment, such as a search, is as old as the view that it happened in. SlackApiError where Slack refuses the view.
        """
        view_id, moment = str(interaction.view["id"]), _moment(interaction.acted_at)
        view = self._opened(view_id, moment)
        with view.lock:
            found = interaction.view.get("hash")
            is_old = found in view.replaced if moment is None else moment < view.newest
            if is_old:
                return
            expected = view.drawn if found in view.replaced else found
            try:
                answer = interaction.client.views_update(view_id=view_id, hash=expected, view=draw())
            except SlackApiError as error:
                if error.response.get("error") not in _OVERTAKEN:
                    raise
                return
            view.replaced = [*view.replaced, str(expected)][-_MOST_HASHES:]
            view.drawn = answer["view"]["hash"]

    def _opened(self, view_id: str, moment: Decimal | None) -> _OpenView:
        with self._lock:
            view = self._kept.setdefault(view_id, _OpenView())
            view.newest = max(view.newest, moment or Decimal(0))
        return view


def _moment(written: str) -> Decimal | None:
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
