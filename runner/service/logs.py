"""What people read of the logs of jobs: a page at a time, and words looked for in them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from runner.errors import ScriptRunnerError
from runner.files import MOST_LOG_BYTES, LogFile, LogPage, LogPages, Results, is_report, search_log
from runner.jobs import Job, Requester, Retrieval
from runner.service.permissions import Permissions
from runner.system.clock import Monotonic
from runner.system.text import size

LONGEST_WORD = 100
_SEARCHING = timedelta(seconds=2)
_THE_END = 2**63 - 1  # of a log of any size


class LogTurn(StrEnum):
    """Which page of a log is asked for; but for the last, from an offset in bytes on or before it."""

    LAST = "last"
    BEFORE = "before"
    FROM = "from"
    EARLIER = "earlier"
    """The nearest before the offset that holds the word."""
    LATER = "later"
    """The nearest from the offset on that holds the word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Which page of a log is asked for, with the ``word`` that is looked for.

    Where a turn finds no word, it is the page ``shown_from`` that offset, or else the last.
    """

    turn: LogTurn = LogTurn.LAST
    offset: int = 0
    word: str = ""
    shown_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """What became of looking for a word: found on the page that is shown, or not.

    Where it is not ``is_over``, so much was searched for now; it goes on at the offset ``reached``.
    """

    turn: LogTurn
    is_found: bool
    is_over: bool
    reached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """A page of a job's log; ``word`` is what is looked for, ``search`` what this look for it came to."""

    job: Job
    page: LogPage
    word: str = ""
    search: LogSearch | None = None


class TooLargeToSend(ScriptRunnerError):
    """A log is larger than what is sent; once its job has ended ``retrieval`` says how to fetch it."""

    def __init__(self, message: str, retrieval: Retrieval | None) -> None:
        super().__init__(message)
        self.retrieval = retrieval


class LogService:
    """The logs of jobs, for those who may see all of the job.

    ``retrieve`` says how to fetch a job's results, with its log. ``searching`` is how long one look for a word may
    take, by ``monotonic``; memory is the same for logs of any size.
    """

    def __init__(
        self,
        *,
        permissions: Permissions,
        results: Results,
        retrieve: Callable[[Job], Retrieval],
        monotonic: Monotonic = time.monotonic,
        searching: timedelta = _SEARCHING,
    ) -> None:
        self._permissions = permissions
        self._results = results
        self._retrieve = retrieve
        self._monotonic = monotonic
        self._searching = searching

    def page(self, person: Requester, job_id: int, place: LogPlace) -> JobLog:
        """A page of a job's log.

        Refused where the job is not there or not for this person, ScriptRunnerError where it has no log.
        """
        job = self._permissions.visible(person, job_id)
        word = place.word.strip()[:LONGEST_WORD]
        with self._opened(job) as handle:
            log = LogFile(handle)
            pages = LogPages(log, word=word, hidden=is_report)
            match place.turn:
                case LogTurn.LAST:
                    return JobLog(job=job, page=pages.last(), word=word)
                case LogTurn.BEFORE:
                    return JobLog(job=job, page=pages.before(place.offset), word=word)
                case LogTurn.FROM:
                    return JobLog(job=job, page=pages.following(place.offset), word=word)
                case LogTurn.EARLIER | LogTurn.LATER:
                    page, search = self._found(log, pages, place, word)
                    page = page or (pages.last() if place.shown_from is None else pages.following(place.shown_from))
                    return JobLog(job=job, page=page, word=word, search=search)

    def find(self, person: Requester, job_id: int, word: str, *, shown_from: int | None = None) -> JobLog:
        """The last page of a job's log that holds the word; raises as ``page`` does."""
        place = LogPlace(turn=LogTurn.EARLIER, offset=_THE_END, word=word, shown_from=shown_from)
        return self.page(person, job_id, place)

    def check_sendable(self, person: Requester, job_id: int) -> tuple[Job, int]:
        """The job whose log can be sent to the person as it is now, and how many bytes that has.

        Raises as ``page`` does, ScriptRunnerError where nothing stands in it, TooLargeToSend.
        """
        job = self._permissions.visible(person, job_id)
        with self._opened(job) as handle:
            size_bytes = os.fstat(handle).st_size
        if not size_bytes:
            raise ScriptRunnerError(f"Job {job.id} has written nothing{'' if job.state.is_final else ' so far'}.")
        if size_bytes > MOST_LOG_BYTES:
            raise self._too_large(person, job, size_bytes)
        return job, size_bytes

    def _too_large(self, person: Requester, job: Job, size_bytes: int) -> TooLargeToSend:
        words = f"The log of job {job.id} takes {size(size_bytes)}; up to {size(MOST_LOG_BYTES)} are sent to Slack."
        if not job.state.is_final:
            return TooLargeToSend(f"{words} It can be fetched with the results once the job has ended.", None)
        retrieval = self._retrieve(job)
        if job.requester.user_id != person.user_id:
            retrieval = replace(retrieval, password=None)
        return TooLargeToSend(f"{words} Fetch it with the results.", retrieval)

    def _found(self, log: LogFile, pages: LogPages, place: LogPlace, word: str) -> tuple[LogPage | None, LogSearch]:
        if not word:
            raise ScriptRunnerError("Type what is to be found in the log.")
        is_backward = place.turn is LogTurn.EARLIER
        late_at = self._monotonic() + self._searching.total_seconds()
        found = search_log(
            log, pages, word, origin=place.offset, is_backward=is_backward, is_late=lambda: self._monotonic() >= late_at
        )
        search = partial(LogSearch, turn=place.turn, is_over=found.is_over, reached=found.reached)
        if found.piece is None:
            return None, search(is_found=False)
        return pages.around(found.piece, is_backward=is_backward), search(is_found=True)

    @contextmanager
    def _opened(self, job: Job) -> Iterator[int]:
        """A handle of the job's log; ScriptRunnerError with the reason where it has none."""
        try:
            handle = self._results.open_log(job.id)
        except OSError as error:
            raise ScriptRunnerError(_no_log(job)) from error
        try:
            yield handle
        finally:
            os.close(handle)


def _no_log(job: Job) -> str:
    if not job.attempt:
        when = "never started" if job.state.is_final else "has not started yet"
        return f"Job {job.id} {when}: it has no log."
    if job.state.is_final:
        return f"The log of job {job.id} is not there any more: its files were deleted."
    return f"Job {job.id} has written no log so far."
