"""Lists of jobs, newest first, a page at a time: each condition is looked up in an index, however many jobs there are.

A page begins beside a job's number, so that it stays what it is while jobs arrive.
"""

import heapq
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from runner.jobs import Job, JobFilter, State
from runner.store.engine import Database
from runner.store.mapping import job_of
from runner.store.tables import jobs

ALL = JobFilter()
"""Any job."""


class JobLists:
    """What is listed of the jobs table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, which: JobFilter = ALL, *, limit: int, before: int | None = None, after: int | None = None
    ) -> list[Job]:
        """So many of these jobs, newest first: the newest, those before that number or the next ones after it."""
        beside = jobs.c.id < before if before is not None else jobs.c.id > after if after is not None else None
        is_upward = before is None and after is not None
        with self._database.reading() as connection:
            found = [
                _numbers(connection, branch, beside, limit=limit, is_upward=is_upward)
                for branch in _branches(connection, which)
            ]
            numbers = list(islice(heapq.merge(*found, reverse=not is_upward), limit))
            rows = connection.execute(select(jobs).where(jobs.c.id.in_(numbers)).order_by(jobs.c.id.desc()))
            return [job_of(row) for row in rows]

    def number_of(
        self, which: JobFilter = ALL, *, at_most: int, before: int | None = None, after: int | None = None
    ) -> int:
        """How many of these jobs there are, before that number or after it, counted up to ``at_most``."""
        beside = jobs.c.id < before if before is not None else jobs.c.id > after if after is not None else None
        with self._database.reading() as connection:
            counted = (_count(connection, branch, beside, at_most) for branch in _branches(connection, which))
            return min(sum(counted), at_most)


def _branches(connection: Connection, which: JobFilter) -> Iterator[list[ColumnElement[bool]]]:
    """Conditions for each of which an index has the numbers in their order; what is meant is all of them together."""
    common: list[ColumnElement[bool]] = []
    if which.user_id is not None:
        common.append(jobs.c.user_id == which.user_id)
    if which.script is not None:
        common.append(jobs.c.script == which.script)
    if which.since is not None:
        first = select(jobs.c.id).where(jobs.c.requested_at >= which.since).order_by(jobs.c.requested_at).limit(1)
        number = connection.execute(first).scalar_one_or_none()
        if number is None:
            return
        common += [jobs.c.id >= number]
    if which.states is None and which.script is None:
        yield common
        return
    for state in sorted(State if which.states is None else which.states):
        yield [jobs.c.state == state, *common]


def _numbers(
    connection: Connection,
    branch: list[ColumnElement[bool]],
    beside: ColumnElement[bool] | None,
    *,
    limit: int,
    is_upward: bool,
) -> list[int]:
    query = select(jobs.c.id).where(*branch, *([] if beside is None else [beside])).limit(limit)
    return list(connection.execute(query.order_by(jobs.c.id if is_upward else jobs.c.id.desc())).scalars())


def _count(
    connection: Connection, branch: list[ColumnElement[bool]], beside: ColumnElement[bool] | None, at_most: int
) -> int:
    counted = select(jobs.c.id).where(*branch, *([] if beside is None else [beside])).limit(at_most).subquery()
    return connection.execute(select(func.count()).select_from(counted)).scalar_one()
