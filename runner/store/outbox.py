"""Messages owed to people, in the database until they are delivered or given up."""

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, select, update

from runner.jobs import Event, Notification, Trouble
from runner.store.engine import Database
from runner.store.tables import DeliveryState, jobs, notifications

_LEFT_LYING = timedelta(hours=2)
"""Longer than any runner that lives leaves a message: the longest back-off is an hour unless it is set otherwise."""


class OutboxStore:
    """All that is asked of, and done to, the notifications table; its rows are made by changes of jobs."""

    def __init__(self, database: Database, *, runner: str | None = None) -> None:
        self._database = database
        self._runner = runner

    def of(self, runner: str) -> "OutboxStore":
        """The outbox with only those messages due that are this runner's to send, so that no two send the same.

        These are about its own jobs, whose results it has, about those that no runner ever took, which become its own,
        and what another runner has left lying.
        """
        return OutboxStore(self._database, runner=runner)

    def due(self, *, now: datetime, channel: str, limit: int) -> list[Notification]:
        """What is to be sent now, oldest first: of each job and channel only the first message still owed."""
        query, asked = _DUE, {"of_channel": channel, "now": now, "most": limit}
        if self._runner is not None:
            self._take(self._runner, now=now, channel=channel)
            query, asked = _DUE_OF_RUNNER, asked | {"by": self._runner, "left_lying": now - _LEFT_LYING}
        with self._database.reading() as connection:
            return [
                Notification(
                    id=row.id,
                    job_id=row.job_id,
                    event=Event(row.event),
                    channel=row.channel,
                    recipient=row.recipient,
                    attempts=row.attempts,
                    created_at=row.created_at,
                )
                for row in connection.execute(query, asked)
            ]

    def next_due(self, *, channel: str) -> datetime | None:
        """When the next message of the channel is to be sent; None where nothing is owed."""
        query, asked = _NEXT, {"of_channel": channel}
        if self._runner is not None:
            query, asked = _NEXT_OF_RUNNER, asked | {"by": self._runner}
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query, asked).scalar_one()
            return moment

    def mark_delivered(self, notification_id: int, *, now: datetime) -> None:
        """The message was sent."""
        self._settle(notification_id, state=DeliveryState.DELIVERED, settled_at=now, error=None)

    def mark_retry(self, notification_id: int, *, due_at: datetime, error: str) -> None:
        """The message was not sent; it is tried again at ``due_at``."""
        self._settle(notification_id, due_at=due_at, error=error)

    def mark_undeliverable(self, notification_id: int, *, now: datetime, error: str) -> None:
        """The message cannot be sent and is not tried again."""
        self._settle(notification_id, state=DeliveryState.UNDELIVERABLE, settled_at=now, error=error)

    def troubles(self, *, job_id: int | None = None, limit: int = 20) -> list[Trouble]:
        """Messages that failed and were not delivered since, newest first: of one job, or of all."""
        query = (
            select(notifications)
            .where(notifications.c.error.is_not(None), notifications.c.state != DeliveryState.DELIVERED)
            .order_by(notifications.c.id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query if job_id is None else query.where(notifications.c.job_id == job_id))
            return [
                Trouble(
                    job_id=row.job_id,
                    event=Event(row.event),
                    channel=row.channel,
                    attempts=row.attempts,
                    error=row.error,
                    is_given_up=row.state == DeliveryState.UNDELIVERABLE,
                )
                for row in rows
            ]

    def _take(self, runner: str, *, now: datetime, channel: str) -> None:
        """Make the jobs this runner's that ended without any, so that only one runner tells of each."""
        asked = {"of_channel": channel, "now": now}
        with self._database.reading() as connection:
            if connection.execute(_ANY_WITHOUT_RUNNER, asked).first() is None:
                return
        with self._database.writing() as connection:
            connection.execute(_TAKE, asked | {"by": runner})

    def _settle(self, notification_id: int, **changes: object) -> None:
        with self._database.writing() as connection:
            connection.execute(_SETTLE, {"of_notification": notification_id, **changes})


def _first_pending() -> ColumnElement[bool]:
    earlier = notifications.alias()
    channel: BindParameter[str] = bindparam("of_channel")
    overtaken = (
        select(earlier.c.id)
        .where(
            earlier.c.job_id == notifications.c.job_id,
            earlier.c.channel == channel,
            earlier.c.recipient == notifications.c.recipient,
            earlier.c.state == DeliveryState.PENDING,
            earlier.c.id < notifications.c.id,
        )
        .exists()
    )
    return and_(
        notifications.c.state == DeliveryState.PENDING,
        notifications.c.channel == channel,
        ~overtaken.correlate(notifications),
    )


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=notifications.c.due_at.type)


_sent_by_runner = exists().where(
    jobs.c.id == notifications.c.job_id, (jobs.c.runner == bindparam("by")) | jobs.c.runner.is_(None)
)
# what was never tried is due whatever the clock says: it may have been set back since
_is_due = (notifications.c.due_at <= _moment("now")) | (notifications.c.attempts == 0)
_DUE = (
    select(notifications)
    .where(_first_pending(), _is_due)
    .order_by(notifications.c.due_at, notifications.c.id)
    .limit(bindparam("most"))
)
_DUE_OF_RUNNER = _DUE.where(_sent_by_runner | (notifications.c.due_at < _moment("left_lying")))
_NEXT = select(func.min(notifications.c.due_at)).where(_first_pending())
_NEXT_OF_RUNNER = _NEXT.where(_sent_by_runner)
_WITHOUT_RUNNER = select(notifications.c.job_id).join(jobs).where(_first_pending(), _is_due, jobs.c.runner.is_(None))
_ANY_WITHOUT_RUNNER = _WITHOUT_RUNNER.limit(1)
_TAKE = update(jobs).where(jobs.c.id.in_(_WITHOUT_RUNNER), jobs.c.runner.is_(None)).values(runner=bindparam("by"))
_SETTLE = (
    update(notifications)
    .where(notifications.c.id == bindparam("of_notification"), notifications.c.state == DeliveryState.PENDING)
    .values(attempts=notifications.c.attempts + 1)
)
