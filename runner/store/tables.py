"""The tables, as SQLAlchemy Core knows them."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 2
"""Raised with every change of the tables, which needs its migration; a database of a newer version is refused."""

metadata = MetaData()


class Delivery(StrEnum):
    """What became of a message that was owed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite drops time zones, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: they mean another time on another machine."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


schema = Table("schema_version", metadata, Column("version", Integer, nullable=False))

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission", String(255), nullable=False, unique=True),
    Column("script", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("team_id", String(64), nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("exit_code", Integer),
    Column("requested_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("expires_at", Moment),
    Column("cancel_requested_at", Moment),
    Column("cancel_requested_by", Text),
    Column("attempt", Integer, nullable=False, default=0),
    Column("runner", Text),
    Column("lease_until", Moment),
    Index("jobs_by_state", "state", "id"),
    Index("jobs_by_requester", "user_id", "id"),
    Index("jobs_by_script", "script", "state", "id"),
    sqlite_autoincrement=True,  # a number is never given twice, even after the newest row was deleted
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(16), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("error", Text),
    Index("notifications_due", "state", "channel", "due_at"),
    Index("notifications_of_job", "job_id", "channel", "id"),
    sqlite_autoincrement=True,
)

presets = Table(
    "presets",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("script", Text, primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("arguments", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Index("presets_by_age", "saved_at"),
)
