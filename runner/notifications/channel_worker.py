"""One channel of messages: takes what is due by turns of its recipients, and has it sent, put off or given up."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from runner.jobs import ENDS, OWN, Event, Notification
from runner.notifications.dispatch import Dispatch
from runner.notifications.live_messages import LiveMessages, OwnMessages
from runner.notifications.pauses import Outage, Pauses
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy, Undeliverable
from runner.notifications.worker_thread import WorkerThread
from runner.system.clock import Clock, IdleSignal
from runner.system.text import span, visible

_log = logging.getLogger(__name__)

_AFTER_OTHERS = timedelta(milliseconds=1)
_AT_ONCE = 10
"""So many messages at most go to one person before the next look at who else is owed something."""

_TOO_MANY = 50
"""More messages than that, waiting for one person, are no news any more: they go as one."""

_JOBS_IN_ONE = 50
_MESSAGES_IN_ONE = 200
_COURTESY = timedelta(seconds=3)
_LEAST_COURTESY = timedelta(milliseconds=50)
_CALM = timedelta(milliseconds=3)
_BETWEEN_LOOKS_SECONDS = 0.01


class Owed(OwnMessages, Protocol):
    """The store's side: ``due`` gives of each job and channel the first message still owed that is not put off long."""

    def due(
        self, *, now: datetime, channel: str, limit: int, after: str | None, without: Collection[str]
    ) -> list[Notification]:
        """What is to be sent now, by turns of the recipients: first the one after ``after``, none of ``without``."""

    def waiting(self, *, now: datetime, channel: str, recipient: str, limit: int) -> list[Notification]:
        """What one recipient is to be told now, oldest first."""

    def next_due(self, *, channel: str, without: Collection[str], now: datetime) -> datetime | None:
        """When the next message is to be sent to others than ``without``, as ``due`` sees it now."""

    def mark_delivered(
        self, *notification_ids: int, now: datetime, receipts: Mapping[int, str], ended: Collection[int]
    ) -> None:
        """The messages were sent; those with ``receipts`` are owed once more when one of ``ended`` of their job was."""

    def mark_retry(self, *notification_ids: int, due_at: datetime, error: str) -> None:
        """The messages were not sent and are tried again at ``due_at``."""

    def mark_undeliverable(self, *notification_ids: int, now: datetime, error: str) -> None:
        """The messages are not tried again."""


class ChannelWorker(WorkerThread):
    """One channel with its thread; ``sent`` is called once messages are written down as sent."""

    def __init__(  # noqa: PLR0913  # what one channel needs of the settings, which this room's face has
        self,
        owed: Owed,
        channel: str,
        dispatch: Dispatch,
        *,
        clock: Clock,
        back_off: Sequence[timedelta],
        give_up_after: timedelta,
        poll: timedelta,
        sent: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(f"delivery by {channel}", poll=poll, log=_log)
        self._owed = owed
        self._channel = channel
        self._dispatch = dispatch
        self._clock = clock
        self._back_offs = back_off
        self._give_up_after = give_up_after
        self._tell_sent = sent
        self._idle_signal: IdleSignal | None = None
        self._unrecorded: Sequence[Notification] = ()
        self._receipts: dict[int, str] = {}
        self._pauses = Pauses(self._back_off)
        self._outage = Outage(self._back_off)
        self._last: str | None = None
        self._live = LiveMessages(owed, channel, dispatch)

    def give_way_to(self, idle_signal: IdleSignal) -> None:
        """Wait before every few messages where somebody has more urgent work, which ``idle_signal`` tells of."""
        self._idle_signal = idle_signal

    def is_late(self) -> bool:
        """Whether something that is due was not tried yet."""
        return self._time_to_next() <= timedelta()

    def tick(self, now: datetime) -> None:
        """Send everything due, in the calling thread."""
        while self._send_due(lambda: now):
            pass
        self._redraw(lambda: now)

    def _turn(self) -> timedelta:
        if self._send_due(self._clock) or self._redraw(self._clock):
            return timedelta()
        return min(self._time_to_next(), self._live.pause())

    def _time_to_next(self) -> timedelta:
        now = self._clock()
        next_due = self._owed.next_due(channel=self._channel, without=self._pauses.left_alone(now), now=now)
        moments = [moment for moment in (next_due, self._pauses.next_end(now)) if moment is not None]
        if not moments:
            return timedelta.max
        return max(min(moments) - now, self._outage.left(now))

    def _send_due(self, clock: Clock) -> bool:
        """Send a batch of what is due; whether there may be more."""
        self._record_former(clock())
        if self._outage.left(clock()):
            return False
        batch = self._due(clock())
        if batch:
            self._last = batch[-1].recipient
            self._give_way(clock() - batch[0].created_at)
        for together, others in self._messages(batch, clock):
            if self._ended.is_set():
                break
            self._beat()
            try:
                self._deliver(together, clock)
            except ChannelDown as error:
                self._record_former(clock())
                self._wait_for_channel(together, others, clock(), error)
                return False
            self._note_that_it_works()
        self._record_former(clock())
        return bool(batch) and not self._ended.is_set()

    def _redraw(self, clock: Clock) -> bool:
        """Change one message that goes with its job; whether there may be more to do."""
        if self._outage.left(clock()):
            return False
        try:
            return self._live.turn()
        except ChannelDown as error:
            self._wait_for_channel([], [], clock(), error)
            return False

    def _note_that_it_works(self) -> None:
        if self._outage.end():
            _log.info("delivery by %s works again", self._channel)

    def _due(self, now: datetime) -> list[Notification]:
        paused = self._pauses.left_alone(now)
        return self._owed.due(now=now, channel=self._channel, limit=_AT_ONCE, after=self._last, without=paused)

    def _messages(
        self, batch: Sequence[Notification], clock: Clock
    ) -> Iterator[tuple[Sequence[Notification], Sequence[Notification]]]:
        """What goes as one message, and what of the batch comes after it."""
        may_be_many = len(batch) == _AT_ONCE and self._dispatch.gathers
        one_by_one: set[str] = set()
        gathered: set[str] = set()
        for count, notification in enumerate(batch, start=1):
            recipient = notification.recipient
            if recipient in gathered or recipient in self._pauses.left_alone(clock()):
                continue
            together = [notification]
            if notification.after_quiet and self._dispatch.gathers:
                together = self._held_back(notification, clock())
                gathered.update([recipient] if len(together) > 1 else [])
            elif may_be_many and recipient not in one_by_one:
                together = self._gathered(notification, clock())
                (gathered if len(together) > 1 else one_by_one).add(recipient)
            yield together, batch[count:]

    def _gathered(self, first: Notification, now: datetime) -> list[Notification]:
        """All that waits for the person, as far as one message holds it, where it is too much to tell one by one."""
        waiting = self._owed.waiting(now=now, channel=self._channel, recipient=first.recipient, limit=_MESSAGES_IN_ONE)
        waiting = [each for each in waiting if not _stands_alone(each)]
        if len(waiting) <= _TOO_MANY or _stands_alone(first):
            return [first]
        jobs = set(list(dict.fromkeys(each.job_id for each in waiting))[:_JOBS_IN_ONE])
        return [each for each in waiting if each.job_id in jobs]

    def _held_back(self, first: Notification, now: datetime) -> list[Notification]:
        """All that was held back from the person in quiet hours, but for the own messages of jobs that go on."""
        waiting = self._owed.waiting(now=now, channel=self._channel, recipient=first.recipient, limit=_MESSAGES_IN_ONE)
        waiting = [each for each in waiting if not _stands_alone(each)]
        ended = {each.job_id for each in waiting if each.event in ENDS}
        together = [each for each in waiting if each.after_quiet and (each.event not in OWN or each.job_id in ended)]
        return together if first in together else [first]

    def _give_way(self, waited: timedelta) -> None:
        """Wait until nobody has more urgent work, but not for long: the less, the longer a message has waited."""
        patience = min(max(_COURTESY - waited, _LEAST_COURTESY), _COURTESY)
        deadline = time.monotonic() + patience.total_seconds()
        while self._idle_signal is not None and not self._idle_signal.has_lasted(_CALM) and time.monotonic() < deadline:
            self._ended.wait(_BETWEEN_LOOKS_SECONDS)

    def _wait_for_channel(
        self, tried: Sequence[Notification], others: Sequence[Notification], now: datetime, error: ChannelDown
    ) -> None:
        """Put all off at once; what was tried comes after the others, should it be the one at fault."""
        until = self._outage.begin(now, asked=error.retry_after)
        tried_ids = {each.id for each in tried}
        for notification in others:
            if notification.id not in tried_ids:
                self._put_off([notification], now, until, str(error), level=logging.DEBUG)
        level = logging.WARNING if self._outage.is_new() else logging.DEBUG
        self._put_off(tried, now, until + _AFTER_OTHERS, str(error), level=level)

    def _record_former(self, now: datetime) -> None:
        """Make up for what the store could not write down (a full disk): nobody is told the same every few seconds."""
        if self._unrecorded:
            self._dispatch.keep()
            ended = (
                [each.id for each in self._unrecorded if each.event is Event.ENDED] if self._dispatch.revises else ()
            )
            self._owed.mark_delivered(*_ids(self._unrecorded), now=now, receipts=self._receipts, ended=ended)
            self._unrecorded, self._receipts = (), {}
            self._tell_sent()

    def _deliver(self, together: Sequence[Notification], clock: Clock) -> None:
        first = together[0]
        try:
            receipts = self._dispatch.send(together)
        except Undeliverable as error:
            self._give_up(together, clock(), str(error))
        except ChannelDown:
            raise
        except RecipientBusy as error:
            until = self._pauses.add(first.recipient, clock(), asked=error.retry_after)
            self._put_off(together, clock(), until, str(error))
        except DeliveryFailed as error:
            self._try_later(together, clock(), str(error), retry_after=error.retry_after)
        except Exception as error:  # noqa: BLE001  # one message's trouble: logged, and on to the next
            message = f"job {first.job_id}: the message cannot be sent by {self._channel}"
            self._faults.met(("message", first.id), error, message)
            self._try_later(together, clock(), f"an unexpected {type(error).__name__}; the log says more")
        else:
            self._note_sent(together, receipts, clock)

    def _note_sent(self, together: Sequence[Notification], receipts: Mapping[int, str], clock: Clock) -> None:
        self._pauses.end(together[0].recipient)
        self._live.note_sent(together[0], is_live=bool(receipts))
        self._unrecorded = [*self._unrecorded, *together]
        self._receipts.update(receipts)
        if not self._dispatch.keeps_many:
            self._record_former(clock())
        for each in together:
            _log.info("job %d: message “%s” sent by %s", each.job_id, each.event, self._channel)

    def _try_later(
        self, together: Sequence[Notification], now: datetime, error: str, *, retry_after: timedelta | None = None
    ) -> None:
        delay = max(self._back_off(together[0].attempts), retry_after or timedelta())
        self._put_off(together, now, now + delay, error)

    def _back_off(self, failures: int) -> timedelta:
        return self._back_offs[min(failures, len(self._back_offs) - 1)]

    def _put_off(
        self,
        together: Sequence[Notification],
        now: datetime,
        due_at: datetime,
        error: str,
        *,
        level: int | None = None,
    ) -> None:
        """Try again at ``due_at``, but for what is too old; the log has one line for the first time only."""
        ages = {each.id: now - each.created_at for each in together}
        for each in together:
            if ages[each.id] >= self._give_up_after:
                self._give_up([each], now, f"given up after {span(ages[each.id])}: {error}")
        if rest := [each for each in together if ages[each.id] < self._give_up_after]:
            self._owed.mark_retry(*_ids(rest), due_at=due_at, error=visible(error))
            if level is None:
                level = logging.DEBUG if rest[0].attempts else logging.WARNING
            self._complain(level, rest, f"put off by {span(due_at - now)}", error)

    def _give_up(self, together: Sequence[Notification], now: datetime, error: str) -> None:
        self._owed.mark_undeliverable(*_ids(together), now=now, error=visible(error))
        self._complain(logging.ERROR, together, "dropped", error)

    def _complain(self, level: int, together: Sequence[Notification], became: str, error: str) -> None:
        first, more = together[0], len(together) - 1
        others = f" and {more} more" if more else ""
        words = (first.job_id, first.event, others, self._channel, became, visible(error))
        _log.log(level, "job %d: message “%s”%s by %s %s: %s", *words)


def _stands_alone(notification: Notification) -> bool:
    """Whether it is news by itself, or of many jobs, or a message that is there already."""
    return notification.event in (Event.SHORTAGE, Event.EXPIRING) or notification.receipt is not None


def _ids(together: Sequence[Notification]) -> list[int]:
    return [each.id for each in together]
