"""Files owed to people, in the database until they are sent or given up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, exists, insert, or_, select, update

from runner.jobs import (
    END_BATCH,
    OWN,
    SHARED_AFTER,
    Event,
    FileKind,
    Job,
    OwedFile,
    Requester,
    UnsentFile,
    WantedFile,
)
from runner.store.engine import Database, Serialized, one_at_a_time
from runner.store.mapping import job_of
from runner.store.outbox_writer import Addresses
from runner.store.tables import DeliveryState, jobs, notifications, owed_files, watchers

_LEFT_LYING = timedelta(hours=2)
"""What the runner has not sent for so long that has the files is another's, so that somebody tells of it."""

_WAITED_FOR = timedelta(minutes=2)
"""Files come after the messages of their job, but for those that are put off by more than that."""

_AGAIN_AFTER = timedelta(minutes=1)


class Asked(StrEnum):
    """What became of a wish."""

    OWED = "owed"
    UNDER_WAY = "under way"
    """It is owed to that person already."""
    JUST_SENT = "just sent"


class FileStore:
    """All that is asked of, and done to, the table of owed files. ``addresses`` say where a person gets files."""

    def __init__(self, database: Database, addresses: Addresses, *, runner: str | None = None) -> None:
        self._database = database
        self._addresses = addresses
        self._runner = runner

    def of(self, runner: str) -> "FileStore":
        """The store with only those files due that are this runner's to send: of its jobs, and what is left lying."""
        return FileStore(self._database, self._addresses, runner=runner)

    def ask(  # noqa: PLR0913  # who gets what, by whose wish
        self,
        job: Job,
        wanted: WantedFile,
        *,
        by: Requester,
        to: str | None = None,
        batch: str,
        now: datetime,
    ) -> Asked:
        """Owe a file of a job to whoever asks, or another recipient, in a message that only this ``batch`` has.

        The same is owed once only, and again a minute after it was sent.
        """
        for channel, address in self._addresses(by, Event.UNSENT).items():
            row = _row(job, wanted, channel, to or address) | {"batch": batch, "created_at": now, "due_at": now}
            with self._database.writing() as connection:
                one_at_a_time(connection, Serialized.FILES)
                if known := _asked_before(connection, row, now=now):
                    return known
                connection.execute(_OWE, row)
        return Asked.OWED

    def next_batch(
        self, *, now: datetime, channel: str, after: str | None, without: Collection[str] = ()
    ) -> list[OwedFile]:
        """What is owed in one message, to the recipient who comes after ``after``; empty where nothing is due."""
        asked = {"of_channel": channel, "by": self._runner, "now": now, "without": list(without)}
        asked |= {"left_lying": now - _LEFT_LYING, "soon": now + _WAITED_FOR}
        with self._database.reading() as connection:
            row = None
            if after is not None:
                row = connection.execute(_FIRST_AFTER, asked | {"after": after}).one_or_none()
            if row is None:
                row = connection.execute(_FIRST, asked).one_or_none()
            return [] if row is None else [_read(each) for each in connection.execute(_BATCH, _of_batch(row))]

    def next_due(self, *, channel: str, now: datetime) -> datetime | None:
        """When the next file is to be sent that is not due yet."""
        with self._database.reading() as connection:
            found = connection.execute(_NEXT, {"of_channel": channel, "now": now, "by": self._runner})
            moment: datetime | None = found.scalar_one_or_none()
            return moment

    def decide(self, shared: OwedFile, names: Sequence[str], *, now: datetime) -> None:
        """Owe these results in the place of what was to be found out."""
        with self._database.writing() as connection:
            settled = connection.execute(_SETTLE, {"of_file": shared.id, **_delivered(now)})
            if settled.rowcount and names:
                same = {"job_id": shared.job_id, "channel": shared.channel, "recipient": shared.recipient}
                same |= {"batch": shared.batch, "created_at": shared.created_at, "due_at": now}
                same |= {"kind": FileKind.RESULT, "state": DeliveryState.PENDING}
                connection.execute(_OWE, [same | {"name": name} for name in names])

    def keep_ticket(self, file_id: int, ticket: str | None) -> None:
        """Its content is in Slack by that name, or is not any more."""
        with self._database.writing() as connection:
            connection.execute(_KEEP_TICKET, {"of_file": file_id, "new_ticket": ticket})

    def mark_delivered(self, files: Sequence[OwedFile], *, now: datetime) -> None:
        """They were sent, together where there are several: all of them are written down or none."""
        self._settle(files, **_delivered(now))

    def mark_retry(self, files: Sequence[OwedFile], *, due_at: datetime, error: str) -> None:
        """They were not sent, and are tried again at ``due_at``."""
        self._settle(files, due_at=due_at, error=error)

    def mark_undeliverable(self, files: Sequence[OwedFile], *, now: datetime, error: str) -> None:
        """They are not sent any more; the recipient is owed a message once nothing more of their batch is owed."""
        self._settle(files, state=DeliveryState.UNDELIVERABLE, settled_at=now, error=error)

    def unsent(self, job_id: int, *, at_most: int = 20) -> list[UnsentFile]:
        """The files of a job that were given up, the last first."""
        given_up = (owed_files.c.job_id == job_id) & (owed_files.c.state == DeliveryState.UNDELIVERABLE)
        query = select(owed_files).where(given_up).order_by(owed_files.c.id.desc()).limit(at_most)
        with self._database.reading() as connection:
            rows = connection.execute(query)
            return [UnsentFile(kind=FileKind(row.kind), name=row.name, reason=row.error or "") for row in rows]

    def _settle(self, files: Sequence[OwedFile], **changes: object) -> None:
        with self._database.writing() as connection:
            for file in files:
                connection.execute(_SETTLE, {"of_file": file.id, **changes})
            for file in {each.batch: each for each in files}.values():
                now = changes.get("settled_at")
                if now is not None and not connection.execute(_BATCH, _of_batch(file)).first():
                    self._tell_of_unsent(connection, file, now=now)

    def _tell_of_unsent(self, connection: Connection, file: OwedFile, *, now: object) -> None:
        """Owe a message where some of a batch were given up: of what watchers were to get, to the job's requester."""
        if not connection.execute(_GIVEN_UP, _of_batch(file)).first():
            return
        recipient: str | None = file.recipient
        if connection.execute(_IS_WATCHER, {"of_job": file.job_id, "to": file.recipient}).first():
            job = job_of(connection.execute(select(jobs).where(jobs.c.id == file.job_id)).one())
            recipient = self._addresses(job.requester, Event.UNSENT).get(file.channel)
        if recipient:
            row = {"job_id": file.job_id, "channel": file.channel, "recipient": recipient, "event": Event.UNSENT}
            row |= {"state": DeliveryState.PENDING, "created_at": now, "due_at": now}
            connection.execute(insert(notifications), row)


def owe_shared(connection: Connection, job: Job, addresses: Mapping[str, str], *, now: datetime) -> None:
    """Owe what a job's script shares to these addresses, by channel, within the transaction of its end."""
    if job.state not in SHARED_AFTER or job.share == () or job.started_at is None:
        return
    for channel, address in addresses.items():
        row = _row(job, WantedFile(kind=FileKind.SHARED), channel, address)
        connection.execute(_OWE, row | {"batch": END_BATCH, "created_at": now, "due_at": now})


def _row(job: Job, wanted: WantedFile, channel: str, recipient: str) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "kind": wanted.kind,
        "name": wanted.name,
        "channel": channel,
        "recipient": recipient,
        "size_bytes": wanted.size_bytes,
        "state": DeliveryState.PENDING,
    }


def _asked_before(connection: Connection, row: dict[str, Any], *, now: datetime) -> Asked | None:
    same = [owed_files.c[name] == row[name] for name in ("job_id", "kind", "name", "channel", "recipient")]
    is_sent = and_(
        owed_files.c.state == DeliveryState.DELIVERED,
        owed_files.c.settled_at > now - _AGAIN_AFTER,
        owed_files.c.size_bytes.is_not_distinct_from(row["size_bytes"]),
    )
    recent = select(owed_files.c.state).where(*same, or_(owed_files.c.state == DeliveryState.PENDING, is_sent))
    states = set(connection.execute(recent).scalars())
    if DeliveryState.PENDING in states:
        return Asked.UNDER_WAY
    return Asked.JUST_SENT if states else None


def _delivered(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.DELIVERED, "settled_at": now, "error": None}


def _of_batch(file: Row[Any] | OwedFile) -> dict[str, Any]:
    return {"of_job": file.job_id, "of_batch": file.batch, "of_channel": file.channel, "to": file.recipient}


def _read(row: Row[Any]) -> OwedFile:
    return OwedFile(
        id=row.id,
        job_id=row.job_id,
        kind=FileKind(row.kind),
        name=row.name,
        channel=row.channel,
        recipient=row.recipient,
        batch=row.batch,
        attempts=row.attempts,
        created_at=row.created_at,
        ticket=row.ticket,
        size_bytes=row.size_bytes,
        thread=row.thread if row.batch == END_BATCH else None,
    )


_about = and_(
    notifications.c.job_id == owed_files.c.job_id,
    notifications.c.channel == owed_files.c.channel,
    notifications.c.recipient == owed_files.c.recipient,
)
_THREAD = (
    select(notifications.c.receipt)
    .where(_about, notifications.c.receipt.is_not(None), notifications.c.event.in_(OWN))
    .order_by(notifications.c.id)
    .limit(1)
    .correlate(owed_files)
    .scalar_subquery()
)
_moment = notifications.c.due_at.type
_is_held_back = and_(notifications.c.state == DeliveryState.QUIET, owed_files.c.batch == END_BATCH)
"""Who asks for a file gets it in their quiet hours too."""

_is_waited_for = and_(
    notifications.c.state == DeliveryState.PENDING,
    or_(notifications.c.due_at <= bindparam("soon", type_=_moment), notifications.c.attempts == 0),
)
_IS_AFTER_MESSAGES = ~exists().where(
    _about,
    notifications.c.receipt.is_(None),
    or_(_is_held_back, _is_waited_for),
)
_IS_OWED = and_(
    owed_files.c.state == DeliveryState.PENDING,
    owed_files.c.channel == bindparam("of_channel", type_=jobs.c.runner.type),
)
_IS_OURS = exists().where(
    jobs.c.id == owed_files.c.job_id,
    or_(
        bindparam("by", type_=jobs.c.runner.type).is_(None),
        jobs.c.runner == bindparam("by", type_=jobs.c.runner.type),
        jobs.c.runner.is_(None),
    ),
)


def _firsts(*conditions: ColumnElement[bool]) -> Select[Any]:
    is_due = owed_files.c.due_at <= bindparam("now", type_=_moment)
    is_ours = or_(_IS_OURS, owed_files.c.due_at < bindparam("left_lying", type_=_moment))
    is_free = owed_files.c.recipient.not_in(bindparam("without", expanding=True))
    return (
        select(owed_files)
        .where(_IS_OWED, is_due, is_ours, is_free, _IS_AFTER_MESSAGES, *conditions)
        .order_by(owed_files.c.recipient, owed_files.c.due_at, owed_files.c.id)
        .limit(1)
    )


_FIRST = _firsts()
_FIRST_AFTER = _firsts(owed_files.c.recipient > bindparam("after"))
_IN_BATCH = and_(
    owed_files.c.job_id == bindparam("of_job"),
    owed_files.c.batch == bindparam("of_batch"),
    owed_files.c.channel == bindparam("of_channel"),
    owed_files.c.recipient == bindparam("to"),
)
_BATCH = (
    select(owed_files, _THREAD.label("thread"))
    .where(_IN_BATCH, owed_files.c.state == DeliveryState.PENDING)
    .order_by(owed_files.c.id)
)
_GIVEN_UP = select(owed_files.c.id).where(_IN_BATCH, owed_files.c.state == DeliveryState.UNDELIVERABLE).limit(1)
_NEXT = (
    select(owed_files.c.due_at)
    .where(_IS_OWED, _IS_OURS, owed_files.c.due_at > bindparam("now", type_=_moment))
    .order_by(owed_files.c.due_at)
    .limit(1)
)
_SETTLE = (
    update(owed_files)
    .where(owed_files.c.id == bindparam("of_file"), owed_files.c.state == DeliveryState.PENDING)
    .values(attempts=owed_files.c.attempts + 1)
)
_KEEP_TICKET = (
    update(owed_files)
    .where(owed_files.c.id == bindparam("of_file"), owed_files.c.state == DeliveryState.PENDING)
    .values(ticket=bindparam("new_ticket"))
)
_IS_WATCHER = select(watchers.c.user_id).where(
    watchers.c.job_id == bindparam("of_job"), watchers.c.user_id == bindparam("to")
)
_OWE = insert(owed_files)
