"""The questions to the notifications table about what is owed: from person to person, in an index of their own.

However many messages wait, a look takes a step for each person who is owed something, and reads a few of each.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from runner.jobs import OWN, Event
from runner.store.tables import DeliveryState, jobs, notifications

SETTLE = (
    update(notifications)
    .where(notifications.c.id == bindparam("of_notification"), notifications.c.state == DeliveryState.PENDING)
    .values(attempts=notifications.c.attempts + 1)
)

KEEP_RECEIPT = (
    update(notifications)
    .where(notifications.c.id == bindparam("of_notification"))
    .values(receipt=bindparam("new_receipt"))
)

_the_end = notifications.alias("the_end")


def _of_the_end(column: str) -> ColumnElement[Any]:
    return select(_the_end.c[column]).where(_the_end.c.id == bindparam("of_end")).scalar_subquery()


REVISE = (
    update(notifications)
    .where(
        notifications.c.job_id == _of_the_end("job_id"),
        notifications.c.channel == _of_the_end("channel"),
        notifications.c.recipient == _of_the_end("recipient"),
        notifications.c.state == DeliveryState.DELIVERED,
        notifications.c.receipt.is_not(None),
    )
    .values(state=DeliveryState.PENDING, attempts=0, settled_at=None, due_at=_of_the_end("due_at"))
)
"""Owes the messages once more that offer what is over by a job's end; they are due, and whose to send, as that was."""


_is_quiet_over = (
    (notifications.c.state == literal_column("'quiet'"))
    & (notifications.c.channel == bindparam("of_channel"))
    & (notifications.c.quiet_until <= bindparam("now", type_=notifications.c.quiet_until.type))
)
QUIET_IS_OVER = select(notifications.c.id).where(_is_quiet_over).limit(1)
END_QUIET = (
    update(notifications).where(_is_quiet_over).values(state=DeliveryState.PENDING, due_at=notifications.c.quiet_until)
)

_untold = notifications.alias("untold")
IS_TOLD_OF = (
    select(_untold.c.id)
    .where(
        _untold.c.job_id == jobs.c.id,
        _untold.c.event == Event.UNTOLD,
        _untold.c.state.in_([DeliveryState.PENDING, DeliveryState.QUIET]),
        _untold.c.receipt.is_(None),
    )
    .exists()
)
"""Whether its requester is to be told already which watchers of a job are not."""

_own = notifications.alias("own")
_THREAD = (
    select(_own.c.receipt)
    .where(
        _own.c.job_id == notifications.c.job_id,
        _own.c.channel == notifications.c.channel,
        _own.c.recipient == notifications.c.recipient,
        _own.c.receipt.is_not(None),
        _own.c.event.in_(OWN),
        _own.c.id < notifications.c.id,
    )
    .order_by(_own.c.id)
    .limit(1)
    .correlate(notifications)
    .scalar_subquery()
)
"""The receipt of the job's own message to the same person: the first of its kind that has one."""

MESSAGES = select(notifications, _THREAD.label("thread"))
"""Messages as they are read."""


@lru_cache
def own_messages(*, of_runner: bool) -> Select[Any]:
    """The own messages of jobs in one state, the oldest jobs first."""
    query = MESSAGES.join(jobs, jobs.c.id == notifications.c.job_id).where(
        jobs.c.state == bindparam("of_state"),
        notifications.c.channel == bindparam("of_channel"),
        notifications.c.state == DeliveryState.DELIVERED,
        notifications.c.event.in_(OWN),
        notifications.c.receipt.is_not(None),
        _THREAD.is_(None),
    )
    if of_runner:
        query = query.where((jobs.c.runner == bindparam("by")) | jobs.c.runner.is_(None))
    return query.order_by(jobs.c.id, notifications.c.id).limit(bindparam("most"))


@lru_cache
def firsts(*, of_runner: bool, is_after: bool = False) -> Select[Any]:
    """The first message due of each person; of those who come after ``after`` only, where that is asked."""
    people = _people(is_after=is_after)
    one = notifications.alias("one")
    first = select(one.c.id).where(_in_line(one), one.c.recipient == people.c.recipient, _is_due(one))
    step = _oldest_first(_of_runner(first, one) if of_runner else first, one).limit(1)
    found = step.correlate(people).scalar_subquery()
    return (
        MESSAGES.join_from(people, notifications, notifications.c.id == found)
        .where(people.c.recipient.not_in(bindparam("without", expanding=True)))
        .limit(bindparam("most"))
    )


@lru_cache
def line(*, of_runner: bool) -> Select[Any]:
    """The messages due of one person, of each job the first still owed."""
    query = MESSAGES.where(_in_line(notifications), _to_one_person(), _is_due(notifications))
    return _oldest_first(_of_runner(query, notifications) if of_runner else query, notifications).limit(
        bindparam("most")
    )


@lru_cache
def waiting(*, of_runner: bool) -> Select[Any]:
    """All messages due of one person, but for those about jobs of which an earlier one is put off for a little."""
    earlier = notifications.alias("earlier")
    is_held_up = _waited_for(earlier, notifications).where(~_is_due(earlier)).correlate(notifications).exists()
    query = MESSAGES.where(_owed(notifications), _to_one_person(), _is_due(notifications), ~is_held_up)
    return _oldest_first(_of_runner(query, notifications) if of_runner else query, notifications).limit(
        bindparam("most")
    )


@lru_cache
def next_due(*, of_runner: bool) -> Select[Any]:
    """When the first message is to be sent of all people but those ``without`` names."""
    people = _people(is_after=False)
    one = notifications.alias("one")
    first = select(one.c.due_at).where(_in_line(one), one.c.recipient == people.c.recipient)
    if of_runner:
        first = first.where(_by_runner(one))
    moment = _oldest_first(first, one).limit(1).correlate(people).scalar_subquery()
    return select(func.min(moment, type_=notifications.c.due_at.type)).where(
        people.c.recipient.not_in(bindparam("without", expanding=True))
    )


def _people(*, is_after: bool) -> CTE:
    """Each person who is owed something, in the index's order."""
    one, another = notifications.alias("anybody"), notifications.alias("another")
    start = select(one.c.recipient).where(_owed(one))
    if is_after:
        start = start.where(one.c.recipient > bindparam("after"))
    people = select(start.order_by(one.c.recipient).limit(1).subquery()).cte("people", recursive=True)
    following = select(another.c.recipient).where(_owed(another), another.c.recipient > people.c.recipient)
    step = following.order_by(another.c.recipient).limit(1).correlate(people).scalar_subquery()
    return people.union_all(select(step).where(people.c.recipient.is_not(None)))


def _owed(of: FromClause) -> ColumnElement[bool]:
    """As the index over these has it."""
    channel: BindParameter[str] = bindparam("of_channel")
    return and_(of.c.state == literal_column("'pending'"), of.c.channel == channel)


def _in_line(of: FromClause) -> ColumnElement[bool]:
    """Owed, and the first of its job but for those that are put off for long."""
    earlier = notifications.alias("earlier")
    return and_(_owed(of), ~_waited_for(earlier, of).correlate(of).exists())


def _waited_for(earlier: FromClause, later: FromClause) -> Select[Any]:
    return select(earlier.c.id).where(
        earlier.c.job_id == later.c.job_id,
        earlier.c.channel == bindparam("of_channel"),
        earlier.c.recipient == later.c.recipient,
        earlier.c.state == DeliveryState.PENDING,
        earlier.c.id < later.c.id,
        (earlier.c.due_at <= _moment("soon")) | (earlier.c.attempts == 0),
    )


def _to_one_person() -> ColumnElement[bool]:
    recipient: BindParameter[str] = bindparam("recipient")
    return notifications.c.recipient == recipient


def _is_due(of: FromClause) -> ColumnElement[bool]:
    # what was never tried is due whatever the clock says: it may have been set back since
    return (of.c.due_at <= _moment("now")) | (of.c.attempts == 0)


def _of_runner(query: Select[Any], of: FromClause) -> Select[Any]:
    return query.where(_by_runner(of) | (of.c.due_at < _moment("left_lying")))


def _by_runner(of: FromClause) -> ColumnElement[bool]:
    is_own = (jobs.c.runner == bindparam("by")) | jobs.c.runner.is_(None)
    return exists().where(jobs.c.id == of.c.job_id, is_own)


def _oldest_first(query: Select[Any], of: FromClause) -> Select[Any]:
    return query.order_by(of.c.due_at, of.c.id)


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=notifications.c.due_at.type)
