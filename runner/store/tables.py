"""The tables, as SQLAlchemy Core knows them."""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from runner.store.column_types import FileName, NameList, NotifyRules, RetryRules, Seconds, SomeSeconds, UtcDateTime

SCHEMA_VERSION = 9
"""Raised with every change of the tables, which needs its migration; a database of a newer version is refused."""

metadata = MetaData()


class DeliveryState(StrEnum):
    """What became of a message that was owed."""

    PENDING = "pending"
    QUIET = "quiet"
    """Held back until the quiet hours of its recipient are over."""
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"


IN_LINE = text("state = 'queued' AND held_at IS NULL AND not_before IS NULL")
"""The jobs that may start, as the index over them has it; see ``eligible.in_line``."""

PUT_OFF = text("state = 'queued' AND not_before IS NOT NULL")
"""The jobs that wait for their next attempt."""

QUEUED = text("state = 'queued'")
"""The jobs that wait, held ones included."""

ENDED = text("expires_at IS NOT NULL")
"""The jobs that are kept for some time only."""

TO_BE_REMINDED_OF = text("expires_at IS NOT NULL AND reminded_at IS NULL")
"""The jobs that are kept for some time, of which nobody has been reminded yet."""

REMINDED_OF = text("reminder IS NOT NULL")
"""The jobs of which a reminder tells."""

KEPT_LONGER = text("kept_longer IS NOT NULL")
"""The jobs that somebody wanted to be kept longer."""

DELETED = text("deleted_at IS NOT NULL")
"""The jobs whose files somebody had deleted."""

WITH_RESULTS = text("results_bytes > 0")
"""The jobs whose results take some of the disk, as far as that is known."""

IN_TROUBLE = text("error IS NOT NULL")
"""The messages that failed and were not delivered since."""

HELD_BACK = text("state = 'quiet'")
"""The messages that wait for the end of quiet hours."""

OWED = text("state = 'pending'")
"""The messages that are neither delivered nor given up."""

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
    Column("requested_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("cancel_requested_by", Text),
    Column("attempt", Integer, nullable=False, default=0),
    Column("runner", Text),
    Column("lease_until", UtcDateTime),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("front", BigInteger, nullable=False, server_default="0"),
    Column("passed_at", UtcDateTime),
    Column("held_by", Text),
    Column("held_at", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("concurrency", Integer),
    Column("cpus", Integer, nullable=False, server_default="1"),
    Column("memory_bytes", BigInteger),
    Column("time_limit", Seconds),
    Column("grantable", SomeSeconds),
    Column("more_time", SomeSeconds),
    Column("warned_at", UtcDateTime),
    Column("retries", RetryRules),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("script_digest", String(64)),
    Column("script_changed", Boolean, nullable=False, server_default=false()),
    Column("progress", JSON(none_as_null=True)),
    Column("peak_memory_bytes", BigInteger),
    Column("cpu_time", Seconds),
    Column("executor", String(32)),
    Column("results_bytes", BigInteger),
    Column("told", JSON(none_as_null=True)),
    Column("time_zone", String(64)),
    Column("outputs", JSON(none_as_null=True)),
    Column("live_log", Boolean, nullable=False, server_default=false()),
    Column("kept_longer", SomeSeconds),
    Column("kept_by", Text),
    Column("reminded_at", UtcDateTime),
    Column("reminder", Integer),
    Column("deleted_at", UtcDateTime),
    Column("notify", NotifyRules),
    Column("share", NameList),
    Column("show", Text),
    Index("jobs_by_state", "state", "id"),
    Index("jobs_by_requester", "user_id", "id"),
    Index("jobs_by_script", "script", "state", "id"),
    Index("jobs_by_requester_and_state", "user_id", "state", "id"),
    Index("jobs_by_requester_and_script", "user_id", "script", "state", "id"),
    Index("jobs_by_request", "requested_at"),
    Index(
        "jobs_in_line",
        *("state", "user_id", "script", "front", "id"),
        *("held_at", "not_before"),  # always empty: without them SQLite looks into the table whether they are
        sqlite_where=IN_LINE,
    ),
    Index("jobs_waiting", "state", "user_id", "script", sqlite_where=QUEUED),  # the state for the same reason
    Index("jobs_put_off", "state", "not_before", sqlite_where=PUT_OFF),
    Index("jobs_by_expiry", "expires_at", sqlite_where=ENDED),
    Index("jobs_to_be_reminded_of", "expires_at", "user_id", sqlite_where=TO_BE_REMINDED_OF),
    Index("jobs_by_reminder", "reminder", sqlite_where=REMINDED_OF),
    Index("jobs_kept_longer", "user_id", sqlite_where=KEPT_LONGER),
    Index("jobs_deleted", "deleted_at", sqlite_where=DELETED),
    Index("jobs_with_results", "user_id", "results_bytes", sqlite_where=WITH_RESULTS),
    Index("jobs_deleted_next", "user_id", "expires_at", "id", "results_bytes", sqlite_where=ENDED),
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
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("error", Text),
    Column("receipt", Text),
    Column("quiet_until", UtcDateTime),
    Index("notifications_held_back", "channel", "quiet_until", sqlite_where=HELD_BACK),
    Index(
        "notifications_by_recipient",
        *("channel", "recipient", "due_at", "id"),
        *("attempts", "job_id"),  # what a look at a long line reads of each, so that it stays within the index
        sqlite_where=OWED,
    ),
    Index("notifications_of_job", "job_id", "channel", "id"),
    Index("notifications_in_trouble", "id", sqlite_where=IN_TROUBLE),
    sqlite_autoincrement=True,
)

owed_files = Table(
    "owed_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", FileName, nullable=False),
    Column("size_bytes", BigInteger),
    Column("channel", String(32), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("batch", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("error", Text),
    Column("ticket", Text),
    Index("owed_files_due", "channel", "recipient", "due_at", "id", sqlite_where=OWED),
    Index("owed_files_of_job", "job_id", "id"),
    sqlite_autoincrement=True,
)
"""Files owed to people: one row for each, and before it is known which, one for all that a script shares."""

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("exit_code", Integer),
    Column("peak_memory_bytes", BigInteger),
    Column("cpu_time", Seconds),
)
"""Attempts that were followed by another; a job's last one stands in its own row."""

turns = Table(
    "turns",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("number", Integer, nullable=False),
    Index("turns_by_number", "number"),
)
"""When each person's last job started, and the number of that start among all."""

pauses = Table(
    "pauses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("paused_by", Text, nullable=False),
    Column("paused_at", UtcDateTime, nullable=False),
)
"""One row while the queue is paused, none else."""

clock_steps = Table(
    "clock_steps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("boot", String(64), nullable=False),
    Column("zero", UtcDateTime, nullable=False),
    Column("set_at", UtcDateTime),
    Column("set_by", SomeSeconds),
)
"""One row: in which start of the machine moments count, and when that was; when its clock was set, and by how much."""

shortages = Table(
    "shortages",
    metadata,
    Column("runner", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("is_told", Boolean, nullable=False, server_default=false()),
)
"""A row for each runner that starts no job because a disk takes nothing more, and whether administrators were told."""

presets = Table(
    "presets",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("script", Text, primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("arguments", JSON, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Index("presets_by_age", "saved_at"),
)

favourites = Table(
    "favourites",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("script", Text, primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
)
"""The scripts that people have put among their favourites."""
preferences = Table(
    "preferences",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("topics", JSON, nullable=False),
    Column("quiet_start", String(5)),
    Column("quiet_end", String(5)),
    Column("time_zone", String(64)),
)
"""What people chose to be told: topics by channel, quiet hours, and the time zone they were last known in."""

watchers = Table(
    "watchers",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(64), primary_key=True),
    Column("team_id", String(64), nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("is_conversation", Boolean, nullable=False),
    Column("with_results", Boolean, nullable=False),
)
"""Whom jobs were shared with, by the id of the person or the conversation."""
