"""Jobs in the database: every change of state is one conditional statement, together with the messages it causes."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Row,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError

from runner.errors import QueueFull
from runner.jobs import UNFINISHED, Ending, Event, Job, Progress, Requester, State, check_transition
from runner.scheduling import Limits, WaitingLimits, excess, near_limit
from runner.store import eligible
from runner.store.engine import Database, Serialized, one_at_a_time
from runner.store.files import owe_shared
from runner.store.mapping import NewJob, ending_row, job_of, new_row, progress_row
from runner.store.outbox_writer import OutboxWriter
from runner.store.presets import keep_last, keep_named
from runner.store.queries import SUBMITTED, JobQueries, waiting_counts
from runner.store.tables import attempts, jobs, notifications, shortages, turns
from runner.store.watchers import keep_watchers

_ANNOUNCED_AT_ONCE = 200
_UNCLAIMED: Mapping[str, None] = dict.fromkeys(("runner", "executor", "lease_until", "started_at"))
_NEW_ATTEMPT: Mapping[str, None] = dict.fromkeys(("warned_at", "more_time", "progress", "passed_at"))


class JobStore(JobQueries):
    """All that is asked of, and done to, the jobs table."""

    def __init__(self, database: Database, outbox: OutboxWriter) -> None:
        super().__init__(database)
        self._outbox = outbox

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Have all that this thread changes within the block happen in one transaction, or not at all."""
        with self._database.writing():
            yield

    def submit(
        self, new: NewJob, *, preset: str = "", waiting_limits: WaitingLimits | None = None, now: datetime
    ) -> Job:
        """Insert a queued job, or find what this submission made before.

        Its values are kept as the last ones used and, where one is named, as a preset. Raises QueueFull where as many
        wait as may, and as ``keep_named``; IntegrityError where the database refuses the row for another reason.
        """
        person, limits = new.requester.user_id, waiting_limits or WaitingLimits()
        try:
            with self._database.writing() as connection:
                one_at_a_time(connection, Serialized.SUBMISSIONS)
                counts = waiting_counts(connection, limits, user_id=person, script=new.script)
                near = near_limit(limits, counts)
                if near is not None and near.is_reached:
                    return _submitted_before(connection, new.submission, or_else=near.words)
                job = job_of(connection.execute(_SUBMIT, new_row(new, now=now)).one())
                keep_watchers(connection, job, new.watchers)
                self._outbox.note_zone(connection, new.requester, now=now)
                keep_last(connection, person, new.script, new.values, now=now)
                if preset:
                    keep_named(connection, (person, new.script, preset), new.values, now=now)
                return job
        except IntegrityError:
            found = self.submitted(new.submission)
            if found is None:
                raise  # it was not the submission that was refused
            return found

    def claim(  # noqa: PLR0913  # by whom, where, when, for how long, within what and how many
        self,
        runner: str,
        *,
        executor: str,
        now: datetime,
        lease: timedelta,
        limits: Limits | None = None,
        at_most: int = 1,
        without: Collection[str] = (),
    ) -> list[Job]:
        """Take for this runner what its executor is to start now, and owe the start messages; nothing in a pause.

        What starts is told by the scheduler within the limits, which count the jobs of all runners. The jobs of the
        people ``without`` which it is to do wait.
        """
        with self._database.writing() as connection:
            one_at_a_time(connection, Serialized.CLAIMS)
            if not eligible.gate(connection, now=now):
                return []
            taken = {"by": runner, "started_by": executor, "moment": now, "until": now + lease}
            queue = eligible.queue(connection, limits or Limits(), now=now, without=without)
            claimed: list[Job] = []
            while len(claimed) < at_most and (chosen := queue.pick(now)) is not None:
                claimed.append(job_of(connection.execute(_START, {"of_job": chosen.id, **taken}).one()))
                eligible.note_turn(connection, chosen.user_id, now=now)
                if len(claimed) < at_most:
                    following = eligible.first(connection, user_id=chosen.user_id, script=chosen.script)
                    queue.add(*([] if following is None else [following]))
            eligible.note_passed(connection, queue.passed)
            first_starts = [(job, Event.STARTED) for job in claimed if job.retry_count == 0]
            self._outbox.owe(connection, first_starts, now=now)
            return claimed

    def announce_waiting(self, *, after: int, requested_before: datetime, now: datetime) -> int:
        """Owe requesters the message that their jobs wait, for those above number ``after`` that did not start in time.

        Each is told once. The number of the last such job, or ``after``.
        """
        is_told = exists().where(
            notifications.c.job_id == jobs.c.id, notifications.c.event.in_([Event.QUEUED, Event.STARTED])
        )
        waiting = (jobs.c.state == State.QUEUED) & (jobs.c.id > after) & (jobs.c.requested_at <= requested_before)
        query = select(jobs).where(waiting, ~is_told).order_by(jobs.c.id).limit(_ANNOUNCED_AT_ONCE)
        if not self._select(query):
            return after
        with self._database.writing() as connection:
            one_at_a_time(connection, Serialized.CLAIMS)
            found = [job_of(row) for row in connection.execute(query)]
            self._outbox.owe(connection, [(job, Event.QUEUED) for job in found], now=now)
        return max([after, *(job.id for job in found)])

    def refuse_excess(self, limits: Limits, *, now: datetime, expires_at: datetime) -> list[Job]:
        """End the jobs that wait and ask for more than the limits give, as they were not when they were requested."""
        over = or_(
            false(),
            *([] if limits.cpus is None else [jobs.c.cpus > limits.cpus]),
            *([] if limits.memory_bytes is None else [jobs.c.memory_bytes > limits.memory_bytes]),
        )
        refused = []
        for job in self._select(select(jobs).where(jobs.c.state == State.QUEUED, over)):
            words = excess(limits, cpus=job.cpus, memory_bytes=job.memory_bytes)
            ending = {"state": State.FAILED, "reason": f"It {words}.", "finished_at": now, "expires_at": expires_at}
            refused.append(self._end(job.id, State.QUEUED, ending, now=now))
        return [job for job in refused if job is not None]

    def retry(self, job: Job, *, executor: str) -> Job | None:
        """Count one more attempt, which this executor is to start, of a running job whose last one never began.

        None where it is to be cancelled or changed meanwhile.
        """
        return self._update(
            (jobs.c.id == job.id) & (jobs.c.state == State.RUNNING) & (jobs.c.attempt == job.attempt),
            jobs.c.cancel_requested_at.is_(None),
            attempt=job.attempt + 1,
            executor=executor,
        )

    def renew(self, runner: str, *, now: datetime, lease: timedelta) -> list[Job]:
        """Hold on to all running jobs of this runner for another lease; the others are not its own any more."""
        with self._database.writing() as connection:
            return [job_of(row) for row in connection.execute(_RENEW, {"by": runner, "until": now + lease})]

    def lose_abandoned(self, runner: str, *, reason: str, now: datetime, expires_at: datetime) -> list[Job]:
        """Record as lost what another runner took and let its lease run out for; this runner tells their requesters.

        They may have begun where this one cannot see it: that they are lost is one step, so that none starts again.
        """
        abandoned = (jobs.c.state == State.RUNNING) & (jobs.c.runner != runner) & (jobs.c.lease_until < now)
        ending = {"state": State.LOST, "reason": reason, "finished_at": now, "expires_at": expires_at}
        with self._database.writing() as connection:
            found = connection.execute(select(jobs.c.id).where(abandoned).with_for_update()).scalars().all()
            changes = ending | {"lease_until": None, "runner": runner}
            lost = [self._end(job_id, State.RUNNING, changes, now=now) for job_id in found]
            return [job for job in lost if job is not None]

    def finish(self, job_id: int, ending: Ending, *, runner: str, now: datetime, expires_at: datetime) -> Job | None:
        """Record how an attempt ended: the job ends with it, or is queued anew where its script asks for that.

        Either way its requester is owed a message. None where it is not this runner's any more, or had ended before.
        """
        with self._database.writing() as connection:
            if ending.state is not State.SUCCEEDED:
                mine = select(jobs).where(_run_by(runner, job_id)).with_for_update()
                row = connection.execute(mine).one_or_none()
                if row is not None and _is_followed(row, ending):
                    return self._queue_anew(connection, row, ending, now=now)
            ended_at = ending.ended_at or now
            changes = {**ending_row(ending), "finished_at": ended_at, "expires_at": expires_at, "lease_until": None}
            return self._end(job_id, State.RUNNING, changes, now=now, by=runner)

    def cancel_queued(self, job_id: int, *, by: str, reason: str, now: datetime, expires_at: datetime) -> Job | None:
        """Cancel a job that has not started; None where it has, or is finished."""
        ending = {"state": State.CANCELLED, "reason": reason, "finished_at": now, "expires_at": expires_at}
        asked = {"cancel_requested_at": now, "cancel_requested_by": by}
        return self._end(job_id, State.QUEUED, ending | asked, now=now)

    def request_cancel(self, job_id: int, *, by: str, now: datetime) -> Job | None:
        """Ask the runner to stop a running job; the first to ask is remembered. None where it is not running."""
        moment = literal(now, jobs.c.requested_at.type)
        return self._update(
            (jobs.c.id == job_id) & (jobs.c.state == State.RUNNING),
            cancel_requested_at=func.coalesce(jobs.c.cancel_requested_at, moment),
            cancel_requested_by=func.coalesce(jobs.c.cancel_requested_by, by),
        )

    def warn(self, job_id: int, *, runner: str, now: datetime) -> Job | None:
        """Owe its requester the message that a job's time is running out.

        None where it was owed for this limit, or the job does not run for this runner.
        """
        with self._database.writing() as connection:
            job = self._update(_run_by(runner, job_id), jobs.c.warned_at.is_(None), warned_at=now)
            self._outbox.owe(connection, [] if job is None else [(job, Event.WARNED)], now=now)
            return job

    def grant_time(self, job_id: int, more: timedelta) -> Job | None:
        """Add to the time limit of a running job; None where it does not run, or that is more than may be added."""
        total = func.coalesce(type_coerce(jobs.c.more_time, Float), 0.0) + more.total_seconds()
        may_have = total <= func.coalesce(type_coerce(jobs.c.grantable, Float), 0.0)
        return self._update(
            (jobs.c.id == job_id) & (jobs.c.state == State.RUNNING), may_have, more_time=total, warned_at=None
        )

    def set_progress(self, job_id: int, progress: Progress, *, runner: str) -> bool:
        """Keep what a running job of this runner says of itself; whether it is that."""
        with self._database.writing() as connection:
            row = {"of_job": job_id, "by": runner, "said": progress_row(progress)}
            return connection.execute(_TELL, row).rowcount > 0

    def tell_of_shortage(self, admins: Collection[Requester], *, runner: str, now: datetime) -> bool:
        """Owe administrators, once, that this runner starts no job for want of room; whether nobody is left to be told.

        Nothing is owed before a job waits: nobody has to do anything.
        """
        waiting = self._select(select(jobs).where(jobs.c.state == State.QUEUED).order_by(jobs.c.id).limit(1))
        if not waiting:
            return False
        untold = (shortages.c.runner == runner) & shortages.c.is_told.is_(false())
        with self._database.writing() as connection:
            if connection.execute(update(shortages).where(untold).values(is_told=True)).rowcount:
                for admin in admins:
                    self._outbox.owe(connection, [(waiting[0], Event.SHORTAGE)], now=now, to=admin)
        return True

    def put_back(self, job: Job, *, runner: str, not_before: datetime, attempt: int) -> Job | None:
        """Let a job wait again of which nothing could be begun, as if it had not been claimed; nobody is told.

        ``attempt`` is the number of the last attempt that left records. None where the job is not this runner's any
        more, or is to be cancelled.
        """
        return self._update(
            _run_by(runner, job.id) & (jobs.c.attempt == job.attempt),
            jobs.c.cancel_requested_at.is_(None),
            state=State.QUEUED,
            attempt=attempt,
            not_before=not_before,
            **_UNCLAIMED,
        )

    def set_results_size(self, job_id: int, size_bytes: int | None) -> None:
        """Keep what a job's results take of the disk; None where that is to be found out anew."""
        with self._database.writing() as connection:
            connection.execute(_MEASURE, {"of_job": job_id, "size_bytes": size_bytes})

    def keep_digest(self, job_id: int, digest: str) -> Job | None:
        """Keep that of the script that was requested, where it was not known then; None where one is kept."""
        return self._update(jobs.c.id == job_id, jobs.c.script_digest.is_(None), script_digest=digest)

    def mark_changed(self, job_id: int) -> Job | None:
        """Keep that a job's script was changed since it was requested."""
        return self._update(jobs.c.id == job_id, script_changed=True)

    def remove(self, job_id: int) -> None:
        """Delete the row of a finished job with its messages, and its requester's turn with their last one."""
        with self._database.writing() as connection:
            final = jobs.c.state.not_in(list(UNFINISHED))
            removed = delete(jobs).where(jobs.c.id == job_id, final).returning(jobs.c.user_id)
            for user_id in connection.execute(removed).scalars().all():
                others = select(jobs.c.id).where(jobs.c.user_id == user_id).exists()
                connection.execute(delete(turns).where(turns.c.user_id == user_id, ~others))

    def _update(self, *conditions: ColumnElement[bool], **changes: object) -> Job | None:
        """Change one job that stays in its state; None where the conditions do not hold."""
        with self._database.writing() as connection:
            changed = update(jobs).where(*conditions).values(**changes).returning(jobs)
            row = connection.execute(changed).one_or_none()
            return None if row is None else job_of(row)

    def _end(
        self, job_id: int, old: State, changes: Mapping[str, Any], *, now: datetime, by: str | None = None
    ) -> Job | None:
        """End a job and owe the end message and what its script shares.

        None where it is not in the old state, or not run by that runner.
        """
        check_transition(old, changes["state"])
        statement, runner = (_END, {}) if by is None else (_END_OF_RUNNER, {"by": by})
        with self._database.writing() as connection:
            row = connection.execute(statement, {"of_job": job_id, "old": old, **runner, **changes}).one_or_none()
            if row is None:
                return None
            job = job_of(row)
            self._outbox.owe_end(connection, job, now=now)
            for addresses in (
                self._outbox.file_addresses(connection, job),
                *self._outbox.watchers_files(connection, job),
            ):
                owe_shared(connection, job, addresses, now=now)
            return job

    def _queue_anew(self, connection: Connection, row: Row[Any], ending: Ending, *, now: datetime) -> Job:
        """Record the attempt that ended and put the job back into the queue; the row is locked."""
        ended_at = ending.ended_at or now
        record = {"job_id": row.id, "number": row.attempt, "started_at": row.started_at, "finished_at": ended_at}
        connection.execute(insert(attempts).values(record | ending_row(ending)))
        retries = row.retries
        changes: dict[str, object] = {
            **_NEW_ATTEMPT,
            **_UNCLAIMED,
            "state": State.QUEUED,
            "retry_count": row.retry_count + 1,
            "not_before": ended_at + retries.delay if retries else None,
        }
        changed = update(jobs).where(jobs.c.id == row.id, jobs.c.state == State.RUNNING).values(changes)
        job = job_of(connection.execute(changed.returning(jobs)).one())
        self._outbox.owe(connection, [(job, Event.RETRIED)], now=now)
        return job


def _submitted_before(connection: Connection, submission: str, *, or_else: str) -> Job:
    """The job that a submission made before; QueueFull in these words where it made none."""
    row = connection.execute(SUBMITTED, {"submission": submission}).one_or_none()
    if row is None:
        raise QueueFull(or_else)
    return job_of(row)


def _run_by(runner: str, job_id: int) -> ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.state == State.RUNNING) & (jobs.c.runner == runner)


def _is_followed(row: Row[Any], ending: Ending) -> bool:
    is_asked_to_end = row.cancel_requested_at is not None
    return row.retries is not None and not is_asked_to_end and row.retries.follow(ending, done=row.retry_count)


_SUBMIT = insert(jobs).returning(jobs)
_END = update(jobs).where(jobs.c.id == bindparam("of_job"), jobs.c.state == bindparam("old")).returning(jobs)
_END_OF_RUNNER = _END.where(jobs.c.runner == bindparam("by"))
_TELL = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"), jobs.c.state == State.RUNNING, jobs.c.runner == bindparam("by"))
    .values(progress=bindparam("said"))
)
_MEASURE = update(jobs).where(jobs.c.id == bindparam("of_job")).values(results_bytes=bindparam("size_bytes"))
_RENEW = (
    update(jobs)
    .where(jobs.c.state == State.RUNNING, jobs.c.runner == bindparam("by"))
    .values(lease_until=bindparam("until"))
    .returning(jobs)
)
_START = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"), jobs.c.state == State.QUEUED)
    .values(
        state=State.RUNNING,
        started_at=bindparam("moment"),
        runner=bindparam("by"),
        executor=bindparam("started_by"),
        lease_until=bindparam("until"),
        attempt=jobs.c.attempt + 1,
    )
    .returning(jobs)
)
