"""Has the jobs' own messages show how their jobs go on: one change at a time, within what Slack takes of all of them.

What changes faster than that is coalesced, since each is drawn when its turn comes. Messages that are owed come first.
"""

import logging
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from runner.jobs import Notification
from runner.notifications.dispatch import Dispatch
from runner.notifications.protocol import ChannelDown, DeliveryFailed, Undeliverable

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_REST_SECONDS = 5.0  # where no job goes on that has a message
_CHANGES_PER_SECOND = 0.75
"""Of the 50 a minute that Slack takes of chat.update (tier 3), some are left for the ends of jobs."""

_AT_ONCE = 5.0
_MOST_SHOWN = 200
_LOOKED_AT = 20


class OwnMessages(Protocol):
    """The store's side."""

    def own_messages(self, *, channel: str, at_most: int) -> Collection[Notification]:
        """The messages that show how their jobs go on, of so many jobs at most."""

    def keep_receipt(self, notification_id: int, receipt: str) -> None:
        """A message was made anew, and is known by this receipt from now on."""


class LiveMessages:
    """The own messages of one channel's jobs, by turns: who was looked at the longest ago is next."""

    def __init__(self, owed: OwnMessages, channel: str, dispatch: Dispatch) -> None:
        self._owed = owed
        self._channel = channel
        self._dispatch = dispatch
        self._seen: dict[int, None] = {}  # by number, in the order in which they were looked at
        self._room = _AT_ONCE
        self._counted_at = time.monotonic()
        self._looks_from = 0.0

    def turn(self) -> bool:
        """Change one message that shows what is no longer so; whether one was changed. ChannelDown."""
        if self.pause() > timedelta():
            return False
        there = {each.id: each for each in self._owed.own_messages(channel=self._channel, at_most=_MOST_SHOWN)}
        self._looks_from = time.monotonic() + (_LOOK_SECONDS if there else _REST_SECONDS)
        self._seen = {number: None for number in self._seen if number in there}
        by_turns = [*(number for number in there if number not in self._seen), *self._seen]
        return any(self._redraw(there[number]) for number in by_turns[:_LOOKED_AT])

    def note_sent(self, notification: Notification, *, is_live: bool) -> None:
        """A message that was owed was sent, or changed where it has a receipt; ``is_live``: it goes with its job."""
        if is_live:
            self._looks_from = min(self._looks_from, time.monotonic() + _LOOK_SECONDS)
        if notification.receipt is not None:
            self._count_change()

    def pause(self) -> timedelta:
        """How long there is nothing to do for it."""
        if not self._dispatch.redraws:
            return timedelta.max
        self._refill()
        until_room = max(0.0, 1 - self._room) / _CHANGES_PER_SECOND
        return timedelta(seconds=max(until_room, self._looks_from - time.monotonic(), 0.0))

    def _redraw(self, notification: Notification) -> bool:
        """Whether it had to be; whose turn it was stands last from then on."""
        self._seen.pop(notification.id, None)
        self._seen[notification.id] = None
        overdue = self._dispatch.overdue(notification)
        if overdue is None:
            return False
        self._count_change()
        try:
            receipt = overdue()
        except ChannelDown:
            raise
        except (DeliveryFailed, Undeliverable) as error:
            _log.info("job %d: its message cannot be changed: %s", notification.job_id, error)
            asked = error.retry_after if isinstance(error, DeliveryFailed) else None
            pause = _LOOK_SECONDS if asked is None else asked.total_seconds()
            self._looks_from = max(self._looks_from, time.monotonic() + pause)
        else:
            if receipt is not None:
                self._owed.keep_receipt(notification.id, receipt)
        return True

    def _count_change(self) -> None:
        self._refill()
        self._room -= 1

    def _refill(self) -> None:
        now = time.monotonic()
        self._room = min(_AT_ONCE, self._room + (now - self._counted_at) * _CHANGES_PER_SECOND)
        self._counted_at = now
