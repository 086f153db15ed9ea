"""Messages owed to people, in the database until they are delivered or given up."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from runner.jobs import Event, Notification, State, Trouble
from runner.store import owed
from runner.store.engine import Database
from runner.store.mapping import job_of
from runner.store.outbox_writer import OutboxWriter
from runner.store.tables import DeliveryState, jobs, notifications, watchers

_LEFT_LYING = timedelta(hours=2)
"""Longer than any runner that lives leaves a message: the longest back-off is an hour unless it is set otherwise."""

_WAITED_FOR = timedelta(minutes=2)
"""So that the end is told after the start, it waits for one that was put off by that at most."""


class OutboxStore:
    """All that is asked of, and done to, the notifications table; its rows are made by changes of jobs."""

    def __init__(self, database: Database, writer: OutboxWriter, *, runner: str | None = None) -> None:
        self._database = database
        self._writer = writer
        self._runner = runner

    def of(self, runner: str) -> "OutboxStore":
        """The outbox with only those messages due that are this runner's to send, so that no two send the same.

        These are about its own jobs, whose results it has, about those that no runner ever took, which become its own,
        and what another runner has left lying.
        """
        return OutboxStore(self._database, self._writer, runner=runner)

    def due(
        self, *, now: datetime, channel: str, limit: int, after: str | None = None, without: Collection[str] = ()
    ) -> list[Notification]:
        """What is to be sent now, in turns: the oldest of each person, then the next of each, and so on.

        The turns begin with the first recipient who comes after ``after``; those in ``without`` have none. Of each job
        and channel there is only the first message still owed, but for those that are put off for long. It takes a step
        for each person, not for each message. What was held back is among it once the quiet hours are over.
        """
        self._end_quiet(channel, now)
        asked = self._asked(now, channel) | {"most": limit, "without": list(without)}
        with self._database.reading() as connection:
            firsts = self._firsts(connection, asked, after)[:limit]
            share = -(-limit // max(1, len(firsts)))
            lines = [[each] if share == 1 else self._line(connection, asked, each, share) for each in firsts]
        turns = chain.from_iterable(zip_longest(*lines))
        return self._own([each for each in turns if each is not None][:limit])

    def waiting(self, *, now: datetime, channel: str, recipient: str, limit: int) -> list[Notification]:
        """What one person is to be told now, oldest first, with all that is due of each job."""
        asked = self._asked(now, channel) | {"recipient": recipient, "most": limit}
        with self._database.reading() as connection:
            found = connection.execute(owed.waiting(of_runner=self._runner is not None), asked)
            return self._own(_read(found))

    def next_due(self, *, channel: str, without: Collection[str] = (), now: datetime | None = None) -> datetime | None:
        """When the next message of the channel to others than ``without`` is to be sent; None where nothing is owed.

        ``now`` tells which messages are put off for so long that later ones of their job go first.
        """
        soon = datetime.max.replace(tzinfo=UTC) if now is None else now + _WAITED_FOR
        asked = {"of_channel": channel, "without": list(without), "by": self._runner, "soon": soon}
        with self._database.reading() as connection:
            query = owed.next_due(of_runner=self._runner is not None)
            moment: datetime | None = connection.execute(query, asked).scalar_one()
            return moment

    def mark_delivered(
        self,
        *notification_ids: int,
        now: datetime,
        receipts: Mapping[int, str] | None = None,
        ended: Collection[int] = (),
    ) -> None:
        """The messages were sent, together where there are several: all of them are written down or none.

        ``receipts`` say by which those are known that show how their job goes on. They are owed once more when the
        message of its end, one of ``ended``, was sent, and keep their receipts then.
        """
        settled = {"state": DeliveryState.DELIVERED, "settled_at": now, "error": None}
        with self._database.writing() as connection:
            for notification_id in notification_ids:
                receipt = (receipts or {}).get(notification_id)
                found = {"of_notification": notification_id} | ({} if receipt is None else {"receipt": receipt})
                connection.execute(owed.SETTLE, found | settled)
            for notification_id in ended:
                connection.execute(owed.REVISE, {"of_end": notification_id})

    def mark_retry(self, *notification_ids: int, due_at: datetime, error: str) -> None:
        """The messages were not sent; they are tried again at ``due_at``."""
        self._settle(notification_ids, due_at=due_at, error=error)

    def mark_undeliverable(self, *notification_ids: int, now: datetime, error: str) -> None:
        """The messages cannot be sent and are not tried again; requesters are owed which watchers are not told."""
        with self._database.writing():
            self._settle(notification_ids, state=DeliveryState.UNDELIVERABLE, settled_at=now, error=error)
            self._owe_untold(notification_ids, now=now)

    def own_messages(self, *, channel: str, at_most: int) -> list[Notification]:
        """The messages that show how their jobs go on, of so many jobs at most: first those that run, by number."""
        found: list[Notification] = []
        with self._database.reading() as connection:
            for state in (State.RUNNING, State.QUEUED):
                asked = {"of_channel": channel, "by": self._runner, "of_state": state, "most": at_most - len(found)}
                found += _read(connection.execute(owed.own_messages(of_runner=self._runner is not None), asked))
        return found

    def keep_receipt(self, notification_id: int, receipt: str) -> None:
        """A message was made anew, and is known by this receipt from now on."""
        with self._database.writing() as connection:
            connection.execute(owed.KEEP_RECEIPT, {"of_notification": notification_id, "new_receipt": receipt})

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

    def unreached(self, job_id: int) -> list[tuple[str, str]]:
        """The watchers of a job who could not be told how it ended, by name or address, with the reasons."""
        name = func.coalesce(watchers.c.name, notifications.c.recipient).label("name")
        is_theirs = (watchers.c.job_id == notifications.c.job_id) & (watchers.c.user_id == notifications.c.recipient)
        query = (
            select(name, notifications.c.error)
            .join_from(notifications, watchers, is_theirs, isouter=True)
            .where(notifications.c.job_id == job_id, notifications.c.event == Event.WATCHED)
            .where(notifications.c.state == DeliveryState.UNDELIVERABLE)
            .order_by(notifications.c.id)
        )
        with self._database.reading() as connection:
            return [(row.name, row.error) for row in connection.execute(query)]

    def _end_quiet(self, channel: str, now: datetime) -> None:
        """Let those messages go whose recipients' quiet hours are over; each is due as of then."""
        asked = {"of_channel": channel, "now": now}
        with self._database.reading() as connection:
            if connection.execute(owed.QUIET_IS_OVER, asked).first() is None:
                return
        with self._database.writing() as connection:
            connection.execute(owed.END_QUIET, asked)

    def _owe_untold(self, notification_ids: Sequence[int], *, now: datetime) -> None:
        """Owe requesters that watchers of theirs are not told, once for all those that they were not told of yet."""
        query = (
            select(jobs)
            .where(jobs.c.id == notifications.c.job_id, notifications.c.id.in_(notification_ids))
            .where(notifications.c.event == Event.WATCHED, ~owed.IS_TOLD_OF)
        )
        with self._database.writing() as connection:
            about = {row.id: job_of(row) for row in connection.execute(query)}
            self._writer.owe(connection, [(job, Event.UNTOLD) for job in about.values()], now=now)

    def _asked(self, now: datetime, channel: str) -> dict[str, object]:
        moments = {"now": now, "left_lying": now - _LEFT_LYING, "soon": now + _WAITED_FOR}
        return {"of_channel": channel, "by": self._runner, **moments}

    def _firsts(self, connection: Connection, asked: dict[str, object], after: str | None) -> list[Notification]:
        """The first message of each person, from the one whose turn it is round to those before."""
        of_runner = self._runner is not None
        if after is None:
            return _read(connection.execute(owed.firsts(of_runner=of_runner), asked))
        found = _read(connection.execute(owed.firsts(of_runner=of_runner, is_after=True), asked | {"after": after}))
        if len(found) == asked["most"]:
            return found
        seen = {each.id for each in found}
        return found + [each for each in self._firsts(connection, asked, None) if each.id not in seen]

    def _line(
        self, connection: Connection, asked: dict[str, object], first: Notification, length: int
    ) -> list[Notification]:
        query = owed.line(of_runner=self._runner is not None)
        return _read(connection.execute(query, asked | {"recipient": first.recipient, "most": length}))

    def _own(self, found: list[Notification]) -> list[Notification]:
        """Make the jobs this runner's that ended without any, so that only one runner tells of each."""
        if self._runner is None or not found:
            return found
        about = jobs.c.id.in_({each.job_id for each in found})
        with self._database.reading() as connection:
            nobody_s = set(connection.execute(select(jobs.c.id).where(about, jobs.c.runner.is_(None))).scalars())
        if not nobody_s:
            return found
        taking = update(jobs).where(jobs.c.id.in_(nobody_s), jobs.c.runner.is_(None)).values(runner=self._runner)
        with self._database.writing() as connection:
            taken = set(connection.execute(taking.returning(jobs.c.id)).scalars())
        return [each for each in found if each.job_id not in nobody_s or each.job_id in taken]

    def _settle(self, notification_ids: Sequence[int], **changes: object) -> None:
        with self._database.writing() as connection:
            for notification_id in notification_ids:
                connection.execute(owed.SETTLE, {"of_notification": notification_id, **changes})


def _read(rows: Iterable[Row[Any]]) -> list[Notification]:
    return [
        Notification(
            id=row.id,
            job_id=row.job_id,
            event=Event(row.event),
            channel=row.channel,
            recipient=row.recipient,
            attempts=row.attempts,
            created_at=row.created_at,
            receipt=row.receipt,
            thread=row.thread,
            after_quiet=row.quiet_until is not None and row.receipt is None,
        )
        for row in rows
    ]
