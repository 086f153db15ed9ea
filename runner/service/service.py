"""All that a front end may ask; the only place where permissions are checked, anew at each act."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from runner.errors import InvalidValue, InvalidValues, ScriptRunnerError
from runner.files import OWN, Arrival, Inbox, InboxFile, file_name
from runner.jobs import AttemptRecord, Job, Pause, Preset, Requester, State, Trouble, grantable
from runner.messages.reports import Report, Reporter
from runner.retrieval import UploadInstructions
from runner.scheduling import Forecast, excess
from runner.scripts import BrokenScript, Catalogue, ChoiceLists, ListedChoice, Script
from runner.scripts.parameters import Choice, Input, Suggesting
from runner.service.permissions import Permissions
from runner.service.queue import QueueService
from runner.store import NewJob, Store
from runner.system.clock import Clock
from runner.system.text import quoted, size

_log = logging.getLogger(__name__)
PAGE_SIZE = 8
MOST_LISTED = 10_000
"""Older jobs are not listed, for counting and passing by all of them takes time; each is found by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A job that waits, and its place in the queue, from 1; 0 where it has started already.

    ``paused`` says why no job starts, if none does.
    """

    job: Job
    place: int
    paused: Pause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first, and where they stand among all; those of others without their values.

    Where ``are_more``, there are older ones than can be listed.
    """

    jobs: tuple[Job, ...]
    number: int
    page_count: int
    job_count: int
    are_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A job's report, its place in the queue, messages that could not be delivered, and what the reader may do.

    ``attempts`` are all that have begun, ``forecast`` is None where nothing can be foreseen, ``paused`` says why it
    does not start. ``may_rearrange`` is about holding, releasing and moving it, ``may_move_before_all`` about all jobs,
    ``grantable`` is the time that may still be added to its limit.
    """

    report: Report
    place: int
    troubles: tuple[Trouble, ...]
    may_cancel: bool
    attempts: tuple[AttemptRecord, ...] = ()
    forecast: Forecast | None = None
    paused: Pause | None = None
    may_rearrange: bool = False
    may_move_before_all: bool = False
    grantable: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How long a script's jobs ran lately: the middle half of ``run_count`` successful runs."""

    shortest: timedelta
    longest: timedelta
    run_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRunner:
    """The service. ``wake`` tells the runner that there is something to do.

    ``time_limit`` is how long a job may run whose script does not say.
    """

    permissions: Permissions
    queue: QueueService
    store: Store
    catalogue: Catalogue
    choice_lists: ChoiceLists
    inbox: Inbox
    reporter: Reporter
    upload_login: Callable[[Requester], UploadInstructions]
    max_upload_bytes: int
    retention: timedelta
    time_limit: timedelta
    clock: Clock
    wake: Callable[[], object]

    def scripts(self, words: str = "") -> tuple[Script, ...]:
        """The scripts that are listed: all that can be run, or those in which all words occur; hidden ones are not."""
        found = self.catalogue.search(words) if words.strip() else self.catalogue.scripts()
        return tuple(script for script in found if not script.hidden)

    def script(self, name: str, *, exactly: bool = False) -> Script:
        """The script that a person means by a name, or by a part of it; UnknownScript with the nearest names."""
        return self.catalogue.script(name, exactly=exactly)

    def choices(
        self, script: Script, parameter: Choice | Suggesting, raw: Mapping[str, str | None]
    ) -> Sequence[ListedChoice]:
        """All that can be chosen for a parameter beside the other values; ChoicesUnavailable where that fails."""
        return self.choice_lists.listed(script, parameter, raw)

    def presets(self, person: Requester, script: Script) -> Sequence[Preset]:
        """What this person's form of the script can be filled in with: the last values first."""
        return self.store.presets.of(person.user_id, script.name)

    def save_preset(self, person: Requester, script: Script, name: str, values: Mapping[str, str]) -> None:
        """Keep checked values under a name; ScriptRunnerError where the name is no good or there are too many."""
        self.store.presets.save(person.user_id, script.name, name, values, now=self.clock())

    def forget_preset(self, person: Requester, script: Script, name: str) -> None:
        """Forget values kept under a name; one that is gone already is no mistake."""
        self.store.presets.remove(person.user_id, script.name, name)

    def expected(self, script: Script) -> Expected | None:
        """How long a job of the script is going to run, as its past runs say; None where there are none."""
        runtimes = sorted(self.store.jobs.runtimes(script.name))
        if not runtimes:
            return None
        middle = runtimes[len(runtimes) // 4 : -(len(runtimes) // 4) or None]
        return Expected(shortest=middle[0], longest=middle[-1], run_count=len(runtimes))

    def foreseen(self, person: Requester, script: Script) -> Forecast | None:
        """What is to be expected of a job that this person would ask for now; None where nothing can be."""
        return self.queue.foresee(person, script, time_limit=script.timeout or self.time_limit)

    def broken_scripts(self) -> Sequence[BrokenScript]:
        """Those that cannot be run, with what is wrong."""
        return self.catalogue.broken()

    def inputs(self, person: Requester) -> list[InboxFile]:
        """The files this person can choose as inputs, newest first."""
        return self.inbox.files(person)

    def upload(self, person: Requester) -> UploadInstructions:
        """How this person brings files into the inbox."""
        self.inbox.own_folder(person)
        return self.upload_login(person)

    def bring(self, person: Requester, name: str, size_bytes: int) -> Arrival:
        """Begin to bring a file of so many bytes into this person's inbox; InvalidValue where it is too large."""
        _check_size(name, size_bytes, at_most=self.max_upload_bytes)
        return self.inbox.bring(person, name, size_bytes)

    def expected_reference(self, name: str) -> str:
        """How a file that is going to be brought is referred to, as long as its name is free."""
        return OWN + file_name(name)

    def submit(self, person: Requester, name: str, raw: Mapping[str, str | None], *, submission: str) -> Submitted:
        """Queue a job for the script of exactly that name; the same submission by the same person is the same job.

        Raises UnknownScript, or InvalidValues with every problem, keyed by parameter.
        """
        script = self.catalogue.script(name, exactly=True)
        if words := excess(self.queue.limits, cpus=script.cpus or 1, memory_bytes=script.memory):
            raise ScriptRunnerError(f"The script {words}: it cannot run here.")
        values = self.checked(person, script, raw)
        references = [reference for _, reference in _references(script, values)]
        job = self.store.jobs.submit(
            NewJob(
                submission=f"{person.user_id}:{submission}",
                script=script.name,
                title=script.title,
                values=values,
                inputs=references,
                requester=person,
                script_digest=self.catalogue.digest(script.name),
                priority=script.priority,
                concurrency=script.concurrency,
                cpus=script.cpus or 1,
                memory_bytes=script.memory,
                time_limit=script.timeout or self.time_limit,
                grantable=script.more_time or timedelta(),
                retries=script.retries,
            ),
            now=self.clock(),
        )
        _log.info("job %d queued by %s", job.id, person.user_id)
        self.wake()
        return Submitted(job=job, place=self.queue.place(job), paused=self.queue.paused())

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
        values, problems = script.examined(raw)
        lists = self.choice_lists.check(script, values)
        problems = lists | self._wrong_inputs(person, script, values, arriving or {}) | problems
        if problems:
            raise InvalidValues(problems)
        return values

    def values_of(self, person: Requester, job_id: int) -> tuple[str, Mapping[str, str]]:
        """The script and values of an earlier job, to be run again; Refused as in ``details``."""
        job = self.permissions.visible(person, job_id)
        return job.script, job.values

    def run_again(self, person: Requester, job_id: int, *, submission: str) -> Submitted:
        """Queue a job with the values of an earlier one, for the person who asks and with their rights."""
        job = self.permissions.visible(person, job_id)
        return self.submit(person, job.script, job.values, submission=submission)

    def queue_length(self) -> int:
        """How many jobs wait."""
        return self.store.jobs.count(states=[State.QUEUED])

    def jobs(self, person: Requester, *, mine: bool, number: int = 1) -> JobPage:
        """A page of jobs; numbers out of range give the nearest page."""
        user_id = person.user_id if mine or not self.permissions.may_list_all(person) else None
        found = self.store.jobs.count(user_id=user_id, at_most=MOST_LISTED + 1)
        count = min(found, MOST_LISTED)
        page_count = max(1, -(-count // PAGE_SIZE))
        number = min(max(1, number), page_count)
        listed = self.store.jobs.page(user_id=user_id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        shown = tuple(self.permissions.shown(person, job) for job in listed)
        return JobPage(jobs=shown, number=number, page_count=page_count, job_count=count, are_more=found > MOST_LISTED)

    def details(self, person: Requester, job_id: int) -> Details:
        """Everything about one job; Refused where it is not there or not for this person, alike."""
        job = self.permissions.visible(person, job_id)
        report = self.reporter.report(job)
        if job.requester.user_id != person.user_id and report.retrieval is not None:
            report = replace(report, retrieval=replace(report.retrieval, password=None))
        is_waiting = job.state is State.QUEUED
        foreseen = self.queue.forecast(job)
        return Details(
            report=report,
            place=self.queue.place(job) if foreseen is None else foreseen.place,
            troubles=tuple(self.store.outbox.troubles(job_id=job.id)),
            may_cancel=not job.state.is_final,
            attempts=tuple(self.store.jobs.attempts(job.id)),
            forecast=foreseen,
            paused=self.queue.paused() if is_waiting else None,
            may_rearrange=is_waiting,
            may_move_before_all=is_waiting and self.permissions.is_admin(person),
            grantable=grantable(job),
        )

    def cancel(self, person: Requester, job_id: int) -> Job:
        """Cancel a queued job, or have a running one stopped; a finished one stays as it is.

        The job returned is running still where it has to be stopped first. Refused as in ``details``.
        """
        job = self.permissions.visible(person, job_id)
        now = self.clock()
        what = "its next attempt" if job.attempt else "it started"
        reason = f"Cancelled by {person.name} before {what}."
        cancelled = self.store.jobs.cancel_queued(
            job.id, by=person.name, reason=reason, now=now, expires_at=now + self.retention
        ) or self.store.jobs.request_cancel(job.id, by=person.name, now=now)
        if cancelled is None:
            raise ScriptRunnerError(f"Job {job.id} has ended already; there is nothing to cancel.")
        _log.info("job %d cancelled by %s", job.id, person.user_id)
        self.wake()
        return cancelled

    def _wrong_inputs(
        self, person: Requester, script: Script, values: Mapping[str, str], arriving: Mapping[str, int]
    ) -> dict[str, str]:
        problems = {}
        for parameter, reference in _references(script, values):
            try:
                self._check_input(person, parameter, reference, arriving)
            except ScriptRunnerError as error:
                problems[parameter.name] = str(error)
        return problems

    def _check_input(self, person: Requester, parameter: Input, reference: str, arriving: Mapping[str, int]) -> None:
        name = reference.removeprefix(OWN)
        if reference in arriving:
            size_bytes = arriving[reference]
            _check_size(name, size_bytes, at_most=self.max_upload_bytes)
        else:
            size_bytes = self.inbox.file(person, reference).size_bytes
        if parameter.max_size is not None:
            _check_size(name, size_bytes, at_most=parameter.max_size)


def _check_size(name: str, size_bytes: int, *, at_most: int) -> None:
    if size_bytes > at_most:
        raise InvalidValue(f"must be a file of at most {size(at_most)}; {quoted(name)} has {size(size_bytes)}")


def _references(script: Script, values: Mapping[str, str]) -> list[tuple[Input, str]]:
    """The inbox files among the values, each with its parameter."""
    inputs = [each for each in script.parameters if isinstance(each, Input) and each.name in values]
    return [(parameter, item) for parameter in inputs for item in parameter.items(values[parameter.name])]
