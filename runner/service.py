"""All that a front end may ask; the only place where permissions are checked, anew at each act."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from runner.catalogue import BrokenScript, Catalogue
from runner.clock import Clock
from runner.errors import InvalidValues, Refused, ScriptRunnerError
from runner.inbox import Inbox, InboxFile
from runner.jobs import Job, Requester, State
from runner.messages import Trouble
from runner.parameters import Input
from runner.reports import Report, Reporter
from runner.scripts import Script
from runner.settings import Settings
from runner.store import NewJob, Store

_log = logging.getLogger(__name__)
PAGE_SIZE = 8


class AccessSettings(Settings):
    """Who may do more than everybody: administrators see and cancel all jobs."""

    admins: tuple[str, ...] = ()
    list_all_jobs: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A job that waits, and its place in the queue, from 1; 0 where it has started already."""

    job: Job
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first, and where they stand among all; those of others without their values."""

    jobs: tuple[Job, ...]
    number: int
    page_count: int
    job_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A job's report, its place in the queue, messages that could not be delivered, and what the reader may do."""

    report: Report
    place: int
    troubles: tuple[Trouble, ...]
    may_cancel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How a person brings input files: a command and, for the built-in server, a password and its end."""

    command: str
    password: str | None = field(default=None, repr=False)
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRunner:
    """The service. ``wake`` tells the runner that there is something to do."""

    access: AccessSettings
    store: Store
    catalogue: Catalogue
    inbox: Inbox
    reporter: Reporter
    upload_login: Callable[[Requester], Upload]
    retention: timedelta
    clock: Clock
    wake: Callable[[], object]

    def scripts(self, words: str = "") -> tuple[Script, ...]:
        """The scripts that can be run: all, or those in which all words occur."""
        return self.catalogue.search(words) if words.strip() else self.catalogue.scripts()

    def script(self, name: str) -> Script:
        """The script that a person means by a name, or by a part of it; UnknownScript with the nearest names."""
        return self.catalogue.script(name)

    def broken_scripts(self) -> Sequence[BrokenScript]:
        """Those that cannot be run, with what is wrong."""
        return self.catalogue.broken()

    def inputs(self, person: Requester) -> list[InboxFile]:
        """The files this person can choose as inputs, newest first."""
        return self.inbox.files(person)

    def upload(self, person: Requester) -> Upload:
        """How this person brings files into the inbox."""
        self.inbox.own_folder(person)
        return self.upload_login(person)

    def submit(self, person: Requester, name: str, raw: Mapping[str, str | None], *, submission: str) -> Submitted:
        """Queue a job for the script of exactly that name; the same submission by the same person is the same job.

        Raises UnknownScript, or InvalidValues with every problem, keyed by parameter.
        """
        script = self.catalogue.script(name, exactly=True)
        values = script.parse(raw)
        references = self._checked_inputs(person, script, values)
        job = self.store.jobs.submit(
            NewJob(
                submission=f"{person.user_id}:{submission}",
                script=script.name,
                title=script.title,
                values=values,
                inputs=references,
                requester=person,
            ),
            now=self.clock(),
        )
        _log.info("job %d queued by %s", job.id, person.user_id)
        self.wake()
        return Submitted(job=job, place=self.store.jobs.place(job))

    def run_again(self, person: Requester, job_id: int, *, submission: str) -> Submitted:
        """Queue a job with the values of an earlier one, for the person who asks and with their rights."""
        job = self._visible(person, job_id)
        return self.submit(person, job.script, job.values, submission=submission)

    def queue_length(self) -> int:
        """How many jobs wait."""
        return self.store.jobs.count(states=[State.QUEUED])

    def jobs(self, person: Requester, *, mine: bool, number: int = 1) -> JobPage:
        """A page of jobs; numbers out of range give the nearest page."""
        user_id = person.user_id if mine or not self._may_list_all(person) else None
        count = self.store.jobs.count(user_id=user_id)
        page_count = max(1, -(-count // PAGE_SIZE))
        number = min(max(1, number), page_count)
        found = self.store.jobs.page(user_id=user_id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        shown = tuple(job if self._may_see(person, job) else replace(job, values={}, reason=None) for job in found)
        return JobPage(jobs=shown, number=number, page_count=page_count, job_count=count)

    def details(self, person: Requester, job_id: int) -> Details:
        """Everything about one job; Refused where it is not there or not for this person, alike."""
        job = self._visible(person, job_id)
        report = self.reporter.report(job)
        if job.requester.user_id != person.user_id and report.retrieval is not None:
            report = replace(report, retrieval=replace(report.retrieval, password=None))
        return Details(
            report=report,
            place=self.store.jobs.place(job),
            troubles=tuple(self.store.notifications.troubles(job_id=job.id)),
            may_cancel=not job.state.is_final,
        )

    def cancel(self, person: Requester, job_id: int) -> Job:
        """Cancel a queued job, or have a running one stopped; a finished one stays as it is.

        The job returned is running still where it has to be stopped first. Refused as in ``details``.
        """
        job = self._visible(person, job_id)
        now = self.clock()
        reason = f"Cancelled by {person.name} before it started."
        cancelled = self.store.jobs.cancel_queued(
            job.id, by=person.name, reason=reason, now=now, expires_at=now + self.retention
        ) or self.store.jobs.request_cancel(job.id, by=person.name, now=now)
        if cancelled is None:
            raise ScriptRunnerError(f"Job {job.id} has ended already; there is nothing to cancel.")
        _log.info("job %d cancelled by %s", job.id, person.user_id)
        self.wake()
        return cancelled

    def _checked_inputs(self, person: Requester, script: Script, values: Mapping[str, str]) -> list[str]:
        inputs = [parameter.name for parameter in script.parameters if isinstance(parameter, Input)]
        given = {name: values[name] for name in inputs if name in values}
        problems = {}
        for name, reference in given.items():
            try:
                self.inbox.path(person, reference)
            except ScriptRunnerError as error:
                problems[name] = str(error)
        if problems:
            raise InvalidValues(problems)
        return list(given.values())

    def _visible(self, person: Requester, job_id: int) -> Job:
        job = self.store.jobs.get(job_id)
        if job is None or not self._may_see(person, job):
            raise Refused(f"There is no job {job_id} that you may see.")
        return job

    def _may_see(self, person: Requester, job: Job) -> bool:
        return job.requester.user_id == person.user_id or self._is_admin(person)

    def _may_list_all(self, person: Requester) -> bool:
        return self.access.list_all_jobs or self._is_admin(person)

    def _is_admin(self, person: Requester) -> bool:
        return person.email.casefold() in {email.casefold() for email in self.access.admins}
