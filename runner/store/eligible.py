"""The jobs that may start, in lines of one person and script each; only the rows that are asked for are looked at.

All that is done here is done within the transaction of whoever asks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Row,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    update,
)

from runner.jobs import Progress, State
from runner.scheduling import Limits, Reported, Running, Scheduler, Turn, Waiting
from runner.store.dialects import insert_of
from runner.store.mapping import progress_of
from runner.store.tables import jobs, pauses, turns

_NO_LIMIT = timedelta(days=3650)

_PLACES = table("jobs", *map(column, ("id", "user_id", "script", "front", "state", "held_at", "not_before")))
"""What says where jobs stand in line: an alias of all their columns takes ten times the memory."""


def in_line(of: FromClause = jobs) -> ColumnElement[bool]:
    """Whether a job may start; written out, not bound, since only so is the index found that holds just these."""
    return and_(
        of.c.state == literal_column("'queued'"),
        of.c.held_at.is_(None),
        of.c.not_before.is_(None),
    )


def gate(connection: Connection, *, now: datetime) -> bool:
    """Whether jobs may start; those join their lines again whose next attempt may."""
    is_paused, are_put_off = connection.execute(_GATE, {"now": now}).one()
    if are_put_off:
        connection.execute(_LET_IN, {"now": now})
    return not is_paused


def queue(connection: Connection, limits: Limits, *, now: datetime, without: Collection[str] = ()) -> Scheduler:
    """The first job of each line but those of some people, and all that run."""
    waiting, turns = read(connection.execute(_FIRSTS).all())
    waiting = [job for job in waiting if job.user_id not in without] if without else waiting
    return Scheduler(limits, waiting=waiting, running=running(connection) if waiting else (), turns=turns, now=now)


def seen(connection: Connection, *, depth: int) -> tuple[Sequence[Row[Any]], set[tuple[str, str]]]:
    """The first so many jobs of each line, and the lines that go on behind those."""
    rows = connection.execute(_SEEN, {"depth": depth}).all()
    return rows, {(row.user_id, row.script) for row in rows if row.rank == depth}


def delayed(connection: Connection, *, limit: int) -> Sequence[Any]:
    """The jobs that wait for their next attempt, the soonest first, with the moment of it."""
    return connection.execute(_DELAYED, {"most": limit}).all()


def line_count(connection: Connection) -> int:
    """How many lines there are."""
    return connection.execute(_COUNT).scalar_one()


def first(connection: Connection, *, user_id: str, script: str) -> Waiting | None:
    """The first job of a line."""
    waiting, _ = read(connection.execute(_FIRST, {"of_user": user_id, "of_script": script}).all())
    return waiting[0] if waiting else None


def running(connection: Connection) -> list[Running]:
    """All jobs that run, whoever runs them."""
    return [
        Running(
            id=row.id,
            user_id=row.user_id,
            script=row.script,
            cpus=row.cpus,
            memory_bytes=row.memory_bytes or 0,
            concurrency=row.concurrency,
            time_limit=(row.time_limit or _NO_LIMIT) + (row.more_time or timedelta()),
            started_at=row.started_at,
            reported=None if row.progress is None else _reported(progress_of(row.progress)),
        )
        for row in connection.execute(_RUNNING)
    ]


def _reported(progress: Progress) -> Reported | None:
    if progress.percent is None or progress.percent_after is None:
        return None
    return Reported(share=progress.percent / 100, after=progress.percent_after)


def read(rows: Iterable[Any]) -> tuple[list[Waiting], dict[str, Turn]]:
    """What the order depends on: the jobs, and the last starts of their people. The columns are those of ``_facts``."""
    waiting: list[Waiting] = []
    turns: dict[str, Turn] = {}
    for row in rows:  # by place, not by name: a claim reads hundreds
        job_id, user_id, script, cpus, memory, concurrency, limit, requested_at, priority, front, passed_at = row[:11]
        waiting.append(
            Waiting(
                id=job_id,
                user_id=user_id,
                script=script,
                cpus=cpus,
                memory_bytes=memory or 0,
                concurrency=concurrency,
                time_limit=limit or _NO_LIMIT,
                requested_at=requested_at,
                priority=priority,
                front=front,
                passed_at=passed_at,
            )
        )
        if row[12] is not None and user_id not in turns:
            turns[user_id] = Turn(started_at=row[11], number=row[12])
    return waiting, turns


def note_passed(connection: Connection, passed: Mapping[int, datetime]) -> None:
    """Keep when jobs were first overtaken."""
    for job_id, moment in passed.items():
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == State.QUEUED, jobs.c.passed_at.is_(None))
            .values(passed_at=moment)
        )


def note_turn(connection: Connection, user_id: str, *, now: datetime) -> None:
    """Keep that a person's job started, the last of all so far."""
    connection.execute(_noting_turn(connection.dialect.name), {"user_id": user_id, "started_at": now})


def _facts(of: FromClause) -> Iterator[ColumnElement[Any]]:
    """What ``read`` reads, in this order."""
    for name in ("id", "user_id", "script", "cpus", "memory_bytes", "concurrency", "time_limit", "requested_at"):
        yield of.c[name]
    yield from (of.c.priority, of.c.front, of.c.passed_at)
    yield turns.c.started_at.label("turn_started_at")
    yield turns.c.number.label("turn_number")


def _firsts() -> CTE:
    """From each line to the next: to the person's next script, else to the next person's first.

    Two steps in place of one comparison of pairs, for which SQLite 3.40 uses but the first column of the index.
    """
    start = select(jobs.c.user_id, jobs.c.script, jobs.c.front, jobs.c.id).where(in_line())
    found = select(start.order_by(jobs.c.user_id, jobs.c.script, jobs.c.front, jobs.c.id).limit(1).subquery())
    lines = found.cte("lines", recursive=True)
    own, others, following = _PLACES.alias("own"), _PLACES.alias("others"), _PLACES.alias("following")
    next_of_person = (
        select(own.c.id)
        .where(in_line(own), own.c.user_id == lines.c.user_id, own.c.script > lines.c.script)
        .order_by(own.c.script, own.c.front, own.c.id)
    )
    next_person = (
        select(others.c.id)
        .where(in_line(others), others.c.user_id > lines.c.user_id)
        .order_by(others.c.user_id, others.c.script, others.c.front, others.c.id)
    )
    step = func.coalesce(_one(next_of_person, lines), _one(next_person, lines))
    columns = select(following.c.user_id, following.c.script, following.c.front, following.c.id)
    return lines.union_all(columns.join_from(lines, following, following.c.id == step))


def _first_few(firsts: CTE) -> CTE:
    """From the first job of each line to the next ones, as far as ``depth``."""
    start = select(firsts.c.user_id, firsts.c.script, firsts.c.front, firsts.c.id, literal_column("1").label("rank"))
    few = start.cte("few", recursive=True)
    beside, behind, following = _PLACES.alias("beside"), _PLACES.alias("behind"), _PLACES.alias("next")

    def line(of: FromClause) -> ColumnElement[bool]:
        return and_(in_line(of), of.c.user_id == few.c.user_id, of.c.script == few.c.script)

    same_front = select(beside.c.id).where(line(beside), beside.c.front == few.c.front, beside.c.id > few.c.id)
    next_front = select(behind.c.id).where(line(behind), behind.c.front > few.c.front)
    step = func.coalesce(
        _one(same_front.order_by(beside.c.id), few), _one(next_front.order_by(behind.c.front, behind.c.id), few)
    )
    columns = select(following.c.user_id, following.c.script, following.c.front, following.c.id, few.c.rank + 1)
    return few.union_all(
        columns.join_from(few, following, following.c.id == step).where(few.c.rank < bindparam("depth"))
    )


def _one(query: Select[tuple[int]], around: CTE) -> ColumnElement[int]:
    return query.limit(1).correlate(around).scalar_subquery()


def _with_facts(found: CTE, *more: ColumnElement[Any]) -> Select[Any]:
    joined = found.join(jobs, jobs.c.id == found.c.id).outerjoin(turns, turns.c.user_id == jobs.c.user_id)
    return select(*_facts(jobs), *more).select_from(joined)


@cache
def _noting_turn(dialect: str) -> Insert:
    last = select(func.coalesce(func.max(turns.c.number), 0) + 1).scalar_subquery()
    statement = insert_of(dialect)(turns).values(
        user_id=bindparam("user_id"), started_at=bindparam("started_at", type_=turns.c.started_at.type), number=last
    )
    replaced = {name: statement.excluded[name] for name in ("started_at", "number")}
    noting: Insert = statement.on_conflict_do_update(index_elements=[turns.c.user_id], set_=replaced)
    return noting


def _put_off() -> ColumnElement[bool]:
    return and_(jobs.c.state == literal_column("'queued'"), jobs.c.not_before.is_not(None))


_now = bindparam("now", type_=jobs.c.not_before.type)
_GATE = select(select(pauses.c.id).exists(), select(jobs.c.id).where(_put_off(), jobs.c.not_before <= _now).exists())
_LET_IN = update(jobs).where(_put_off(), jobs.c.not_before <= _now).values(not_before=None)
_firsts_found = _firsts()
_few_found = _first_few(_firsts_found)
_FIRSTS = _with_facts(_firsts_found)
_SEEN = _with_facts(_few_found, _few_found.c.rank)
_FIRST = (
    select(*_facts(jobs))
    .select_from(jobs.outerjoin(turns, turns.c.user_id == jobs.c.user_id))
    .where(in_line(), jobs.c.user_id == bindparam("of_user"), jobs.c.script == bindparam("of_script"))
    .order_by(jobs.c.front, jobs.c.id)
    .limit(1)
)
_COUNT = select(func.count()).select_from(_firsts_found)
_DELAYED = (
    select(*_facts(jobs), jobs.c.not_before)
    .select_from(jobs.outerjoin(turns, turns.c.user_id == jobs.c.user_id))
    .where(_put_off(), jobs.c.held_at.is_(None))
    .order_by(jobs.c.not_before)
    .limit(bindparam("most"))
)
_RUNNING = select(
    *(jobs.c[name] for name in ("id", "user_id", "script", "cpus", "memory_bytes", "concurrency", "started_at")),
    jobs.c.time_limit,
    jobs.c.more_time,
    jobs.c.progress,
).where(jobs.c.state == State.RUNNING)
