"""Hands messages to a transport: each as its own or many as one, and none again that has come to its recipient."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from cachetools import TTLCache

from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.protocol import (
    DeliveryFailed,
    Gathering,
    KeepingMany,
    Remembering,
    Revising,
    Transport,
    Undeliverable,
    digest_name,
)

_log = logging.getLogger(__name__)
_PEOPLE_REMEMBERED, _REMEMBERED_SECONDS = 1000, 3600


class Dispatch:
    """One channel's transport with what there is to tell.

    What was owed before ``since``, when this process began, may have been sent by one that was killed before it could
    write that down; so may what a broken connection left in doubt. A transport that remembers is asked for these.
    """

    def __init__(
        self, transport: Transport, report: Callable[[Notification], Report | None], *, since: datetime
    ) -> None:
        self._transport = transport
        self._report = report
        self._since = since
        self._doubted: set[int] = set()
        self._sent: TTLCache[str, Collection[str]] = TTLCache(_PEOPLE_REMEMBERED, _REMEMBERED_SECONDS)

    @property
    def gathers(self) -> bool:
        """Whether many messages can go as one."""
        return isinstance(self._transport, Gathering)

    @property
    def revises(self) -> bool:
        """Whether messages can be changed that are there."""
        return isinstance(self._transport, Revising)

    @property
    def keeps_many(self) -> bool:
        """Whether messages are to be written down as delivered after ``keep`` only."""
        return isinstance(self._transport, KeepingMany)

    def keep(self) -> None:
        """Have all that was sent for good. Raises DeliveryFailed."""
        if isinstance(self._transport, KeepingMany):
            self._transport.keep()

    def send(self, notifications: Sequence[Notification]) -> Mapping[int, str]:
        """Send these, as one message where there are several; returning means that all of them are there.

        Gives the receipts of those that are to be revised later, by their ids. Raises DeliveryFailed or Undeliverable.
        """
        if notifications[0].receipt is not None:
            self._revise(notifications[0])
            return {}
        unsent = self._unsent(notifications)
        if not unsent:
            return {}
        try:
            receipts = self._hand_over(unsent)
        except DeliveryFailed as error:
            if error.is_doubtful:
                self._doubted.update(each.id for each in unsent)
                self._sent.pop(unsent[0].recipient, None)
            raise
        self._doubted.difference_update(each.id for each in unsent)
        return receipts

    def _revise(self, notification: Notification) -> None:
        report = self._report(notification)
        if report is not None and isinstance(self._transport, Revising):
            self._transport.revise(notification, report)

    def _unsent(self, notifications: Sequence[Notification]) -> list[Notification]:
        doubtful = [each for each in notifications if each.created_at < self._since or each.id in self._doubted]
        if not doubtful or not isinstance(self._transport, Remembering):
            return list(notifications)
        recipient = notifications[0].recipient
        there = self._sent.get(recipient)
        if there is None:
            there = self._sent[recipient] = self._transport.already_sent(recipient)
        if len(notifications) > 1 and digest_name(notifications) in there:
            return []
        found = {each.id for each in doubtful if each.name in there}
        for each in doubtful:
            if each.id in found:
                _log.info("job %d: message “%s” had been sent already", each.job_id, each.event)
        return [each for each in notifications if each.id not in found]

    def _hand_over(self, notifications: Sequence[Notification]) -> Mapping[int, str]:
        told = [(each, report) for each in notifications if (report := self._report(each)) is not None]
        if not told:
            raise Undeliverable("the job is no longer there")
        if len(told) == 1 or not isinstance(self._transport, Gathering):
            sent = {each.id: self._transport.send(each, report) for each, report in told}
            return {number: receipt for number, receipt in sent.items() if receipt is not None}
        self._transport.send_digest([each for each, _ in told], [report for _, report in told])
        return {}
