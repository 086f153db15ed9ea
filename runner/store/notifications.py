"""Messages owed to people, in the database until they are delivered or given up."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update

from runner.messages import Event, Notification, Trouble
from runner.store.engine import Database
from runner.store.tables import Delivery, notifications


class NotificationStore:
    """All that is asked of, and done to, the notifications table; its rows are made by changes of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, *, now: datetime, channel: str, limit: int) -> list[Notification]:
        """What is to be sent now, oldest first: of each job and channel only the first message still owed."""
        query = (
            select(notifications)
            .where(_first_pending(channel), notifications.c.due_at <= now)
            .order_by(notifications.c.due_at, notifications.c.id)
            .limit(limit)
        )
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
                for row in connection.execute(query)
            ]

    def next_due(self, *, channel: str) -> datetime | None:
        """When the next message of the channel is to be sent; None where nothing is owed."""
        with self._database.reading() as connection:
            query = select(func.min(notifications.c.due_at)).where(_first_pending(channel))
            moment: datetime | None = connection.execute(query).scalar_one()
            return moment

    def mark_delivered(self, notification_id: int, *, now: datetime) -> None:
        """The message was sent."""
        self._settle(notification_id, state=Delivery.DELIVERED, settled_at=now, error=None)

    def mark_retry(self, notification_id: int, *, due_at: datetime, error: str) -> None:
        """The message was not sent; it is tried again at ``due_at``."""
        self._settle(notification_id, due_at=due_at, error=error)

    def mark_undeliverable(self, notification_id: int, *, now: datetime, error: str) -> None:
        """The message cannot be sent and is not tried again."""
        self._settle(notification_id, state=Delivery.UNDELIVERABLE, settled_at=now, error=error)

    def troubles(self, *, job_id: int | None = None, limit: int = 20) -> list[Trouble]:
        """Messages that failed and were not delivered since, newest first: of one job, or of all."""
        query = (
            select(notifications)
            .where(notifications.c.error.is_not(None), notifications.c.state != Delivery.DELIVERED)
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
                    is_given_up=row.state == Delivery.UNDELIVERABLE,
                )
                for row in rows
            ]

    def _settle(self, notification_id: int, **changes: object) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(notifications)
                .where(notifications.c.id == notification_id, notifications.c.state == Delivery.PENDING)
                .values(attempts=notifications.c.attempts + 1, **changes)
            )


def _first_pending(channel: str) -> ColumnElement[bool]:
    earlier = notifications.alias()
    overtaken = (
        select(earlier.c.id)
        .where(
            earlier.c.job_id == notifications.c.job_id,
            earlier.c.channel == channel,
            earlier.c.state == Delivery.PENDING,
            earlier.c.id < notifications.c.id,
        )
        .exists()
    )
    return and_(
        notifications.c.state == Delivery.PENDING,
        notifications.c.channel == channel,
        ~overtaken.correlate(notifications),
    )
