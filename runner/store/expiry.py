"""What becomes of the files of ended jobs: who is reminded of it, and what is kept longer or deleted before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.selectable import TypedReturnsRows

from runner.jobs import UNFINISHED, Event, Job
from runner.store.engine import Database
from runner.store.mapping import job_of
from runner.store.outbox_writer import OutboxWriter
from runner.store.queries import listed
from runner.store.tables import DeliveryState, jobs, notifications


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A job of which its requester may have to be reminded; ``inputs`` are the inbox references among its values."""

    id: int
    user_id: str
    inputs: Sequence[str]
    expires_at: datetime


class ExpiryStore:
    """All that is done to when the files of jobs are deleted; each change is one conditional statement."""

    def __init__(self, database: Database, outbox: OutboxWriter) -> None:
        self._database = database
        self._outbox = outbox

    def people_to_remind(self, runner: str, *, before: datetime) -> list[str]:
        """Those of whose jobs, with this runner or with none, files go before then, of which they do not know yet."""
        query = _to_be_reminded_of(jobs.c.user_id).distinct()
        with self._database.reading() as connection:
            return list(connection.execute(query, {"by": runner, "before": before}).scalars())

    def candidates(self, user_id: str, runner: str, *, before: datetime) -> list[Candidate]:
        """These jobs of one person, those that go first before others."""
        query = _to_be_reminded_of(jobs.c.id, jobs.c.inputs, jobs.c.expires_at).where(jobs.c.user_id == user_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(jobs.c.expires_at), {"by": runner, "before": before}).all()
            return [Candidate(id=row.id, user_id=user_id, inputs=row.inputs, expires_at=row.expires_at) for row in rows]

    def remind(self, job_ids: Collection[int], *, now: datetime, until: datetime) -> int:
        """Owe one person one message about all these jobs, which are kept ``until`` then at the least.

        Of those that were reminded of, or deleted, meanwhile it does not tell. How many it tells of.
        """
        with self._database.writing() as connection:
            told = self._mark(connection, job_ids, now=now)
            if not told:
                return 0
            asked = {"listed": told, "about": min(told)}
            connection.execute(_TELL[connection.dialect.name], asked)
            connection.execute(_KEEP_UNTIL, {"about": min(told), "until": until})
            about = job_of(connection.execute(select(jobs).where(jobs.c.id == min(told))).one())
            self._outbox.owe(connection, [(about, Event.EXPIRING)], now=now)
            return len(told)

    def pass_over(self, job_ids: Collection[int], *, now: datetime) -> None:
        """There is nothing to remind of about these jobs."""
        with self._database.writing() as connection:
            self._mark(connection, job_ids, now=now)

    def told_with(self, job: Job, *, at_most: int) -> tuple[list[Job], int, int]:
        """The first jobs of which the reminder about this one tells; how many these are in all, and their bytes."""
        query = select(jobs).where(jobs.c.reminder == job.id, jobs.c.user_id == job.requester.user_id)
        totals = select(func.count(), func.coalesce(func.sum(jobs.c.results_bytes), 0)).where(
            jobs.c.reminder == job.id, jobs.c.user_id == job.requester.user_id
        )
        with self._database.reading() as connection:
            first = connection.execute(query.order_by(jobs.c.expires_at, jobs.c.id).limit(at_most))
            count, size_bytes = connection.execute(totals).one()
            return [job_of(row) for row in first], count, int(size_bytes)

    def keep(self, job: Job, more: timedelta, *, by: str, now: datetime) -> Job | None:
        """Keep a job's files longer than this job says; its requester is reminded anew.

        None where they were kept longer, deleted or are past their time meanwhile.
        """
        if job.expires_at is None:
            return None
        unchanged = (
            jobs.c.id == job.id,
            jobs.c.expires_at == job.expires_at,
            jobs.c.expires_at > now,
            jobs.c.deleted_at.is_(None),
        )
        kept = {
            "expires_at": job.expires_at + more,
            "kept_longer": job.kept_longer + more,
            "kept_by": by,
            "reminded_at": None,
        }
        with self._database.writing() as connection:
            row = connection.execute(update(jobs).where(*unchanged).values(kept).returning(jobs)).one_or_none()
            if row is None:
                return None
            _revise_reminders(connection, row.id, row.reminder, now=now)
            return job_of(row)

    def begin_deletion(self, job_id: int, *, now: datetime) -> Job | None:
        """Nobody keeps a job's files any longer: they are being deleted.

        None where the job has not ended, or all are gone already. Messages and files that are owed keep none: on a disk
        that is full nobody can write down that they arrived.
        """
        is_left = or_(jobs.c.deleted_at.is_(None), jobs.c.results_bytes.is_(None), jobs.c.results_bytes > 0)
        which = (jobs.c.id == job_id, jobs.c.state.not_in(list(UNFINISHED)), is_left)
        with self._database.writing() as connection:
            changed = update(jobs).where(*which).values(deleted_at=func.coalesce(jobs.c.deleted_at, _moment(now)))
            row = connection.execute(changed.returning(jobs)).one_or_none()
            return None if row is None else job_of(row)

    def end_deletion(self, job_id: int, *, now: datetime) -> None:
        """A job's files are gone: they take nothing of the disk, and messages say so."""
        gone = update(jobs).where(jobs.c.id == job_id).values(results_bytes=0).returning(jobs.c.reminder)
        with self._database.writing() as connection:
            row = connection.execute(gone).one_or_none()
            if row is not None:
                _revise_reminders(connection, job_id, row.reminder, now=now)

    def half_deleted(self) -> list[int]:
        """The jobs of whose files some may be left, since whoever deleted them did not come to an end."""
        is_left = or_(jobs.c.results_bytes.is_(None), jobs.c.results_bytes > 0)
        with self._database.reading() as connection:
            return list(connection.execute(select(jobs.c.id).where(_deleted, is_left)).scalars())

    def inputs_of(self, job: Job) -> tuple[list[str], set[str]]:
        """The inbox references of a job, and those of its requester's others whose files are there."""
        others = select(jobs.c.inputs).where(
            jobs.c.user_id == job.requester.user_id, jobs.c.id != job.id, jobs.c.deleted_at.is_(None)
        )
        with self._database.reading() as connection:
            own = connection.execute(select(jobs.c.inputs).where(jobs.c.id == job.id)).scalar_one_or_none() or []
            in_use = connection.execute(others).scalars().all() if own else []
            return list(own), {reference for references in in_use for reference in references}

    def _mark(self, connection: Connection, job_ids: Collection[int], *, now: datetime) -> list[int]:
        asked = {"listed": list(job_ids), "moment": now}
        return list(connection.execute(_MARK[connection.dialect.name], asked).scalars())


def _to_be_reminded_of(*columns: ColumnElement[Any]) -> Select[Any]:
    """Written out, not bound, since only so is the index found that holds just these."""
    is_own = (jobs.c.runner == bindparam("by")) | jobs.c.runner.is_(None)
    return select(*columns).where(
        literal_column("expires_at IS NOT NULL AND reminded_at IS NULL"),
        jobs.c.expires_at <= bindparam("before", type_=jobs.c.expires_at.type),
        jobs.c.deleted_at.is_(None),
        is_own,
    )


def _revise_reminders(connection: Connection, job_id: int, reminder: int | None, *, now: datetime) -> None:
    """Owe the reminders once more that tell of a job and have buttons for what was done now."""
    connection.execute(_REVISE, {"about": [job_id, reminder or job_id], "moment": now})


def _moment(moment: datetime) -> ColumnElement[datetime]:
    return literal(moment, jobs.c.deleted_at.type)


def _among(dialect: str) -> ColumnElement[bool]:
    return jobs.c.id.in_(select(listed(dialect, Integer).c.value))


def _mark(dialect: str) -> TypedReturnsRows[Any]:
    which = (_among(dialect), jobs.c.reminded_at.is_(None), jobs.c.deleted_at.is_(None))
    marked = update(jobs).where(*which).values(reminded_at=bindparam("moment", type_=jobs.c.reminded_at.type))
    return marked.returning(jobs.c.id)


_DIALECTS = ("sqlite", "postgresql")
_deleted: ColumnElement[bool] = literal_column("deleted_at IS NOT NULL")  # written out: only so is the index found
_MARK = {dialect: _mark(dialect) for dialect in _DIALECTS}
_TELL: Mapping[str, Update] = {
    dialect: update(jobs).where(_among(dialect)).values(reminder=bindparam("about")) for dialect in _DIALECTS
}
_KEEP_UNTIL = (
    update(jobs)
    .where(jobs.c.reminder == bindparam("about"), jobs.c.expires_at < bindparam("until", type_=jobs.c.expires_at.type))
    .values(expires_at=bindparam("until", type_=jobs.c.expires_at.type))
)
_REVISE = (
    update(notifications)
    .where(
        notifications.c.job_id.in_(bindparam("about", expanding=True)),
        notifications.c.event == Event.EXPIRING,
        notifications.c.state == DeliveryState.DELIVERED,
        notifications.c.receipt.is_not(None),
    )
    .values(
        state=DeliveryState.PENDING,
        attempts=0,
        settled_at=None,
        due_at=bindparam("moment", type_=notifications.c.due_at.type),
    )
)
