"""Hands messages to a transport: each as its own or many as one, and none again that has come to its recipient."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from cachetools import TTLCache

from runner.jobs import ENDS, Event, Notification
from runner.messages.reports import Report
from runner.notifications.protocol import (
    DeliveryFailed,
    Gathering,
    KeepingMany,
    Redrawing,
    Remembering,
    Revising,
    Transport,
    Undeliverable,
    digest_name,
)

_log = logging.getLogger(__name__)
_LINES_REMEMBERED, _REMEMBERED_SECONDS = 1000, 3600
_HAVE_NO_RECEIPT = frozenset({Event.UNTOLD, *ENDS})
_Line = tuple[str, str | None]


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
        self._sent: TTLCache[_Line, Mapping[str, str]] = TTLCache(_LINES_REMEMBERED, _REMEMBERED_SECONDS)

    @property
    def gathers(self) -> bool:
        """Whether many messages can go as one."""
        return isinstance(self._transport, Gathering)

    @property
    def revises(self) -> bool:
        """Whether messages can be changed that are there."""
        return isinstance(self._transport, Revising)

    @property
    def redraws(self) -> bool:
        """Whether messages can go with their jobs."""
        return isinstance(self._transport, Redrawing)

    @property
    def keeps_many(self) -> bool:
        """Whether messages are to be written down as delivered after ``keep`` only."""
        return isinstance(self._transport, KeepingMany)

    def keep(self) -> None:
        """Have all that was sent for good. Raises DeliveryFailed."""
        if isinstance(self._transport, KeepingMany):
            self._transport.keep()

    def overdue(self, notification: Notification) -> Callable[[], str | None] | None:
        """What has the job's own message show how the job is now; None where it does, or the job is gone.

        It gives the message's new receipt where it was made anew, and raises DeliveryFailed or Undeliverable.
        """
        report = self._report(notification)
        transport = self._transport
        if report is None or not isinstance(transport, Redrawing) or transport.shows(notification, report):
            return None
        return partial(transport.redraw, notification, report)

    def send(self, notifications: Sequence[Notification]) -> Mapping[int, str]:
        """Send these, as one message where there are several; returning means that all of them are there.

        Of several about one job the last says all.
        Gives the receipts of those that are to be revised later, by their ids. Raises DeliveryFailed or Undeliverable.
        """
        if notifications[0].receipt is not None:
            self._revise(notifications[0])
            return {}
        if len({each.job_id for each in notifications}) == 1:
            notifications = notifications[-1:]
        found = self._found(notifications)
        unsent = [each for each in notifications if each.id not in found]
        receipts = {number: receipt for number, receipt in found.items() if receipt}
        if not unsent:
            return receipts
        try:
            sent = self._hand_over(unsent)
        except DeliveryFailed as error:
            if error.is_doubtful:
                self._doubted.update(each.id for each in unsent)
                self._sent.pop(_line(unsent[0]), None)
            raise
        self._doubted.difference_update(each.id for each in unsent)
        return {**receipts, **sent}

    def _revise(self, notification: Notification) -> None:
        report = self._report(notification)
        if report is not None and isinstance(self._transport, Revising):
            self._transport.revise(notification, report)

    def _found(self, notifications: Sequence[Notification]) -> dict[int, str]:
        """Which of them had been sent already, with the receipts of those that show how their jobs go on."""
        doubtful = [each for each in notifications if each.created_at < self._since or each.id in self._doubted]
        if not doubtful or not isinstance(self._transport, Remembering):
            return {}
        line = _line(notifications[0])
        there = self._sent.get(line)
        if there is None:
            there = self._sent[line] = self._transport.already_sent(notifications[0])
        if len(notifications) > 1 and digest_name(notifications) in there:
            return dict.fromkeys((each.id for each in notifications), "")
        found = {each.id: _receipt(each, there[each.name]) for each in doubtful if each.name in there}
        for each in doubtful:
            if each.id in found:
                _log.info("job %d: message “%s” had been sent already", each.job_id, each.event)
        return found

    def _hand_over(self, notifications: Sequence[Notification]) -> Mapping[int, str]:
        told = [(each, report) for each in notifications if (report := self._report(each)) is not None]
        if not told:
            raise Undeliverable("the job is no longer there")
        if len(told) == 1 or not isinstance(self._transport, Gathering):
            sent = {each.id: self._transport.send(each, report) for each, report in told}
            return {number: receipt for number, receipt in sent.items() if receipt is not None}
        self._transport.send_digest([each for each, _ in told], [report for _, report in told])
        return {}


def _line(notification: Notification) -> _Line:
    """Where a message is looked for."""
    return notification.recipient, notification.thread


def _receipt(notification: Notification, place: str) -> str:
    return "" if notification.event in _HAVE_NO_RECEIPT else place
