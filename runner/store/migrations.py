"""How an older database is brought up to date; what is written here for a version never changes again."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.schema import CreateColumn, CreateTable

from runner.store.tables import metadata

MIGRATIONS: Mapping[int, Sequence[str]] = {
    1: (
        """CREATE TABLE presets (
            user_id VARCHAR(64) NOT NULL,
            script TEXT NOT NULL,
            name VARCHAR(60) NOT NULL,
            arguments JSON NOT NULL,
            saved_at {moment} NOT NULL,
            PRIMARY KEY (user_id, script, name)
        )""",
        "CREATE INDEX presets_by_age ON presets (saved_at)",
        "CREATE INDEX jobs_by_script ON jobs (script, state, id)",
    ),
    2: (
        "ALTER TABLE jobs ADD COLUMN priority INTEGER DEFAULT '0' NOT NULL",
        "ALTER TABLE jobs ADD COLUMN front BIGINT DEFAULT '0' NOT NULL",
        "ALTER TABLE jobs ADD COLUMN passed_at {moment}",
        "ALTER TABLE jobs ADD COLUMN held_by TEXT",
        "ALTER TABLE jobs ADD COLUMN held_at {moment}",
        "ALTER TABLE jobs ADD COLUMN not_before {moment}",
        "ALTER TABLE jobs ADD COLUMN concurrency INTEGER",
        "ALTER TABLE jobs ADD COLUMN cpus INTEGER DEFAULT '1' NOT NULL",
        "ALTER TABLE jobs ADD COLUMN memory_bytes BIGINT",
        "ALTER TABLE jobs ADD COLUMN time_limit FLOAT",
        "ALTER TABLE jobs ADD COLUMN grantable FLOAT",
        "ALTER TABLE jobs ADD COLUMN more_time FLOAT",
        "ALTER TABLE jobs ADD COLUMN warned_at {moment}",
        "ALTER TABLE jobs ADD COLUMN retries JSON",
        "ALTER TABLE jobs ADD COLUMN retry_count INTEGER DEFAULT '0' NOT NULL",
        "ALTER TABLE jobs ADD COLUMN script_digest VARCHAR(64)",
        "ALTER TABLE jobs ADD COLUMN script_changed BOOLEAN DEFAULT {false} NOT NULL",
        "ALTER TABLE jobs ADD COLUMN progress JSON",
        "ALTER TABLE jobs ADD COLUMN peak_memory_bytes BIGINT",
        "ALTER TABLE jobs ADD COLUMN cpu_time FLOAT",
        """CREATE INDEX jobs_in_line ON jobs (state, user_id, script, front, id, held_at, not_before)
            WHERE state = 'queued' AND held_at IS NULL AND not_before IS NULL""",
        "CREATE INDEX jobs_put_off ON jobs (state, not_before) WHERE state = 'queued' AND not_before IS NOT NULL",
        "CREATE INDEX jobs_by_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL",
        "CREATE INDEX notifications_in_trouble ON notifications (id) WHERE error IS NOT NULL",
        """CREATE TABLE attempts (
            job_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            started_at {moment} NOT NULL,
            finished_at {moment} NOT NULL,
            state VARCHAR(16) NOT NULL,
            reason TEXT,
            exit_code INTEGER,
            peak_memory_bytes BIGINT,
            cpu_time FLOAT,
            PRIMARY KEY (job_id, number),
            FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
        )""",
        """CREATE TABLE turns (
            user_id VARCHAR(64) NOT NULL,
            started_at {moment} NOT NULL,
            number INTEGER NOT NULL,
            PRIMARY KEY (user_id)
        )""",
        "CREATE INDEX turns_by_number ON turns (number)",
        """CREATE TABLE pauses (
            id INTEGER NOT NULL,
            reason TEXT NOT NULL,
            paused_by TEXT NOT NULL,
            paused_at {moment} NOT NULL,
            PRIMARY KEY (id)
        )""",
    ),
    3: (),
    4: (
        """CREATE TABLE clock_steps (
            id INTEGER NOT NULL,
            boot VARCHAR(64) NOT NULL,
            zero {moment} NOT NULL,
            set_at {moment},
            set_by FLOAT,
            PRIMARY KEY (id)
        )""",
        "CREATE INDEX jobs_waiting ON jobs (state, user_id, script) WHERE state = 'queued'",
    ),
    5: (
        """CREATE INDEX notifications_by_recipient ON notifications (channel, recipient, due_at, id, attempts, job_id)
            WHERE state = 'pending'""",
    ),
    6: (),
    7: (),
    8: ("DROP INDEX IF EXISTS notifications_due",),
}
"""What leads from each version to the next, but for what is only added since version 3: ``tables`` tells that.

``{moment}`` and ``{false}`` stand for what the database has for these.
"""

_WORDS = {
    "sqlite": {"moment": "DATETIME", "false": "0"},
    "postgresql": {"moment": "TIMESTAMP WITH TIME ZONE", "false": "false"},
}


def statements(version: int, dialect: str) -> list[str]:
    """What leads from this version to the next, as the dialect writes it."""
    return [statement.format(**_WORDS[dialect]) for statement in MIGRATIONS[version]]


def migrate(connection: Connection, version: int, *, to: int) -> None:
    """Bring the tables from one version to the other, all within the connection's transaction."""
    for step in range(version, to):
        for statement in statements(step, connection.dialect.name):
            connection.execute(text(statement))
    create_tables(connection)
    connection.execute(text("UPDATE schema_version SET version = :to"), {"to": to})


def create_tables(connection: Connection) -> None:
    """Make what is lacking of the tables, their columns and indexes.

    Indexes are made in one order everywhere: where two serve a query alike, SQLite goes by when they were made.
    """
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        _add_columns(connection, table)
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            index.create(connection, checkfirst=True)


def _add_columns(connection: Connection, table: Table) -> None:
    """Add what the table lacks: such a column may be empty, or has a default that the database puts in."""
    known = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in known:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))
