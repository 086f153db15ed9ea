"""Jobs in the database: every change of state is one conditional statement, together with the messages it causes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from runner.jobs import TRANSITIONS, UNFINISHED, Ending, Job, Requester, State
from runner.messages import Event
from runner.store.engine import Database
from runner.store.presets import keep_last
from runner.store.tables import Delivery, jobs, notifications

_LARGEST_ID = 2**31 - 1  # what PostgreSQL's integer and the driver can ask for

Addresses = Callable[[Requester], Mapping[str, str]]
"""Gives where a requester is told things: channel name → address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a submission brings; ``submission`` is unique to it, so that one delivered twice makes one job.

    ``inputs`` are the inbox references among the values: cleanup keeps their files while the job is not finished.
    """

    submission: str
    script: str
    title: str
    values: Mapping[str, str]
    inputs: Sequence[str]
    requester: Requester


class JobStore:
    """All that is asked of, and done to, the jobs table."""

    def __init__(self, database: Database, addresses: Addresses) -> None:
        self._database = database
        self._addresses = addresses

    def submit(self, new: NewJob, *, now: datetime) -> Job:
        """Insert a queued job and keep its values as the last ones used, or find what this submission made before."""
        person = new.requester
        row = {
            "submission": new.submission,
            "script": new.script,
            "title": new.title,
            "arguments": dict(new.values),
            "inputs": list(new.inputs),
            "user_id": person.user_id,
            "team_id": person.team_id,
            "email": person.email,
            "name": person.name,
            "state": State.QUEUED,
            "requested_at": now,
        }
        try:
            with self._database.writing() as connection:
                job = _job(connection.execute(insert(jobs).values(row).returning(jobs)).one())
                keep_last(connection, person.user_id, new.script, new.values, now=now)
                return job
        except IntegrityError:
            found = self._select(select(jobs).where(jobs.c.submission == new.submission))
            if not found:
                raise  # it was not the submission that was refused
            return found[0]

    def claim(self, runner: str, *, now: datetime, lease: timedelta) -> Job | None:
        """Take the oldest queued job for this runner and owe its start message; None where none waits."""
        oldest = select(jobs.c.id).where(jobs.c.state == State.QUEUED).order_by(jobs.c.id).limit(1).scalar_subquery()
        return self._change(
            State.RUNNING,
            jobs.c.id == oldest,
            {"started_at": now, "runner": runner, "lease_until": now + lease, "attempt": 1},
            now=now,
        )

    def retry(self, job: Job) -> Job | None:
        """Count one more attempt of a running job whose last one never began.

        None where it is to be cancelled or changed meanwhile.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.state == State.RUNNING, jobs.c.attempt == job.attempt)
                .where(jobs.c.cancel_requested_at.is_(None))
                .values(attempt=job.attempt + 1)
                .returning(jobs)
            ).one_or_none()
            return None if row is None else _job(row)

    def hold(self, runner: str, *, now: datetime, lease: timedelta) -> list[Job]:
        """Hold on to all running jobs of this runner for another lease, and take over those whose lease ran out."""
        with self._database.writing() as connection:
            rows = connection.execute(
                update(jobs)
                .where(jobs.c.state == State.RUNNING, (jobs.c.runner == runner) | (jobs.c.lease_until < now))
                .values(runner=runner, lease_until=now + lease)
                .returning(jobs)
            )
            return [_job(row) for row in rows]

    def finish(self, job_id: int, ending: Ending, *, now: datetime, expires_at: datetime) -> Job | None:
        """Record how a job ended and owe its requester the end message; None where it had ended before."""
        return self._change(
            ending.state,
            jobs.c.id == job_id,
            {
                "reason": ending.reason,
                "exit_code": ending.exit_code,
                "finished_at": now,
                "expires_at": expires_at,
                "lease_until": None,
            },
            now=now,
        )

    def cancel_queued(self, job_id: int, *, by: str, reason: str, now: datetime, expires_at: datetime) -> Job | None:
        """Cancel a job that has not started; None where it has, or is finished."""
        changes = {"reason": reason, "finished_at": now, "expires_at": expires_at}
        asked = {"cancel_requested_at": now, "cancel_requested_by": by}
        return self._change(
            State.CANCELLED, (jobs.c.id == job_id) & (jobs.c.state == State.QUEUED), changes | asked, now=now
        )

    def request_cancel(self, job_id: int, *, by: str, now: datetime) -> Job | None:
        """Ask the runner to stop a running job; the first to ask is remembered. None where it is not running."""
        with self._database.writing() as connection:
            row = connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == State.RUNNING)
                .values(
                    cancel_requested_at=func.coalesce(
                        jobs.c.cancel_requested_at, literal(now, jobs.c.requested_at.type)
                    ),
                    cancel_requested_by=func.coalesce(jobs.c.cancel_requested_by, by),
                )
                .returning(jobs)
            ).one_or_none()
            return None if row is None else _job(row)

    def cancel_requests(self, runner: str) -> list[Job]:
        """The running jobs of this runner that somebody asked to stop."""
        mine = (jobs.c.state == State.RUNNING) & (jobs.c.runner == runner)
        return self._select(select(jobs).where(mine, jobs.c.cancel_requested_at.is_not(None)))

    def get(self, job_id: int) -> Job | None:
        """The job of that number, or None."""
        if not 0 < job_id <= _LARGEST_ID:
            return None
        found = self._select(select(jobs).where(jobs.c.id == job_id))
        return found[0] if found else None

    def page(self, *, user_id: str | None, offset: int, limit: int) -> list[Job]:
        """Jobs, newest first: of one person, or of all."""
        query = select(jobs).order_by(jobs.c.id.desc()).offset(offset).limit(limit)
        return self._select(query if user_id is None else query.where(jobs.c.user_id == user_id))

    def count(self, *, user_id: str | None = None, states: Iterable[State] = State) -> int:
        """How many jobs there are in these states, of one person or of all."""
        query = select(func.count()).select_from(jobs).where(jobs.c.state.in_(list(states)))
        with self._database.reading() as connection:
            return connection.execute(query if user_id is None else query.where(jobs.c.user_id == user_id)).scalar_one()

    def place(self, job: Job) -> int:
        """The job's place among the queued ones, from 1; 0 where it waits no longer."""
        waiting = jobs.c.state == State.QUEUED
        query = select(func.count()).select_from(jobs).where(waiting, jobs.c.id <= job.id)
        itself = select(jobs.c.id).where(waiting, jobs.c.id == job.id).exists()
        with self._database.reading() as connection:
            return connection.execute(query.where(itself)).scalar_one()

    def durations(self, script: str, *, at_most: int = 30) -> list[timedelta]:
        """How long the latest jobs of the script ran that succeeded, newest first."""
        query = (
            select(jobs.c.started_at, jobs.c.finished_at)
            .where(jobs.c.script == script, jobs.c.state == State.SUCCEEDED)
            .order_by(jobs.c.id.desc())
            .limit(at_most)
        )
        with self._database.reading() as connection:
            return [row.finished_at - row.started_at for row in connection.execute(query)]

    def inputs_in_use(self) -> set[tuple[str, str]]:
        """The inbox references that unfinished jobs still need, each with the requester's user id."""
        query = select(jobs.c.user_id, jobs.c.inputs).where(jobs.c.state.in_(list(UNFINISHED)))
        with self._database.reading() as connection:
            return {(row.user_id, reference) for row in connection.execute(query) for reference in row.inputs}

    def known(self) -> set[int]:
        """The numbers of all jobs that have a row."""
        with self._database.reading() as connection:
            return set(connection.execute(select(jobs.c.id)).scalars())

    def expired(self, *, now: datetime) -> list[Job]:
        """Finished jobs past their time, all of whose messages are settled."""
        owed = (
            select(notifications.c.id)
            .where(notifications.c.job_id == jobs.c.id, notifications.c.state == Delivery.PENDING)
            .exists()
        )
        final = jobs.c.state.not_in(list(UNFINISHED))
        return self._select(select(jobs).where(final, jobs.c.expires_at <= now, ~owed).order_by(jobs.c.id))

    def remove(self, job_id: int) -> None:
        """Delete the row of a finished job with its messages."""
        with self._database.writing() as connection:
            connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.state.not_in(list(UNFINISHED))))

    def _select(self, query: Any) -> list[Job]:
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def _change(
        self, state: State, condition: ColumnElement[bool], changes: Mapping[str, object], *, now: datetime
    ) -> Job | None:
        """Move one job to the state, from where the table of transitions allows it, and owe what that causes."""
        sources = [source for source, targets in TRANSITIONS.items() if state in targets]
        with self._database.writing() as connection:
            row = connection.execute(
                update(jobs).where(condition, jobs.c.state.in_(sources)).values(state=state, **changes).returning(jobs)
            ).one_or_none()
            if row is None:
                return None
            job = _job(row)
            self._owe(connection, job, now=now)
            return job

    def _owe(self, connection: Connection, job: Job, *, now: datetime) -> None:
        event = Event.ENDED if job.state.is_final else Event.STARTED
        owed = [
            {"job_id": job.id, "event": event, "channel": channel, "recipient": recipient}
            | {"state": Delivery.PENDING, "created_at": now, "due_at": now}
            for channel, recipient in self._addresses(job.requester).items()
        ]
        if owed:
            connection.execute(insert(notifications), owed)


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        script=row.script,
        title=row.title,
        values=row.arguments,
        requester=Requester(user_id=row.user_id, team_id=row.team_id, email=row.email, name=row.name),
        state=State(row.state),
        requested_at=row.requested_at,
        reason=row.reason,
        exit_code=row.exit_code,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        cancel_requested_at=row.cancel_requested_at,
        cancel_requested_by=row.cancel_requested_by,
        attempt=row.attempt,
    )
