"""Sends what is owed, with back-off, until it is delivered or given up; each channel by itself."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.channel_worker import ChannelWorker, Owed
from runner.notifications.dispatch import Dispatch
from runner.notifications.file_source import FileSource
from runner.notifications.file_worker import FileWorker, OwedFiles
from runner.notifications.protocol import Transport
from runner.notifications.uploads import FileUploads
from runner.settings import Duration, Settings, parse_duration
from runner.system.clock import Clock, IdleSignal
from runner.system.watchdog import Watchdog

_LOOK_SECONDS = 0.02

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""How long to wait after the first failure, the second, …; after the last of these always that long."""

LONGEST_TURN = timedelta(minutes=10)
"""What a turn of a channel may take beside its pauses, which is time for a message in it."""


class DeliverySettings(Settings):
    """How long a message is tried, and how often the store is asked for messages that nobody announced."""

    give_up_after: Duration = parse_duration("7d")
    """How long a message that cannot be delivered is tried again."""
    back_off: tuple[Duration, ...] = Field(default=BACK_OFF, min_length=1)
    """How long to wait after the first failure, the second and so on; after the last of these always that long."""
    poll: Duration = parse_duration("5s")
    """How often the database is asked for messages that nobody announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDelivery:
    """What sends files: the store's side, where they are, and ``uploads`` by the names of the channels."""

    owed: OwedFiles
    source: FileSource
    uploads: Mapping[str, FileUploads]


class Delivery:
    """Delivers at least once, and in order for each job and channel; a thread per channel, so none waits for another.

    ``transports`` go by the names of their channels. ``report`` gives what there is to tell, or None where the job is
    gone. Before every few messages it waits where somebody in this process has more urgent work, which ``idle_signal``
    tells of: until messages are some seconds old, and a moment only from then on. ``watchdog`` is told of each turn and
    each message; ``longest_turn`` is what one may take. ``files`` go in threads of their own, so that
    none of them holds up a message.
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
        files: FileDelivery | None = None,
    ) -> None:
        self.idle_signal = IdleSignal()
        self._watchdog = watchdog or Watchdog()
        self._longest_turn = longest_turn + settings.poll
        self._file_workers = {} if files is None else _file_workers(files, clock, settings)
        self._workers = [
            ChannelWorker(
                owed,
                channel,
                Dispatch(transport, report, since=clock()),
                clock=clock,
                back_off=settings.back_off,
                give_up_after=settings.give_up_after,
                poll=settings.poll,
                sent=self._file_workers[channel].wake if channel in self._file_workers else lambda: None,
            )
            for channel, transport in transports.items()
        ]

    def tick(self, now: datetime) -> None:
        """Send everything due, in the calling thread; not beside ``start``."""
        for worker in self._workers:
            worker.tick(now)
        for file_worker in self._file_workers.values():
            file_worker.tick(now)

    def start(self) -> None:
        """Deliver from now on, in the background."""
        for worker in self._workers:
            worker.give_way_to(self.idle_signal)
        for each in self._all:
            each.start(self._watchdog, self._longest_turn)

    def wake(self) -> None:
        """Say that something new may be owed; returns at once, from any thread."""
        for worker in self._all:
            worker.wake()

    def flush(self, patience: timedelta = timedelta(seconds=10)) -> bool:
        """Wait until all that is due has been tried; whether it has, within ``patience``."""
        self.wake()
        deadline = time.monotonic() + patience.total_seconds()
        while any(worker.is_late() for worker in self._all):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def stop(self, patience: timedelta = timedelta(seconds=5)) -> None:
        """End after the messages now under way; one that hangs longer than ``patience`` is left to be sent again."""
        for worker in self._all:
            worker.end()
        for worker in self._all:
            worker.join(patience)

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop."""
        self.start()
        try:
            stop.wait()
        finally:
            self.stop()

    @property
    def _all(self) -> Sequence[ChannelWorker | FileWorker]:
        return [*self._workers, *self._file_workers.values()]


def _file_workers(files: FileDelivery, clock: Clock, settings: DeliverySettings) -> dict[str, FileWorker]:
    return {
        channel: FileWorker(
            files.owed,
            channel,
            uploads,
            files.source,
            clock=clock,
            back_off=settings.back_off,
            give_up_after=settings.give_up_after,
            poll=settings.poll,
        )
        for channel, uploads in files.uploads.items()
    }
