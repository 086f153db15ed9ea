"""What one person wants to see of their own jobs at a glance; nothing here changes any."""

from typing import Any

from sqlalchemy import bindparam, func, literal_column, select

from runner.jobs import UNFINISHED, Job
from runner.store.engine import Database
from runner.store.mapping import job_of
from runner.store.tables import jobs


class OwnJobStore:
    """Some jobs of one person each time, however many there are of all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def running(self, user_id: str, *, at_most: int) -> list[Job]:
        """Those that run, the first started first."""
        return self._found(_RUNNING, user_id, at_most)

    def waiting(self, user_id: str, *, at_most: int) -> list[Job]:
        """Those that wait, held ones too, the first requested first."""
        return self._found(_WAITING, user_id, at_most)

    def ended(self, user_id: str, *, at_most: int) -> list[Job]:
        """Those that have ended, the newest first."""
        return self._found(_ENDED, user_id, at_most)

    def deleted_next(self, user_id: str, *, at_most: int) -> list[Job]:
        """Those whose results take some of the disk, or may, the first to be deleted first."""
        return self._found(_DELETED_NEXT, user_id, at_most)

    def _found(self, query: Any, user_id: str, at_most: int) -> list[Job]:
        asked = {"of_user": user_id, "most": at_most}
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(query, asked)]


_own = select(jobs).where(jobs.c.user_id == bindparam("of_user")).limit(bindparam("most"))
# Written out, not bound, since only so are the indexes found that hold just these.
_RUNNING = _own.where(jobs.c.state == literal_column("'running'")).order_by(jobs.c.id)
_WAITING = _own.where(jobs.c.state == literal_column("'queued'")).order_by(jobs.c.id)
_ENDED = _own.where(jobs.c.state.not_in(list(UNFINISHED))).order_by(jobs.c.id.desc())
# Coalesced: else SQLite takes the index of those with results, and has to sort all that it finds.
_DELETED_NEXT = _own.where(
    literal_column("expires_at IS NOT NULL"), func.coalesce(jobs.c.results_bytes, 0) > 0
).order_by(jobs.c.expires_at, jobs.c.id)
