"""How long the files of jobs are kept: longer, where somebody wants that, or no longer."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from runner.errors import ScriptRunnerError, StoreError
from runner.files import OWN, Inbox, Results, in_plain_words
from runner.jobs import Job, Requester, extension
from runner.messages.reports import Expiring
from runner.service.permissions import Permissions
from runner.store import ExpiryStore
from runner.system.clock import Clock
from runner.system.text import span

_log = logging.getLogger(__name__)
_NAMED = 10
"""So many jobs a reminder names, with buttons for each."""


class RetentionService:
    """What a front end may ask about keeping files; ``extendable`` is what may be added to a job's time in all.

    ``overuse`` says how a person's results take what they may, empty where they take less.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        permissions: Permissions,
        expiry: ExpiryStore,
        results: Results,
        inbox: Inbox,
        extendable: timedelta,
        overuse: Callable[[Requester], str],
        clock: Clock,
        wake: Callable[[], object],
    ) -> None:
        self._permissions = permissions
        self._expiry = expiry
        self._results = results
        self._inbox = inbox
        self._extendable = extendable
        self._overuse = overuse
        self._clock = clock
        self._wake = wake

    def extension(self, job: Job) -> timedelta:
        """How much longer a job's files may be kept by one act; nothing where there is no more."""
        return extension(job, most=self._extendable, now=self._clock())

    def expiring(self, job: Job) -> Expiring:
        """The jobs that the reminder about this one tells of."""
        found, count, size_bytes = self._expiry.told_with(job, at_most=_NAMED)
        jobs = tuple((each, self.extension(each)) for each in found)
        return Expiring(jobs=jobs, count=count, size_bytes=size_bytes)

    def keep(self, person: Requester, job_id: int, *, kept_longer: timedelta) -> tuple[Job, timedelta]:
        """Keep a job's files longer, and by how much; ``kept_longer`` is for how long they were when this was asked.

        Refused where the job is not there or not for this person, alike. ScriptRunnerError where that changed since, no
        more may be added, or the files are gone, on their way, or take more than their requester may have.
        """
        job = self._permissions.visible(person, job_id)
        more = self.extension(job)
        if job.kept_longer == kept_longer and more and (words := self._overuse(job.requester)):
            raise ScriptRunnerError(f"Job {job.id} is not kept longer: {words}.")
        is_current = job.kept_longer == kept_longer and more
        kept = self._expiry.keep(job, more, by=person.name, now=self._clock()) if is_current else None
        if kept is None:
            raise ScriptRunnerError(self._not_kept(self._permissions.visible(person, job_id), kept_longer))
        _log.info("files of job %d kept %s longer by %s", job.id, span(more), person.user_id)
        self._wake()
        return kept, more

    def delete(self, person: Requester, job_id: int) -> Job:
        """Delete what a job left on the disk, and what it alone used of its requester's inbox, before its time.

        The job itself is kept. Refused as ``keep``; ScriptRunnerError where it has not ended, the files are gone
        already, or the disk lets nothing be deleted: cleanup tries that again.
        """
        job = self._permissions.visible(person, job_id)
        if not job.state.is_final:
            raise ScriptRunnerError(f"Job {job.id} has not ended; its files can be deleted once it has.")
        try:
            found = self._expiry.begin_deletion(job.id, now=self._clock())
        except StoreError:  # a full disk takes no note of anything before there is room
            self._remove_results(job)
            found = self._expiry.begin_deletion(job.id, now=self._clock())
        if found is None:
            raise ScriptRunnerError(f"The files of job {job.id} are deleted already.")
        try:
            self._remove_results(job)
            with _told():
                self._remove_inputs(job)
        finally:
            self._wake()
        self._expiry.end_deletion(job.id, now=self._clock())
        _log.info("files of job %d deleted by %s", job.id, person.user_id)
        return found

    def _remove_results(self, job: Job) -> None:
        with _told():
            self._results.remove(str(job.id))

    def _remove_inputs(self, job: Job) -> None:
        """What others brought for all stays, and what another job may still be run again with."""
        own, in_use = self._expiry.inputs_of(job)
        for reference in own:
            if reference.startswith(OWN) and reference not in in_use:
                self._inbox.remove(job.requester, reference)

    def _not_kept(self, job: Job, kept_longer: timedelta) -> str:
        if job.deleted_at is not None:
            return f"The files of job {job.id} are deleted already."
        if not job.state.is_final:
            return f"Job {job.id} has not ended; its files are kept until then in any case."
        if job.kept_longer != kept_longer:
            return f"Job {job.id} is kept longer already, by {job.kept_by}: nothing was added."
        if self._extendable <= job.kept_longer:
            return f"Job {job.id} is kept as long as may be already (retention.longest_kept)."
        return f"The time of job {job.id} is over: its files are about to be deleted."


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScriptRunnerError(f"Not all files could be deleted: {in_plain_words(error)}.") from error
