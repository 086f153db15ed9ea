"""What can be asked about the jobs in the database; nothing here changes any."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Row,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    true,
)

from runner.jobs import UNFINISHED, AttemptRecord, Job, State, Usage
from runner.scheduling import WaitingCounts, WaitingLimits
from runner.store.job_lists import JobLists
from runner.store.mapping import job_of
from runner.store.tables import DeliveryState, attempts, jobs, notifications, owed_files

_LARGEST_ID = 2**31 - 1  # what PostgreSQL's integer and the driver can ask for
KNOWN_RUNS = 30
"""How many past runs of a script are looked at."""


class JobQueries(JobLists):
    """All that is asked of the jobs table."""

    def get(self, job_id: int) -> Job | None:
        """The job of that number, or None."""
        if not 0 < job_id <= _LARGEST_ID:
            return None
        found = self._select(_ONE, {"of_job": job_id})
        return found[0] if found else None

    def submitted(self, submission: str) -> Job | None:
        """The job that a submission made, or None."""
        found = self._select(SUBMITTED, {"submission": submission})
        return found[0] if found else None

    def waiting_counts(self, limits: WaitingLimits, *, user_id: str, script: str | None) -> WaitingCounts:
        """How many jobs wait, of what these limits are about; without a script of the person alone."""
        with self._database.reading() as connection:
            return waiting_counts(connection, limits, user_id=user_id, script=script)

    def several(self, job_ids: Collection[int]) -> list[Job]:
        """The jobs of these numbers that are there, the first of them first."""
        return self._select(_SEVERAL, {"numbers": list(job_ids)})

    def count(
        self, *, user_id: str | None = None, states: Iterable[State] | None = None, at_most: int | None = None
    ) -> int:
        """How many jobs there are, of one person or all, in some states or any; counted up to ``at_most``."""
        query = select(jobs.c.id).limit(at_most)
        if user_id is not None:
            query = query.where(jobs.c.user_id == user_id)
        if states is not None:
            query = query.where(jobs.c.state.in_(list(states)))
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()

    def uses(self, user_id: str, *, at_most: int) -> list[tuple[str, datetime]]:
        """Which scripts this person's latest jobs are of, each with when it was asked for, newest first."""
        columns = select(jobs.c.script, jobs.c.requested_at).where(jobs.c.user_id == user_id)
        with self._database.reading() as connection:
            rows = connection.execute(columns.order_by(jobs.c.id.desc()).limit(at_most)).all()
            return [(script, requested_at) for script, requested_at in rows]

    def attempts(self, job_id: int) -> list[AttemptRecord]:
        """The attempts at a job that have begun, the first of them first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.number)
            ).all()
            last = connection.execute(_LAST_ATTEMPT, {"of_job": job_id}).all()
            return [_attempt(row) for row in (*rows, *last)]

    def runtimes(self, script: str, *, at_most: int = KNOWN_RUNS) -> list[timedelta]:
        """How long the latest jobs of the script ran that succeeded, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_RUNTIMES, {"script": script, "most": at_most}).all()
            return [finished_at - started_at for started_at, finished_at in rows]

    def results_bytes(self, user_id: str) -> int:
        """What the results of a person's jobs take of the disk, as far as that is known."""
        with self._database.reading() as connection:
            return results_bytes(connection, user_id)

    def people_with_results(self, *, of_bytes: int) -> frozenset[str]:
        """The people whose jobs' results take so much of the disk, or more."""
        with self._database.reading() as connection:
            return frozenset(connection.execute(_MOST_RESULTS, {"most": of_bytes}).scalars())

    def unmeasured(self, runner: str, *, among: int = 1000) -> list[int]:
        """Those of the latest jobs that this runner had, that have ended and of which nobody knows what they left."""
        with self._database.reading() as connection:
            return list(connection.execute(_UNMEASURED, {"by": runner, "most": among}).scalars())

    def inputs_in_use(self) -> set[tuple[str, str]]:
        """The inbox references that jobs still need, each with the requester's user id.

        These are unfinished, or somebody wanted them to be kept longer.
        """
        columns = jobs.c.user_id, jobs.c.inputs
        unfinished = select(*columns).where(jobs.c.state.in_(list(UNFINISHED)))
        kept = select(*columns).where(literal_column("kept_longer IS NOT NULL"), jobs.c.deleted_at.is_(None))
        with self._database.reading() as connection:
            rows = [*connection.execute(unfinished), *connection.execute(kept)]
        return {(row.user_id, reference) for row in rows for reference in row.inputs}

    def running_scripts(self) -> set[str]:
        """The names of the scripts that jobs run now."""
        query = select(jobs.c.script).where(jobs.c.state == State.RUNNING).distinct()
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def known(self, job_ids: Iterable[int]) -> set[int]:
        """Those of these numbers that are a job's."""
        return self._among(job_ids, _KNOWN)

    def ended(self, job_ids: Iterable[int]) -> set[int]:
        """Those of these numbers that are of a job which has ended."""
        return self._among(job_ids, _HAVE_ENDED)

    def _among(self, job_ids: Iterable[int], question: Mapping[str, Select[int]]) -> set[int]:
        asked = {"listed": [job_id for job_id in job_ids if 0 < job_id <= _LARGEST_ID]}
        with self._database.reading() as connection:
            return set(connection.execute(question[connection.dialect.name], asked).scalars())

    def expired(self, *, now: datetime, is_reminded: bool = False) -> list[Job]:
        """Finished jobs past their time, with nothing owed; those that ended first come first.

        Where people are reminded first, those of which they were: ``is_reminded``.
        """
        owed = (
            select(notifications.c.id)
            .where(
                notifications.c.job_id == jobs.c.id,
                notifications.c.state.in_([DeliveryState.PENDING, DeliveryState.QUIET]),
            )
            .exists()
        )
        final = jobs.c.state.not_in(list(UNFINISHED))
        query = select(jobs).where(final, jobs.c.expires_at <= now, ~owed, ~ARE_FILES_OWED)
        if is_reminded:
            query = query.where(jobs.c.reminded_at.is_not(None) | jobs.c.deleted_at.is_not(None))
        return self._select(query.order_by(jobs.c.expires_at, jobs.c.id))

    def requests(self, runner: str) -> list[Job]:
        """The running jobs of this runner that somebody asked to stop, or gave more time."""
        return self._select(_REQUESTS, {"by": runner})

    def _select(self, query: Any, parameters: Mapping[str, object] | None = None) -> list[Job]:
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(query, parameters)]


def waiting_counts(connection: Connection, limits: WaitingLimits, *, user_id: str, script: str | None) -> WaitingCounts:
    """How many jobs wait, of what these limits are about, within a transaction; what has no limit is not counted."""
    of_script = script is not None and limits.per_script is not None
    asked = {
        "of_person": limits.per_person is not None,
        "of_script": of_script,
        "of_both": of_script,
    }
    found = {
        name: connection.execute(_WAITING[name], {"user_id": user_id, "script": script}).scalar_one()
        for name, is_asked in asked.items()
        if is_asked
    }
    return WaitingCounts(**found)


def results_bytes(connection: Connection, user_id: str) -> int:
    """What the results of a person's jobs take of the disk, as far as that is known, within a transaction."""
    return int(connection.execute(_RESULTS_OF, {"of_user": user_id}).scalar_one())


def runtimes_of(connection: Connection, scripts: Collection[str], *, at_most: int) -> dict[str, list[timedelta]]:
    """How long the latest successful jobs of several scripts ran, in no order, within a transaction."""
    found: dict[str, list[timedelta]] = {script: [] for script in scripts}
    asked = {"listed": list(scripts), "most": at_most}
    for script, started_at, finished_at in connection.execute(_RUNTIMES_OF[connection.dialect.name], asked).all():
        found[script].append(finished_at - started_at)
    return found


def _attempt(row: Row[Any]) -> AttemptRecord:
    has_usage = row.peak_memory_bytes is not None or row.cpu_time is not None
    return AttemptRecord(
        number=row.number,
        started_at=row.started_at,
        finished_at=row.finished_at,
        state=State(row.state),
        reason=row.reason,
        exit_code=row.exit_code,
        usage=Usage(peak_memory_bytes=row.peak_memory_bytes, cpu_time=row.cpu_time) if has_usage else None,
    )


_LAST_ATTEMPT = select(jobs.c.attempt.label("number"), *(jobs.c[column.name] for column in list(attempts.c)[2:])).where(
    jobs.c.id == bindparam("of_job"), jobs.c.started_at.is_not(None)
)


def listed(dialect: str, type_: type[Integer | Text]) -> FromClause:
    """A list of any length as a table of its values."""
    if dialect == "postgresql":
        values = func.unnest(bindparam("listed", type_=ARRAY(type_))).table_valued("value")
        return values.render_derived(name="listed")
    return func.json_each(bindparam("listed", type_=JSON)).table_valued("value", name="listed")


def _latest(*columns: Any) -> Select[Any]:
    """The latest jobs of a script that succeeded, newest first."""
    found = select(*columns).where(jobs.c.state == literal_column("'succeeded'"))
    return found.order_by(jobs.c.id.desc()).limit(bindparam("most"))


def _runtimes_in_sqlite() -> Select[Any]:
    """The index tells which jobs these are; only their rows are looked at."""
    scripts, found = listed("sqlite", Text), jobs.alias("found")
    latest = _latest(jobs.c.id).where(jobs.c.script == scripts.c.value).correlate(scripts).scalar_subquery()
    columns = (found.c.script, found.c.started_at, found.c.finished_at)
    return select(*columns).join_from(scripts, found, found.c.id.in_(latest))


def _runtimes_in_postgresql() -> Select[Any]:
    scripts = listed("postgresql", Text)
    columns = (jobs.c.script, jobs.c.started_at, jobs.c.finished_at)
    latest = _latest(*columns).where(jobs.c.script == scripts.c.value).lateral("latest")
    return select(latest).join_from(scripts, latest, true())


def _known(dialect: str) -> Select[int]:
    numbers = listed(dialect, Integer)
    return select(jobs.c.id).join_from(numbers, jobs, jobs.c.id == numbers.c.value)


def _waiting(*conditions: ColumnElement[bool]) -> Select[int]:
    """Written out, not bound, since only so is the index found that holds just these."""
    return select(func.count()).where(jobs.c.state == literal_column("'queued'"), *conditions)


_OF_PERSON, _OF_SCRIPT = jobs.c.user_id == bindparam("user_id"), jobs.c.script == bindparam("script")
_WAITING = {
    "of_person": _waiting(_OF_PERSON),
    "of_script": _waiting(_OF_SCRIPT),
    "of_both": _waiting(_OF_PERSON, _OF_SCRIPT),
}
SUBMITTED = select(jobs).where(jobs.c.submission == bindparam("submission"))
"""The job that a submission made."""

ARE_FILES_OWED = (
    select(owed_files.c.id)
    .where(owed_files.c.job_id == jobs.c.id, owed_files.c.state == DeliveryState.PENDING)
    .correlate(jobs)
    .exists()
)
"""Whether files of a job are to be sent yet."""

_ONE = select(jobs).where(jobs.c.id == bindparam("of_job"))
_REQUESTS = select(jobs).where(
    jobs.c.state == State.RUNNING,
    jobs.c.runner == bindparam("by"),
    jobs.c.cancel_requested_at.is_not(None) | jobs.c.more_time.is_not(None),
)
_with_results: ColumnElement[bool] = literal_column("results_bytes > 0")  # written out: only so is the index found
_RESULTS_OF = select(func.coalesce(func.sum(jobs.c.results_bytes), 0)).where(
    jobs.c.user_id == bindparam("of_user"), _with_results
)
_MOST_RESULTS = (
    select(jobs.c.user_id)
    .where(_with_results)
    .group_by(jobs.c.user_id)
    .having(func.sum(jobs.c.results_bytes) >= bindparam("most"))
)
_latest_jobs = select(jobs).order_by(jobs.c.id.desc()).limit(bindparam("most")).subquery()
_UNMEASURED = select(_latest_jobs.c.id).where(
    _latest_jobs.c.runner == bindparam("by"),
    _latest_jobs.c.expires_at.is_not(None),
    _latest_jobs.c.results_bytes.is_(None),
)
_SEVERAL = select(jobs).where(jobs.c.id.in_(bindparam("numbers", expanding=True))).order_by(jobs.c.id)
_KNOWN = {dialect: _known(dialect) for dialect in ("sqlite", "postgresql")}
_HAVE_ENDED = {dialect: known.where(jobs.c.state.not_in(list(UNFINISHED))) for dialect, known in _KNOWN.items()}
_RUNTIMES = _latest(jobs.c.started_at, jobs.c.finished_at).where(jobs.c.script == bindparam("script"))
_RUNTIMES_OF = {"sqlite": _runtimes_in_sqlite(), "postgresql": _runtimes_in_postgresql()}
