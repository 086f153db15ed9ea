"""All that a front end may ask; the only place where permissions are checked, anew at each act."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from runner.errors import InvalidValues, Refused, ScriptRunnerError, StoreError, UnknownScript
from runner.jobs import (
    STATE_WORDS,
    UNFINISHED,
    AttemptRecord,
    Job,
    JobFilter,
    JobOptions,
    Requester,
    State,
    Trouble,
    Watcher,
    grantable,
)
from runner.messages.outlook import Outlook
from runner.messages.reports import Report, Reporter
from runner.scheduling import excess
from runner.scripts import Script, told_values
from runner.scripts.defaults import defaults
from runner.scripts.digests import PATIENCE, digest_within
from runner.scripts.parameters import Output
from runner.service.home import HomeService
from runner.service.inputs import InputService, references
from runner.service.logs import LogService
from runner.service.permissions import Permissions
from runner.service.preferences import PreferenceService
from runner.service.queue import QueueService, of_person
from runner.service.retention import RetentionService
from runner.service.script_menu import ScriptMenuService
from runner.service.scripts import ScriptService
from runner.service.sending import SendingService
from runner.service.watching import WatchingService, check_count
from runner.store import NewJob, Store
from runner.system.clock import Clock

_ANY = JobFilter()
_log = logging.getLogger(__name__)
PAGE_SIZE = 8
MOST_RUNS = 1000
"""So many of a script's latest jobs tell how it runs."""

MOST_COUNTED = 10_000
"""Of more jobs than that it is not told how many there are: counting takes time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first, and where they stand among all that are meant; those of others without their values.

    ``place`` is that of the first among ``job_count``, from 1; both are counted up to ``MOST_COUNTED``, and there are
    more than that where ``are_more``. ``obstacles`` are what keeps those from starting that wait, by number, where
    anything but others does.
    """

    jobs: tuple[Job, ...]
    job_count: int
    place: int = 1
    has_newer: bool = False
    has_older: bool = False
    are_more: bool = False
    obstacles: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptHistory:
    """The latest jobs of a script that have ended, newest first; where ``are_more``, there are older ones."""

    script: Script
    runs: tuple[Job, ...]
    are_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A job's report, what is to be expected of it, messages not delivered, and what the reader may do.

    ``attempts`` are all that have begun. ``may_rearrange`` is about holding, releasing and moving it,
    ``may_move_before_all`` about all jobs, ``grantable`` is the time that may still be added to its limit,
    ``extension`` by how much its files may be kept longer by one act, ``may_have_results`` says that its results are
    sent to the reader who asks, ``max_results_bytes`` what they may take
    of the disk.
    """

    report: Report
    outlook: Outlook
    troubles: tuple[Trouble, ...]
    may_cancel: bool
    attempts: tuple[AttemptRecord, ...] = ()
    may_rearrange: bool = False
    may_move_before_all: bool = False
    grantable: timedelta = timedelta()
    extension: timedelta = timedelta()
    may_have_results: bool = False
    max_results_bytes: int = 0


class ScriptRunner:
    """The service; what concerns ``scripts``, their ``menus``, ``inputs``, the ``queue`` and so on is apart.

    ``keep`` is how long a job is kept once it has ended; ``wake`` tells the runner that there is something to do.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        scripts: ScriptService,
        menus: ScriptMenuService,
        home: HomeService,
        inputs: InputService,
        queue: QueueService,
        logs: LogService,
        retention: RetentionService,
        watching: WatchingService,
        preferences: PreferenceService,
        sending: SendingService,
        permissions: Permissions,
        store: Store,
        reporter: Reporter,
        keep: timedelta,
        clock: Clock,
        wake: Callable[[], object],
    ) -> None:
        self.scripts = scripts
        self.menus = menus
        self.home = home
        self.inputs = inputs
        self.queue = queue
        self.logs = logs
        self.retention = retention
        self.watching = watching
        self.preferences = preferences
        self.sending = sending
        self._permissions = permissions
        self._store = store
        self._reporter = reporter
        self.keep = keep
        self._clock = clock
        self._wake = wake

    def checked(
        self,
        person: Requester,
        script: Script,
        raw: Mapping[str, str | None],
        *,
        arriving: Mapping[str, int] | None = None,
    ) -> dict[str, str]:
        """The values as they would be submitted; InvalidValues with every problem, keyed by parameter.

        Files that are still ``arriving`` are not looked for; their sizes in bytes are given by reference.
        """
        values, problems = self.scripts.examined(person, script, raw)
        problems = self.inputs.problems(person, script, values, arriving or {}) | problems
        if problems:
            raise InvalidValues(problems)
        return values

    def submit(  # noqa: PLR0913  # all that a form has
        self,
        person: Requester,
        script: Script,
        raw: Mapping[str, str | None],
        *,
        submission: str,
        preset: str = "",
        watchers: Sequence[Watcher] = (),
    ) -> Job:
        """Queue a job of a script that was just found; the same submission by the same person is the same job.

        It is shared with these ``watchers``. The values are kept as the last ones used and, where one is named, as a
        ``preset``. Raises InvalidValues with every problem, keyed by parameter, UnknownScript, QueueFull where as many
        jobs wait as may, and ScriptRunnerError where the job could never run here, the preset cannot be kept or the
        watchers are too many.
        """
        check_count(watchers)
        options = self._options(script)
        if refusal := self.queue.results_refusal(person):
            if (before := self._store.jobs.submitted(of_person(person, submission))) is not None:
                return before
            raise ScriptRunnerError(refusal)
        values = self.checked(person, script, raw)
        digest, now = self.scripts.digest(script), self._clock()
        new = NewJob(
            submission=of_person(person, submission),
            script=script.name,
            title=script.title,
            values=values,
            inputs=references(script, values),
            requester=person,
            told=told_values(script, values, usual=defaults(script, person, now)),
            outputs=_outputs(script, values),
            watchers=watchers,
            script_digest=digest_within(PATIENCE, digest),
            options=options,
        )
        job = self._store.jobs.submit(new, preset=preset, waiting_limits=self.queue.waiting_limits, now=now)
        if job.script_digest is None:
            digest.add_done_callback(partial(self._keep_digest, job.id))
        _log.info("job %d queued by %s", job.id, person.user_id)
        self._wake()
        return job

    def run_again(self, person: Requester, job_id: int, *, submission: str) -> Job:
        """Queue a job with the values of an earlier one, for the person who asks and with their permissions."""
        script, values = self.script_and_values(person, job_id)
        return self.submit(person, script, values, submission=submission)

    def script_and_values(self, person: Requester, job_id: int) -> tuple[Script, Mapping[str, str]]:
        """The script and values of an earlier job, to be run again; Refused as in ``details``, or UnknownScript."""
        job = self._permissions.visible(person, job_id)
        return self.scripts.find(person, job.script, exactly=True), job.values

    def jobs(  # noqa: PLR0913  # whose, which, where and how many
        self,
        person: Requester,
        *,
        mine: bool,
        which: JobFilter = _ANY,
        before: int | None = None,
        after: int | None = None,
        size: int = PAGE_SIZE,
    ) -> JobPage:
        """A page of so many of these jobs: the newest, those before that number, or the next ones after it.

        Where there are none before it, or not so many after it, these are the newest too.

        Who may not see which jobs others have sees their own; Refused where they ask for somebody else's.
        """
        which = replace(which, user_id=self._whose(person, which.user_id, mine=mine))
        lists = self._store.jobs
        found = lists.page(which, limit=size + 1, before=before, after=after)
        is_upward = before is None and after is not None
        listed = found[-size:] if is_upward else found[:size]
        if (is_upward and len(listed) < size) or (before is not None and not listed):
            return self.jobs(person, mine=mine, which=which, size=size)
        newer = lists.number_of(which, at_most=MOST_COUNTED + 1, after=listed[0].id) if listed else 0
        count = newer + len(listed)
        if len(found) > size or is_upward:
            count = lists.number_of(which, at_most=MOST_COUNTED + 1)
        shown = tuple(self._permissions.shown(person, job) for job in listed)
        return JobPage(
            jobs=shown,
            job_count=min(count, MOST_COUNTED),
            place=min(newer, MOST_COUNTED) + 1,
            has_newer=newer > 0,
            has_older=bool(listed) and lists.number_of(which, at_most=1, before=listed[-1].id) > 0,
            are_more=count > MOST_COUNTED,
            obstacles=self.queue.obstacles(shown, are_own=mine),
        )

    def history(self, person: Requester, script: Script) -> ScriptHistory:
        """How the latest jobs of a script ran that have ended, as far as this person may know: theirs, or all."""
        which = JobFilter(
            user_id=self._whose(person, None, mine=False), script=script.name, states=frozenset(State) - UNFINISHED
        )
        found = self._store.jobs.page(which, limit=MOST_RUNS + 1)
        runs = tuple(self._permissions.shown(person, job) for job in found[:MOST_RUNS])
        return ScriptHistory(script=script, runs=runs, are_more=len(found) > MOST_RUNS)

    def _whose(self, person: Requester, user_id: str | None, *, mine: bool) -> str | None:
        if mine or user_id == person.user_id:
            return person.user_id
        if self._permissions.may_list_all(person):
            return user_id
        if user_id is not None:
            raise Refused("You may see your own jobs only.")
        return person.user_id

    def details(self, person: Requester, job_id: int) -> Details:
        """Everything about one job; Refused where it is not there or not for this person, alike."""
        job = self._permissions.visible(person, job_id)
        report = self._reporter.report(job)
        if job.requester.user_id != person.user_id and report.retrieval is not None:
            report = replace(report, retrieval=replace(report.retrieval, password=None))
        is_waiting = job.state is State.QUEUED
        return Details(
            report=report,
            outlook=self.queue.outlook(job),
            troubles=tuple(self._store.outbox.troubles(job_id=job.id)),
            may_cancel=not job.state.is_final,
            attempts=tuple(self._store.jobs.attempts(job.id)),
            may_rearrange=is_waiting,
            may_move_before_all=is_waiting and self._permissions.is_admin(person),
            grantable=grantable(job),
            extension=self.retention.extension(job),
            may_have_results=job.requester.user_id == person.user_id and report.result_count > 0,
            max_results_bytes=self.queue.disk.max_results,
        )

    def cancel(self, person: Requester, job_id: int) -> Job:
        """Cancel a queued job, or have a running one stopped; ScriptRunnerError where it has ended already.

        The job returned is running still where it has to be stopped first. Refused as in ``details``, ScriptRunnerError
        where it has ended.
        """
        job = self._permissions.visible(person, job_id)
        now = self._clock()
        what = "its next attempt" if job.attempt else "it started"
        reason = f"Cancelled by {person.name} before {what}."
        cancelled = self._store.jobs.cancel_queued(
            job.id, by=person.name, reason=reason, now=now, expires_at=now + self.keep
        ) or self._store.jobs.request_cancel(job.id, by=person.name, now=now)
        if cancelled is None:
            ended = self._permissions.visible(person, job_id)
            became = f"{'was ' if ended.state in (State.CANCELLED, State.LOST) else ''}{STATE_WORDS[ended.state]}"
            raise ScriptRunnerError(f"Job {job.id} has ended already: it {became}. There is nothing to cancel.")
        _log.info("job %d cancelled by %s", job.id, person.user_id)
        self._wake()
        return cancelled

    def _options(self, script: Script) -> JobOptions:
        """What holds for a job of the script; ScriptRunnerError where it could never run here."""
        options = script.job_options(time_limit=self.queue.time_limit)
        if words := excess(self.queue.limits, cpus=options.cpus, memory_bytes=options.memory_bytes):
            raise ScriptRunnerError(f"The script {words}: it cannot run here.")
        return options

    def _keep_digest(self, job_id: int, digest: Future[str]) -> None:
        """Keep what was not known yet when the job was queued; without it nobody tells that its script was changed."""
        with suppress(UnknownScript, StoreError):
            self._store.jobs.keep_digest(job_id, digest.result())


def _outputs(script: Script, values: Mapping[str, str]) -> list[str]:
    """The names among the values of what the script is to write."""
    declared = [each for each in script.parameters if isinstance(each, Output) and each.name in values]
    return [name for each in declared for name in each.items(values[each.name])]
