"""Sends the files that are owed by one channel, in a thread beside that of its messages: a step at a time, by turns.

A file's content goes first, and by which ticket it is there is written down before the files of a message are shown.
So whoever comes after one that was killed goes on where that stopped, and asks by the ticket what it came to.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from runner.errors import StoreError
from runner.files import NotToSend
from runner.jobs import FileKind, Job, OwedFile
from runner.notifications.file_source import FileSource, comment, title
from runner.notifications.pauses import Outage
from runner.notifications.protocol import ChannelDown, DeliveryFailed, Undeliverable
from runner.notifications.uploads import FileUploads, TicketUnknown, UploadedFile
from runner.notifications.worker_thread import WorkerThread
from runner.system.clock import Clock
from runner.system.text import span, visible

_log = logging.getLogger(__name__)


class OwedFiles(Protocol):
    """The store's side."""

    def next_batch(
        self, *, now: datetime, channel: str, after: str | None, without: Collection[str] = ()
    ) -> Sequence[OwedFile]:
        """What goes as one message, to the recipient who comes after ``after``; empty where nothing is due."""

    def next_due(self, *, channel: str, now: datetime) -> datetime | None:
        """When the next file is due that is not yet."""

    def decide(self, shared: OwedFile, names: Sequence[str], *, now: datetime) -> None:
        """Owe these results in the place of what a script shares."""

    def keep_ticket(self, file_id: int, ticket: str | None) -> None:
        """A file's content is there by that ticket, or is not any more."""

    def mark_delivered(self, files: Sequence[OwedFile], *, now: datetime) -> None:
        """They were sent."""

    def mark_retry(self, files: Sequence[OwedFile], *, due_at: datetime, error: str) -> None:
        """They are tried again then."""

    def mark_undeliverable(self, files: Sequence[OwedFile], *, now: datetime, error: str) -> None:
        """They are given up."""


class _Leaving(Exception):
    """We are told to stop while a file is under way."""


class FileWorker(WorkerThread):
    """The files of one channel, with their thread."""

    def __init__(  # noqa: PLR0913  # what one channel needs of the settings, which this room's face has
        self,
        owed: OwedFiles,
        channel: str,
        uploads: FileUploads,
        source: FileSource,
        *,
        clock: Clock,
        back_off: Sequence[timedelta],
        give_up_after: timedelta,
        poll: timedelta,
    ) -> None:
        super().__init__(f"files by {channel}", poll=poll, log=_log)
        self._owed = owed
        self._channel = channel
        self._uploads = uploads
        self._source = source
        self._clock = clock
        self._back_offs = back_off
        self._give_up_after = give_up_after
        self._last: str | None = None
        self._outage = Outage(self._back_off)
        self._unshown: set[int] = set()  # by number, whose content this process brought and has not tried to show
        self._sent: Sequence[OwedFile] = ()  # and may not be written down yet

    def is_late(self) -> bool:
        """Whether something that can be sent was not tried yet."""
        now = self._clock()
        return not self._outage.left(now) and bool(self._next(now))

    def tick(self, now: datetime) -> None:
        """Send everything due, in the calling thread."""
        while self._step(lambda: now):
            pass

    def _turn(self) -> timedelta:
        if self._step(self._clock):
            return timedelta()
        now = self._clock()
        if left := self._outage.left(now):
            return left
        moment = self._owed.next_due(channel=self._channel, now=now)
        return timedelta.max if moment is None else moment - now

    def _next(self, now: datetime) -> Sequence[OwedFile]:
        return self._owed.next_batch(now=now, channel=self._channel, after=self._last)

    def _step(self, clock: Clock) -> bool:
        """Do one thing for whose turn it is; whether there may be more."""
        self._record_sent(clock())
        if self._ended.is_set() or self._outage.left(clock()):
            return False
        batch = self._next(clock())
        if not batch:
            return False
        self._last = batch[0].recipient
        tried = batch
        try:
            unsent = next((file for file in batch if file.ticket is None), None)
            tried = batch if unsent is None else [unsent]
            self._advance(batch, unsent, clock)
        except _Leaving:
            return False
        except Undeliverable as error:
            self._give_up(tried, clock(), str(error))
        except ChannelDown as error:
            self._wait_for_channel(batch, clock(), error)
            return False
        except DeliveryFailed as error:
            self._try_later(batch, tried, clock(), error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # one file's trouble: logged, and on to the next
            message = f"job {batch[0].job_id}: a file cannot be sent by {self._channel}"
            self._faults.met(("file", tried[0].id), error, message)
            failed = DeliveryFailed(f"an unexpected {type(error).__name__}; the log says more")
            self._try_later(batch, tried, clock(), failed)
        else:
            self._outage.end()
        return True

    def _advance(self, batch: Sequence[OwedFile], unsent: OwedFile | None, clock: Clock) -> None:
        """Find out what is shared, bring the content of the next file there, or show them all."""
        job = self._source.find(batch[0].job_id)
        if job is None:
            raise Undeliverable("the job is no longer there")
        if unsent is None:
            self._show(job, batch, clock)
        elif unsent.kind is FileKind.SHARED:
            self._owed.decide(unsent, self._source.shared(job), now=clock())
        else:
            self._bring(unsent)

    def _bring(self, file: OwedFile) -> None:
        try:
            with self._source.opened(file, self._go_on) as content:
                ticket = self._uploads.upload(content, title=title(file), go_on=self._go_on)
                is_whole = content.is_as_it_was()
        except NotToSend as error:
            raise Undeliverable(str(error)) from error
        if not is_whole:
            raise DeliveryFailed("it changed while it was read")
        self._owed.keep_ticket(file.id, ticket)
        self._unshown.add(file.id)

    def _show(self, job: Job, batch: Sequence[OwedFile], clock: Clock) -> None:
        """Show what is not shown yet; whether it is, is asked where this process does not know."""
        asked = {file.id: self._ticket(file) for file in batch}
        if all(file.id in self._unshown for file in batch):
            there: Sequence[OwedFile] = ()
        else:
            there = [file for file in batch if self._uploads.is_complete(asked[file.id].ticket)]
        self._unshown.difference_update(asked)
        if there:
            _log.info("job %d: %d files had been sent already", job.id, len(there))
            self._note_sent(there, clock)
            return  # what is left of the batch comes in the next step
        try:
            self._uploads.complete(batch[0].recipient, batch[0].thread, [*asked.values()], comment=comment(job, batch))
        except TicketUnknown:
            self._bring_anew(batch, clock)
            raise
        self._note_sent(batch, clock)

    def _bring_anew(self, batch: Sequence[OwedFile], clock: Clock) -> None:
        """Have the content brought anew of what Slack has lost; what was shown meanwhile is sent."""
        there = [file for file in batch if self._uploads.is_complete(file.ticket or "")]
        if there:
            self._note_sent(there, clock)
            return
        for file in batch:
            self._owed.keep_ticket(file.id, None)

    def _ticket(self, file: OwedFile) -> UploadedFile:
        return UploadedFile(ticket=file.ticket or "", title=title(file))

    def _note_sent(self, files: Sequence[OwedFile], clock: Clock) -> None:
        self._sent = [*self._sent, *files]
        self._record_sent(clock())
        for file in files:
            _log.info("job %d: “%s” sent by %s", file.job_id, visible(title(file)), self._channel)

    def _record_sent(self, now: datetime) -> None:
        """Make up for what the store could not write down (a full disk)."""
        if self._sent:
            self._owed.mark_delivered(self._sent, now=now)
            self._sent = ()

    def _go_on(self) -> None:
        self._beat()
        if self._ended.is_set():
            raise _Leaving

    def _wait_for_channel(self, batch: Sequence[OwedFile], now: datetime, error: ChannelDown) -> None:
        until = self._outage.begin(now, asked=error.retry_after)
        if self._outage.is_new():
            _log.warning("files by %s wait: %s", self._channel, visible(str(error)))
        self._put_off(batch, now, until, str(error))

    def _try_later(
        self, batch: Sequence[OwedFile], tried: Sequence[OwedFile], now: datetime, error: DeliveryFailed
    ) -> None:
        """Try all of the message again; the one at fault is left out in the end, so that it holds up no other."""
        if tried[0].attempts >= len(self._back_offs):
            self._give_up(tried, now, str(error))
            return
        delay = max(self._back_off(tried[0].attempts), error.retry_after or timedelta())
        self._put_off(batch, now, now + delay, str(error))

    def _back_off(self, failures: int) -> timedelta:
        return self._back_offs[min(failures, len(self._back_offs) - 1)]

    def _put_off(self, batch: Sequence[OwedFile], now: datetime, due_at: datetime, error: str) -> None:
        if now - batch[0].created_at >= self._give_up_after:
            self._give_up(batch, now, f"{error}; given up after {span(self._give_up_after)}")
            return
        self._owed.mark_retry(batch, due_at=due_at, error=visible(error))

    def _give_up(self, tried: Sequence[OwedFile], now: datetime, error: str) -> None:
        self._unshown.difference_update(file.id for file in tried)
        self._owed.mark_undeliverable(tried, now=now, error=visible(error))
        for file in tried:
            _log.warning("job %d: “%s” is not sent: %s", file.job_id, visible(title(file)), visible(error))
