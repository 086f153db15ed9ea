"""The queue as a whole: paused or not, how it is rearranged, and what a forecast needs to know of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, update

from runner.jobs import Job, Pause, State
from runner.scheduling import Limits, Running, Scene, front
from runner.store import eligible
from runner.store.dialects import insert_of
from runner.store.engine import Database
from runner.store.mapping import job_of
from runner.store.queries import KNOWN_RUNS, results_bytes, runtimes_of
from runner.store.tables import jobs, pauses, shortages

_SEEN = 200
"""How many jobs of the queue are looked at for a forecast, over all lines."""

_LEAST_SEEN = 3
_READ_AT_ONCE = 40
_PAST_RUNS = 2_000
"""How many past runs are read for a forecast, over all scripts: reading them takes some 4 ms."""

_LEAST_PAST_RUNS = 10
_PAUSE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """The queue at one moment: as much of it as is looked at, and why no job starts, if none does.

    ``results_bytes`` is what the results of the one who asks take of the disk.
    """

    scene: Scene
    paused: Pause | None
    results_bytes: int = 0


class QueueStore:
    """All that is asked of, and done to, the queue besides its jobs' coming and going."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, reason: str, *, by: str, now: datetime) -> None:
        """Have no job start until ``resume``; a pause that is on goes on with this reason."""
        row = {"reason": reason, "paused_by": by, "paused_at": now}
        with self._database.writing() as connection:
            statement = insert_of(connection.dialect.name)(pauses).values(id=_PAUSE, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=[pauses.c.id], set_=row))

    def resume(self) -> bool:
        """Have jobs start again; whether the queue was paused."""
        with self._database.writing() as connection:
            return connection.execute(delete(pauses)).rowcount > 0

    def paused(self) -> Pause | None:
        """Why no job starts; None where jobs do."""
        with self._database.reading() as connection:
            return _paused(connection)

    def note_shortage(self, reason: str, *, runner: str, now: datetime) -> bool:
        """Keep why this runner starts no job; whether it did until now."""
        with self._database.writing() as connection:
            told = update(shortages).where(shortages.c.runner == runner).values(reason=reason)
            if connection.execute(told).rowcount:
                return False
            connection.execute(insert(shortages).values(runner=runner, reason=reason, since=now))
            return True

    def end_shortage(self, *, runner: str) -> bool:
        """Keep that this runner starts jobs; whether it did not until now."""
        with self._database.writing() as connection:
            return connection.execute(delete(shortages).where(shortages.c.runner == runner)).rowcount > 0

    def hold(self, job_id: int, *, by: str, now: datetime) -> Job | None:
        """Keep a job that waits from starting until ``release``; None where none waits, or it is held already."""
        return self._rearrange(job_id, jobs.c.held_at.is_(None), held_at=now, held_by=by)

    def release(self, job_id: int) -> Job | None:
        """Let a job that was held start at its place again; None where it is not held."""
        return self._rearrange(job_id, jobs.c.held_at.is_not(None), held_at=None, held_by=None)

    def move_to_front(self, job_id: int, *, of_all: bool, now: datetime) -> Job | None:
        """Have a job start before its requester's others, or before all; None where it does not wait."""
        return self._rearrange(job_id, front=front(now, of_all=of_all))

    def running(self) -> list[Running]:
        """All jobs that run, as far as limits count them."""
        with self._database.reading() as connection:
            return eligible.running(connection)

    def held(self, *, at_most: int) -> list[Job]:
        """The jobs that are held, the first requested first."""
        found = select(jobs).where(jobs.c.state == State.QUEUED, jobs.c.held_at.is_not(None))
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(found.order_by(jobs.c.id).limit(at_most))]

    def look(
        self, *, limits: Limits, now: datetime, script: str | None = None, user_id: str | None = None
    ) -> QueueView:
        """The queue as one view, with what a forecast needs to know of it, of one ``script`` more than of others.

        ``user_id`` is of the one who asks for what their results take; without one, that is not told.
        """
        with self._database.reading() as connection:
            scene = self._scene(connection, limits=limits, now=now, asked=script)
            taken = 0 if user_id is None else results_bytes(connection, user_id)
            return QueueView(scene=scene, paused=_paused(connection), results_bytes=taken)

    def rough_place(self, job: Job) -> int:
        """About how many start up to a job that is too far back to be seen: people take turns, whatever else counts."""
        earlier = func.sum(case((jobs.c.id < job.id, 1), else_=0))
        by_person = select(jobs.c.user_id, func.count(), earlier).where(eligible.in_line()).group_by(jobs.c.user_id)
        with self._database.reading() as connection:
            counts = {user_id: (count, before) for user_id, count, before in connection.execute(by_person)}
        _, before = counts.pop(job.requester.user_id, (0, 0))
        return int(before + sum(min(count, before + 1) for count, _ in counts.values()) + 1)

    def _scene(self, connection: Connection, *, limits: Limits, now: datetime, asked: str | None) -> Scene:
        rows, cut = eligible.seen(connection, depth=_visible_depth(connection))
        put_off = eligible.delayed(connection, limit=_SEEN)
        waiting, turns = eligible.read(rows)
        delayed, turns_of_delayed = eligible.read(put_off)
        running = eligible.running(connection)
        soonest = sorted(waiting, key=lambda job: (job.front, job.requested_at, job.id))
        return Scene(
            running=running,
            waiting=waiting,
            turns=turns | turns_of_delayed,
            limits=limits,
            runtimes=_PastRuntimes(self._database, [job.script for job in (*running, *soonest, *delayed)], asked),
            delayed=[(max(row.not_before, now), job) for row, job in zip(put_off, delayed, strict=True)],
            cut=cut,
        )

    def _rearrange(self, job_id: int, *conditions: ColumnElement[bool], **changes: object) -> Job | None:
        with self._database.writing() as connection:
            waits = (jobs.c.id == job_id) & (jobs.c.state == State.QUEUED)
            changed = update(jobs).where(waits, *conditions).values(**changes).returning(jobs)
            row = connection.execute(changed).one_or_none()
            return None if row is None else job_of(row)


def _paused(connection: Connection) -> Pause | None:
    """What somebody said first; else what keeps a runner from starting jobs, the latest of several."""
    row = connection.execute(select(pauses)).one_or_none()
    if row is not None:
        return Pause(reason=row.reason, paused_by=row.paused_by, paused_at=row.paused_at)
    row = connection.execute(select(shortages).order_by(shortages.c.since.desc()).limit(1)).one_or_none()
    return None if row is None else Pause(reason=row.reason, paused_by=None, paused_at=row.since)


def _visible_depth(connection: Connection) -> int:
    """How many jobs of each line are looked at."""
    return max(_LEAST_SEEN, _SEEN // max(1, eligible.line_count(connection)))


class _PastRuntimes(Mapping[str, Sequence[timedelta]]):
    """The past runs of scripts, the soonest needed first: only as many are read as are asked for, some at a time.

    The more scripts there are, the fewer runs of each are read, but for the one script that is ``asked`` about.
    """

    def __init__(self, database: Database, scripts: Iterable[str], asked: str | None) -> None:
        self._database = database
        self._asked = asked
        self._found: dict[str, Sequence[timedelta] | None] = dict.fromkeys(scripts)
        self._most = min(KNOWN_RUNS, max(_LEAST_PAST_RUNS, _PAST_RUNS // max(1, len(self._found))))

    def __getitem__(self, script: str) -> Sequence[timedelta]:
        found = self._found[script]
        return self._read(script) if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _read(self, script: str) -> Sequence[timedelta]:
        if script == self._asked:
            scripts, most = {script}, KNOWN_RUNS
        else:
            following = (each for each, past in self._found.items() if past is None and each != self._asked)
            scripts, most = {script, *islice(following, _READ_AT_ONCE)}, self._most
        with self._database.reading() as connection:
            read = runtimes_of(connection, scripts, at_most=most)
        self._found.update(read)
        return read[script]
