"""Whom jobs were shared with; who is told of an end is read in the transaction of the end."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from runner.jobs import Job, Requester, Watcher
from runner.store.engine import Database
from runner.store.files import owe_shared
from runner.store.mapping import job_of
from runner.store.outbox_writer import OutboxWriter
from runner.store.tables import jobs, watchers


class WatcherStore:
    """All that is asked of, and done to, the watchers table; ``JobStore.submit`` keeps those of a new job."""

    def __init__(self, database: Database, outbox: OutboxWriter) -> None:
        self._database = database
        self._outbox = outbox

    def of(self, job_id: int) -> list[Watcher]:
        """Whom the job was shared with, by name."""
        with self._database.reading() as connection:
            return _watchers_of(connection, job_id)

    def replace(self, job_id: int, shared_with: Iterable[Watcher], *, now: datetime) -> list[Watcher]:
        """Share the job with these, and with nobody else from now on; who among them is new.

        Those are told at once where it has ended.
        """
        with self._database.writing() as connection:
            row = connection.execute(_LOCKED, {"of_job": job_id}).one_or_none()
            if row is None:
                return []
            job = job_of(row)
            before = {each.recipient.user_id for each in _watchers_of(connection, job_id)}
            connection.execute(_FORGET, {"of_job": job_id})
            wanted = list(shared_with)
            keep_watchers(connection, job, wanted)
            new = [each for each in wanted if each.recipient.user_id not in before]
            if job.state.is_final:
                user_ids = [each.recipient.user_id for each in new]
                self._outbox.owe_watchers(connection, job, user_ids, now=now)
                for addresses in self._outbox.watchers_files(connection, job, user_ids):
                    owe_shared(connection, job, addresses, now=now)
            return new


def keep_watchers(connection: Connection, job: Job, shared_with: Iterable[Watcher]) -> None:
    """Keep whom a job is shared with, within a transaction; its requester is told anyway."""
    rows = {
        each.recipient.user_id: {
            "job_id": job.id,
            "user_id": each.recipient.user_id,
            "team_id": each.recipient.team_id,
            "email": each.recipient.email,
            "name": each.recipient.name,
            "time_zone": each.recipient.time_zone,
            "is_conversation": each.is_conversation,
            "with_results": each.with_results,
        }
        for each in shared_with
        if each.recipient.user_id != job.requester.user_id
    }
    if rows:
        connection.execute(_KEEP, list(rows.values()))


def _watchers_of(connection: Connection, job_id: int) -> list[Watcher]:
    return [
        Watcher(
            recipient=Requester(
                user_id=row.user_id, team_id=row.team_id, email=row.email, name=row.name, time_zone=row.time_zone
            ),
            is_conversation=row.is_conversation,
            with_results=row.with_results,
        )
        for row in connection.execute(_OF, {"of_job": job_id})
    ]


_OF = select(watchers).where(watchers.c.job_id == bindparam("of_job")).order_by(watchers.c.name, watchers.c.user_id)
_LOCKED = select(jobs).where(jobs.c.id == bindparam("of_job")).with_for_update()
"""So that an end that is recorded meanwhile comes before or after."""

_FORGET = delete(watchers).where(watchers.c.job_id == bindparam("of_job"))
_KEEP = insert(watchers)
