"""What there is to tell about a job besides its row: results, the log's last lines and how to fetch them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from runner.files import (
    MOST_CONSIDERED,
    NO_CHECKSUMS,
    NOTHING_SHARED,
    Checksums,
    File,
    LeftOut,
    Results,
    ResultTable,
    Sharing,
    SharingSettings,
    by_name,
    is_report,
    is_table,
    known_checksums,
    read_table,
    result_text,
    share,
    sharing_order,
)
from runner.jobs import (
    SHARED_AFTER,
    STDOUT,
    AttemptRecord,
    Event,
    Job,
    Notification,
    Retrieval,
    State,
    UnsentFile,
    Usage,
)
from runner.messages import expectations
from runner.messages.outlook import Outlook
from runner.messages.reader import Reader
from runner.system.clock import Clock, time_zone
from runner.system.text import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Jobs whose files go soon: the first of ``count``, each with how much longer it may be kept by one act.

    All of them take ``size_bytes``, as far as that is known.
    """

    jobs: tuple[tuple[Job, timedelta], ...] = ()
    count: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A job with all that its requester may be told about it.

    ``results`` are the first files of the outbox by name, ``result_count`` says how many there are, or that there are
    more than that where ``are_more``; ``left_out`` are the first of ``left_out_count`` others that cannot be fetched;
    ``log_tail`` is the end of the log; ``retrieval`` is None where there is nothing to fetch: no results, and no log of
    a job that came to grief. ``is_kept`` says whether its folder is there. ``missing`` are, once it has ended,
    the names of what it was to write and did not; ``checksums`` are those of the first results, once they are known;
    ``expected`` finds out, with labels, what is to be expected of a job that waits or runs. ``expiring`` are, in a
    reminder that files are to be deleted, the jobs that it is about. ``untold`` are those who were to hear of its
    end and could not be told, with the reasons. ``sharing`` are the results that are sent, and why others are not;
    ``unsent`` are files that could not be sent. ``shown`` is the text of the output that the script wants shown,
    ``table`` the first of the results sent that is a small one.
    """

    job: Job
    results: tuple[File, ...] = ()
    result_count: int = 0
    are_more: bool = False
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    log_tail: str = ""
    retrieval: Retrieval | None = None
    is_kept: bool = False
    missing: tuple[str, ...] = ()
    checksums: Checksums = NO_CHECKSUMS
    expiring: Expiring = Expiring()
    untold: tuple[tuple[str, str], ...] = ()
    sharing: Sharing = NOTHING_SHARED
    unsent: tuple[UnsentFile, ...] = ()
    shown: str = ""
    table: ResultTable | None = None
    expected: Callable[[], Sequence[tuple[str, Told]]] = field(default=tuple, compare=False)


def as_of(job: Job, attempt: AttemptRecord) -> Job:
    """The job as it was when that attempt had failed; ``not_before`` is when the next might start at the soonest."""
    delay = timedelta() if job.retries is None else job.retries.delay
    usage = attempt.usage or Usage()
    return replace(
        job,
        state=attempt.state,
        attempt=attempt.number,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        reason=attempt.reason,
        exit_code=attempt.exit_code,
        not_before=attempt.finished_at and attempt.finished_at + delay,
        expires_at=None,
        peak_memory_bytes=usage.peak_memory_bytes,
        cpu_time=usage.cpu_time,
    )


class JobHistory(Protocol):
    """Where jobs and their attempts are kept."""

    def get(self, job_id: int, /) -> Job | None:
        """The job; None where there is none of that number."""

    def attempts(self, job_id: int, /) -> Sequence[AttemptRecord]:
        """The attempts at it that have begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Gathers what there is to tell of a job; ``retrieve`` says how to fetch its results.

    ``foresee`` gives what is to be expected of a job, ``expiring`` those that the reminder about one tells of,
    ``for_watchers`` what others than its requester see of an end, ``unreached`` which of these could not be told, with
    the reasons, ``unsent`` the files that were to be sent and were not.
    """

    jobs: JobHistory
    results: Results
    retrieve: Callable[[Job], Retrieval]
    foresee: Callable[[Job], Outlook]
    expiring: Callable[[Job], Expiring]
    for_watchers: Callable[[Report], Report]
    unreached: Callable[[int], Sequence[tuple[str, str]]]
    clock: Clock
    sharing: SharingSettings
    unsent: Callable[[int], Sequence[UnsentFile]]

    def message_report(self, notification: Notification) -> Report | None:
        """What a message is about: the job as it was when the message was owed; None where the job is gone."""
        job = self.jobs.get(notification.job_id)
        if job is None:
            return None
        match notification.event:
            case Event.QUEUED | Event.STARTED | Event.WARNED | Event.SHORTAGE:
                return Report(job=job, log_tail=self._live_log(job), expected=partial(self._expected, job))
            case Event.RETRIED:
                return self.report(self._as_of_failure(job, notification.created_at))
            case Event.ENDED:
                return self._with_previews(self.report(job))
            case Event.UNSENT:
                return self._report_of_unsent(job, notification.recipient)
            case Event.EXPIRING:
                return replace(self.report(job), expiring=self.expiring(job))
            case Event.WATCHED:
                return replace(self.for_watchers(self.report(job)), sharing=NOTHING_SHARED)
            case Event.UNTOLD:
                return Report(job=job, untold=tuple(self.unreached(job.id)))

    def report(self, job: Job) -> Report:
        """The report as things are now."""
        tail = self.results.log_tail(job.id, without=is_report)  # what scripts say of themselves is shown by itself
        if not self.results.exists(job.id):
            return Report(job=job, log_tail=tail)
        is_shared = job.state in SHARED_AFTER and job.share != ()
        order = sharing_order(job.share, job.outputs, self.sharing) if is_shared else by_name
        written = self.results.files(job.id, at_most=MOST_CONSIDERED, order=order)
        return Report(
            job=job,
            results=tuple(sorted(written.files, key=by_name)),
            result_count=written.count,
            are_more=written.are_more,
            left_out=tuple(written.left_out),
            left_out_count=written.left_out_count,
            log_tail=tail,
            retrieval=self.retrieve(job) if written.count or (tail and job.state is not State.SUCCEEDED) else None,
            is_kept=True,
            missing=tuple(self.results.missing(job.id, job.outputs)) if job.state.is_final else (),
            sharing=share(written.files, job.share, self.sharing) if is_shared else NOTHING_SHARED,
            checksums=known_checksums(self.results, job.id, at_most=MOST_CONSIDERED),
        )

    def _with_previews(self, report: Report) -> Report:
        """With what the message of the end shows of the results themselves."""
        job = report.job
        if job.show is None:
            shown = ""
        else:
            shown = report.log_tail if job.show == STDOUT else result_text(self.results, job.id, job.show)
        return replace(report, shown=shown, table=self._table(report))

    def _table(self, report: Report) -> ResultTable | None:
        """The first table that is small enough, unless it is shown as text."""
        for file in report.sharing.sent:
            if is_table(file) and file.name != report.job.show:
                text = result_text(self.results, report.job.id, file.name)
                if found := read_table(file.name, text, max_rows=self.sharing.max_table_rows):
                    return found
        return None

    def _report_of_unsent(self, job: Job, recipient: str) -> Report:
        """What could not be sent; the password is the requester's own."""
        report = replace(self.report(job), unsent=tuple(self.unsent(job.id)))
        if recipient == job.requester.user_id or report.retrieval is None:
            return report
        return replace(report, retrieval=replace(report.retrieval, password=None))

    def _live_log(self, job: Job) -> str:
        """The last lines of the log where the script wants them shown while it runs."""
        is_shown = job.live_log and job.state is State.RUNNING
        return self.results.log_tail(job.id, without=is_report) if is_shown else ""

    def _expected(self, job: Job) -> Sequence[tuple[str, Told]]:
        if job.state.is_final:
            return ()
        reader = Reader(now=self.clock(), zone=time_zone(job.requester.time_zone))
        return tuple(expectations.facts(job, self.foresee(job), reader))

    def _as_of_failure(self, job: Job, failed_at: datetime) -> Job:
        """The last attempt that had ended then: that it had may have been recorded long after."""
        ended = [each for each in self.jobs.attempts(job.id) if each.finished_at and each.finished_at <= failed_at]
        return as_of(job, ended[-1]) if ended else job
