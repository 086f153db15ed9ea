"""How an older database is brought up to date; what is written here for a version never changes again."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

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
}
"""What leads from each version to the next; ``{moment}`` stands for the database's own type of a moment."""

_MOMENTS = {"sqlite": "DATETIME", "postgresql": "TIMESTAMP WITH TIME ZONE"}


def statements(version: int, dialect: str) -> list[str]:
    """What leads from this version to the next, as the dialect writes it."""
    return [statement.format(moment=_MOMENTS[dialect]) for statement in MIGRATIONS[version]]


def migrate(connection: Connection, version: int, *, to: int) -> None:
    """Bring the tables from one version to the other, all within the connection's transaction."""
    for step in range(version, to):
        for statement in statements(step, connection.dialect.name):
            connection.execute(text(statement))
    connection.execute(text("UPDATE schema_version SET version = :to"), {"to": to})
