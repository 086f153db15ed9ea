"""Sends what is owed, with back-off, until it is delivered or given up; each channel by itself."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pydantic import Field

from runner.errors import StoreError
from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.protocol import ChannelDown, DeliveryFailed, Transport, Undeliverable
from runner.settings import Duration, Settings, parse_duration
from runner.system.clock import Clock, IdleSignal
from runner.system.text import span, visible
from runner.system.watchdog import Watchdog

_log = logging.getLogger(__name__)

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""How long to wait after the first failure, the second, …; after the last of these always that long."""

_LONGEST_PAUSE = timedelta(minutes=1)
"""While a channel is down, one message is tried as often as that at least, so that all go soon after it is back."""

LONGEST_TURN = timedelta(minutes=10)
"""What a turn of a channel may take beside its pauses, which is time for a message in it."""

_AFTER_OTHERS = timedelta(milliseconds=1)
_AT_ONCE = 50
_IN_A_ROW = 10
_COURTESY = timedelta(seconds=3)
_LEAST_COURTESY = timedelta(milliseconds=50)
_CALM = timedelta(milliseconds=3)
_BETWEEN_LOOKS_SECONDS = 0.01
_LOOK_SECONDS = 0.02


class DeliverySettings(Settings):
    """How long a message is tried, and how often the store is asked for messages that nobody announced."""

    give_up_after: Duration = parse_duration("7d")
    """How long a message that cannot be delivered is tried again."""
    back_off: tuple[Duration, ...] = Field(default=BACK_OFF, min_length=1)
    """How long to wait after the first failure, the second and so on; after the last of these always that long."""
    poll: Duration = parse_duration("5s")
    """How often the database is asked for messages that nobody announced."""


class Owed(Protocol):
    """The store's side: of each job and channel, ``due`` gives only the first message still owed."""

    def due(self, *, now: datetime, channel: str, limit: int) -> list[Notification]:
        """What is to be sent now, oldest first."""

    def next_due(self, *, channel: str) -> datetime | None:
        """When the next message is to be sent."""

    def mark_delivered(self, notification_id: int, /, *, now: datetime) -> None:
        """The message was sent."""

    def mark_retry(self, notification_id: int, /, *, due_at: datetime, error: str) -> None:
        """The message was not sent and is tried again at ``due_at``."""

    def mark_undeliverable(self, notification_id: int, /, *, now: datetime, error: str) -> None:
        """The message is not tried again."""


class Delivery:
    """Delivers at least once, and in order for each job and channel; a thread per channel, so none waits for another.

    ``transports`` go by the names of their channels. ``report`` gives what there is to tell, or None where the job is
    gone. Before every few messages it waits where somebody in this process has more urgent work, which ``idle_signal``
    tells of: until messages are some seconds old, and a moment only from then on. ``watchdog`` is told of each turn and
    each message; ``longest_turn`` is what one may take.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        owed: Owed,
        transports: Mapping[str, Transport],
        report: Callable[[Notification], Report | None],
        *,
        clock: Clock,
        settings: DeliverySettings,
        watchdog: Watchdog | None = None,
        longest_turn: timedelta = LONGEST_TURN,
    ) -> None:
        self.idle_signal = IdleSignal()
        self._watchdog = watchdog or Watchdog()
        self._longest_turn = longest_turn + settings.poll
        self._workers = [
            _ChannelWorker(owed, channel, partial(_send, transport, report), clock=clock, settings=settings)
            for channel, transport in transports.items()
        ]

    def tick(self, now: datetime) -> None:
        """Send everything due, in the calling thread; not beside ``start``."""
        for worker in self._workers:
            worker.tick(now)

    def start(self) -> None:
        """Deliver from now on, in the background."""
        for worker in self._workers:
            worker.start(self.idle_signal, self._watchdog, self._longest_turn)

    def wake(self) -> None:
        """Say that something new may be owed; returns at once, from any thread."""
        for worker in self._workers:
            worker.wake()

    def flush(self, patience: timedelta = timedelta(seconds=10)) -> bool:
        """Wait until all that is due has been tried; whether it has, within ``patience``."""
        self.wake()
        deadline = time.monotonic() + patience.total_seconds()
        while any(worker.is_late() for worker in self._workers):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def stop(self, patience: timedelta = timedelta(seconds=5)) -> None:
        """End after the messages now under way; one that hangs longer than ``patience`` is left to be sent again."""
        for worker in self._workers:
            worker.end()
        for worker in self._workers:
            worker.join(patience)

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop."""
        self.start()
        try:
            stop.wait()
        finally:
            self.stop()


class _ChannelWorker:
    """One channel with its thread."""

    def __init__(
        self,
        owed: Owed,
        channel: str,
        send: Callable[[Notification], None],
        *,
        clock: Clock,
        settings: DeliverySettings,
    ) -> None:
        self._owed = owed
        self._channel = channel
        self._send = send
        self._clock = clock
        self._settings = settings
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._idle_signal: IdleSignal | None = None
        self._beat: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None
        self._unrecorded: int | None = None
        self._failures = 0
        self._down: tuple[datetime, datetime] | None = None

    def start(self, idle_signal: IdleSignal, watchdog: Watchdog, longest_turn: timedelta) -> None:
        self._ended.clear()
        self._idle_signal = idle_signal
        self._beat = watchdog.loop(f"delivery by {self._channel}", longest_turn).beat
        # A daemon: a server that never answers must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"delivery by {self._channel}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self._ended.set()
        self._woken.set()

    def join(self, patience: timedelta) -> None:
        if self._thread is not None:
            self._thread.join(patience.total_seconds())

    def is_late(self) -> bool:
        return self._time_to_next() <= timedelta()

    def tick(self, now: datetime) -> None:
        while self._send_due(lambda: now):
            pass

    def _run(self) -> None:
        while not self._ended.is_set():
            self._beat()
            self._woken.clear()
            pause = self._settings.poll
            try:
                if self._send_due(self._clock):
                    continue
                pause = min(pause, self._time_to_next())
            except StoreError as error:
                _log.warning("delivery by %s cannot use the store: %s", self._channel, error)
            except Exception:  # noqa: BLE001  # a turn of a daemon loop: logged, and on it goes
                _log.exception("delivery by %s failed; it tries again", self._channel)
            self._woken.wait(max(0.0, pause.total_seconds()))

    def _time_to_next(self) -> timedelta:
        next_due = self._owed.next_due(channel=self._channel)
        if next_due is None:
            return timedelta.max
        now = self._clock()
        return max(next_due - now, self._pause_left(now))

    def _send_due(self, clock: Clock) -> bool:
        """Send a batch of what is due; whether there may be more."""
        self._record_former(clock())
        if self._pause_left(clock()):
            return False
        batch = self._owed.due(now=clock(), channel=self._channel, limit=_AT_ONCE)
        for count, notification in enumerate(batch, start=1):
            if count % _IN_A_ROW == 1:
                self._give_way(clock() - notification.created_at)
            if self._ended.is_set():
                return False
            self._beat()
            try:
                self._deliver(notification, clock)
            except ChannelDown as error:
                self._wait_for_channel(notification, batch[count:], clock(), error)
                return False
            self._failures = 0
        return bool(batch)

    def _give_way(self, waited: timedelta) -> None:
        """Wait until nobody has more urgent work, but not for long: the less, the longer a message has waited."""
        patience = min(max(_COURTESY - waited, _LEAST_COURTESY), _COURTESY)
        deadline = time.monotonic() + patience.total_seconds()
        while self._idle_signal is not None and not self._idle_signal.has_lasted(_CALM) and time.monotonic() < deadline:
            self._ended.wait(_BETWEEN_LOOKS_SECONDS)

    def _wait_for_channel(
        self, tried: Notification, others: Sequence[Notification], now: datetime, error: ChannelDown
    ) -> None:
        """Put all off at once; the one that was tried comes after the others, should it be the one at fault."""
        pause = min(self._back_off(self._failures), _LONGEST_PAUSE)
        self._failures += 1
        until = now + max(pause, error.retry_after or timedelta())
        self._down = (now, until)
        for notification in others:
            self._put_off(notification, now, until, str(error))
        self._put_off(tried, now, until + _AFTER_OTHERS, str(error))

    def _pause_left(self, now: datetime) -> timedelta:
        """How long the channel is still to be left alone; not at all where the clock was set back since."""
        since, until = self._down or (now, now)
        return until - now if since <= now < until else timedelta()

    def _record_former(self, now: datetime) -> None:
        """Make up for what the store could not write down (a full disk): nobody is told the same every few seconds."""
        if self._unrecorded is not None:
            self._owed.mark_delivered(self._unrecorded, now=now)
            self._unrecorded = None

    def _deliver(self, notification: Notification, clock: Clock) -> None:
        try:
            self._send(notification)
        except Undeliverable as error:
            self._give_up(notification, clock(), str(error))
        except ChannelDown:
            raise
        except DeliveryFailed as error:
            self._try_later(notification, clock(), str(error), retry_after=error.retry_after)
        except Exception as error:  # noqa: BLE001  # one message's trouble: logged, and on to the next
            _log.exception("job %d: the message cannot be sent by %s", notification.job_id, self._channel)
            self._try_later(notification, clock(), f"an unexpected {type(error).__name__}; the log says more")
        else:
            self._unrecorded = notification.id
            self._record_former(clock())
            _log.info("job %d: message “%s” sent by %s", notification.job_id, notification.event, self._channel)

    def _try_later(
        self, notification: Notification, now: datetime, error: str, *, retry_after: timedelta | None = None
    ) -> None:
        delay = max(self._back_off(notification.attempts), retry_after or timedelta())
        self._put_off(notification, now, now + delay, error)

    def _back_off(self, failures: int) -> timedelta:
        return self._settings.back_off[min(failures, len(self._settings.back_off) - 1)]

    def _put_off(self, notification: Notification, now: datetime, due_at: datetime, error: str) -> None:
        age = now - notification.created_at
        if age >= self._settings.give_up_after:
            self._give_up(notification, now, f"given up after {span(age)}: {error}")
            return
        self._owed.mark_retry(notification.id, due_at=due_at, error=visible(error))
        self._complain(logging.WARNING, notification, f"put off by {span(due_at - now)}", error)

    def _give_up(self, notification: Notification, now: datetime, error: str) -> None:
        self._owed.mark_undeliverable(notification.id, now=now, error=visible(error))
        self._complain(logging.ERROR, notification, "dropped", error)

    def _complain(self, level: int, notification: Notification, became: str, error: str) -> None:
        job_id, event, name = notification.job_id, notification.event, self._channel
        _log.log(level, "job %d: message “%s” by %s %s: %s", job_id, event, name, became, visible(error))


def _send(transport: Transport, report: Callable[[Notification], Report | None], notification: Notification) -> None:
    told = report(notification)
    if told is None:
        raise Undeliverable("the job is no longer there")
    transport.send(notification, told)
