"""The time by which stored moments count: it goes on evenly, and what is stored follows where the clock is set."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, delete, insert, select, true, update

from runner.jobs import UNFINISHED, State
from runner.store.engine import Database
from runner.store.tables import DeliveryState, clock_steps, jobs, notifications, owed_files, presets, turns
from runner.system.clock import Clock, Monotonic

_log = logging.getLogger(__name__)
_LEAST_STEP = timedelta(seconds=2)  # adjtimex(2) has a clock go faster by 1.8 s an hour at most; more was set
_READING_SECONDS = 0.01
_READINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """When the machine was started, by the clock as it was followed last; when that was last set, and by how much."""

    boot: str
    zero: datetime
    set_at: datetime | None = None
    set_by: timedelta = timedelta()


class SteadyClock:
    """Tells the time by how long the machine has been up since it was started, by its clock.

    Where that clock is set, by a person or the network, whatever waits would wait too long or not at all. This one goes
    on as before, until ``follow`` moves all stored moments that something is counted from, and this clock with them.
    Over a restart of the machine only its clock tells how much time has passed.
    """

    def __init__(self, database: Database, *, clock: Clock, uptime: Monotonic, boot: str) -> None:
        self._database = database
        self._clock = clock
        self._uptime = uptime
        self._boot = boot
        self._is_followed = False
        self.zero = self._measure()
        """When the machine was started, by this clock."""

    def __call__(self) -> datetime:
        """The present moment."""
        return self.zero + timedelta(seconds=self._uptime())

    def follow(self) -> None:
        """Go by the machine's clock again where that was set, also before we ran; StoreError, and nothing has moved."""
        measured = self._measure()
        if self._is_followed and abs(measured - self.zero) < _LEAST_STEP:
            return
        with self._database.writing() as connection:
            zero = self._followed(connection, measured)
        self.zero = zero
        self._is_followed = True

    def age(self, modified_at: datetime) -> timedelta:
        """How old a file is, whose own moment does not move when the clock is set."""
        with self._database.reading() as connection:
            last = _last_step(connection)
        now = self()
        if last is None or last.set_at is None:
            return now - modified_at
        is_set_forward = last.set_by > timedelta()
        is_from_before = modified_at <= last.set_at - last.set_by if is_set_forward else modified_at > now
        return now - modified_at - (last.set_by if is_from_before else timedelta())

    def _followed(self, connection: Connection, measured: datetime) -> datetime:
        """Move what is stored by as much as the clock was set since it was followed last; when the machine started."""
        last = _last_step(connection)
        if last is None or last.boot != self._boot:
            _keep(connection, replace(last or _Step(boot="", zero=measured), boot=self._boot, zero=measured))
            return measured
        by = measured - last.zero
        if abs(by) < _LEAST_STEP:
            return last.zero
        now = measured + timedelta(seconds=self._uptime())
        _move(connection, by, before=now - by)
        _keep(connection, _Step(boot=self._boot, zero=measured, set_at=now, set_by=by))
        _log.warning("the machine's clock was set by %s; whatever waits goes on waiting as long as it would have", by)
        return measured

    def _measure(self) -> datetime:
        """When the machine was started, by its clock as it is now."""
        for _ in range(_READINGS):
            before = self._uptime()
            now = self._clock()
            if self._uptime() - before < _READING_SECONDS:
                break  # nothing held us up between the two
        return now - timedelta(seconds=before)


def _last_step(connection: Connection) -> _Step | None:
    row = connection.execute(select(clock_steps)).one_or_none()
    return None if row is None else _Step(boot=row.boot, zero=row.zero, set_at=row.set_at, set_by=row.set_by)


def _keep(connection: Connection, step: _Step) -> None:
    connection.execute(delete(clock_steps))
    connection.execute(insert(clock_steps).values(id=1, **asdict(step)))


def _move(connection: Connection, by: timedelta, *, before: datetime) -> None:
    """Move what is counted from, if it was written before the clock was set, and all that is waited for."""
    for column, which in _COUNTED_FROM:
        _move_column(connection, column, which & (column <= before), by)
    for column, which in _WAITED_FOR:
        _move_column(connection, column, which, by)
    later = jobs.c.front - by // timedelta(microseconds=1)
    connection.execute(update(jobs).where(_WAITS, jobs.c.front < 0).values(front=later))


def _move_column(connection: Connection, column: Column[Any], which: ColumnElement[bool], by: timedelta) -> None:
    keys = list(column.table.primary_key)
    rows = connection.execute(select(column.label("moment"), *keys).where(which, column.is_not(None))).mappings().all()
    of_row = and_(*(key == bindparam(f"of_{key.name}") for key in keys))
    statement = update(column.table).where(of_row).values({column.name: bindparam("moved", type_=column.type)})
    changes = [{"moved": row["moment"] + by} | {f"of_{key.name}": row[key.name] for key in keys} for row in rows]
    if changes:
        connection.execute(statement, changes)


_WAITS = jobs.c.state == State.QUEUED
_IS_UNFINISHED = jobs.c.state.in_(list(UNFINISHED))
_IS_OWED = notifications.c.state.in_([DeliveryState.PENDING, DeliveryState.QUIET])
_FILE_IS_OWED = owed_files.c.state == DeliveryState.PENDING
_COUNTED_FROM: Sequence[tuple[Column[Any], ColumnElement[bool]]] = (
    (jobs.c.requested_at, _IS_UNFINISHED),
    (jobs.c.started_at, _IS_UNFINISHED),
    (jobs.c.warned_at, _IS_UNFINISHED),
    (jobs.c.passed_at, _IS_UNFINISHED),
    (turns.c.started_at, true()),
    (presets.c.saved_at, true()),
    (notifications.c.created_at, _IS_OWED),
    (owed_files.c.created_at, _FILE_IS_OWED),
)
_WAITED_FOR: Sequence[tuple[Column[Any], ColumnElement[bool]]] = (
    (jobs.c.lease_until, _IS_UNFINISHED),
    (jobs.c.not_before, _IS_UNFINISHED),
    (jobs.c.expires_at, true()),
    (notifications.c.due_at, _IS_OWED),
    (owed_files.c.due_at, _FILE_IS_OWED),
)
