"""Values kept to fill in forms with, per person and script; every change is one statement."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, bindparam, delete, func, literal, select

from runner.errors import InvalidValue, ScriptRunnerError
from runner.jobs import LAST, MAX_NAME, MAX_PRESETS, Preset
from runner.store.dialects import insert_of
from runner.store.engine import Database
from runner.store.tables import presets
from runner.system.text import check_line

_KEY = [presets.c.user_id, presets.c.script, presets.c.name]
_COLUMNS = [*_KEY, presets.c.arguments, presets.c.saved_at]


class PresetStore:
    """All that is asked of, and done to, the presets table; ``JobStore.submit`` keeps the last values too.

    Values are kept as they are given: that none of them is a secret is for the caller to see to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_last(self, user_id: str, script: str, values: Mapping[str, str], *, now: datetime) -> None:
        """Remember the values used last, in place of those before."""
        with self._database.writing() as connection:
            keep_last(connection, user_id, script, values, now=now)

    def save(self, user_id: str, script: str, name: str, values: Mapping[str, str], *, now: datetime) -> None:
        """Keep values under a name, in place of those that had it; white space around the name is dropped.

        Raises as ``keep_named``.
        """
        with self._database.writing() as connection:
            keep_named(connection, (user_id, script, name), values, now=now)

    def remove(self, user_id: str, script: str, name: str) -> bool:
        """Forget a preset, or the last values; whether there was one of that name."""
        with self._database.writing() as connection:
            mine = (presets.c.user_id == user_id) & (presets.c.script == script)
            return connection.execute(delete(presets).where(mine, presets.c.name == name)).rowcount > 0

    def of(self, user_id: str, script: str) -> list[Preset]:
        """What this person's form of the script can be filled in with: the last values first, then by name."""
        query = select(presets).where(presets.c.user_id == user_id, presets.c.script == script)
        with self._database.reading() as connection:
            found = [_preset(row) for row in connection.execute(query)]
        return sorted(found, key=lambda preset: (preset.name.casefold(), preset.name))  # LAST is "": it comes first

    def last_uses(self, user_id: str) -> dict[str, datetime]:
        """When this person used scripts last, by script, as far as that is kept."""
        query = select(presets.c.script, presets.c.saved_at).where(presets.c.user_id == user_id, presets.c.name == LAST)
        with self._database.reading() as connection:
            return {row.script: row.saved_at for row in connection.execute(query)}

    def count(self, *, before: datetime) -> int:
        """How many presets ``expire`` would remove."""
        with self._database.reading() as connection:
            return connection.execute(
                select(func.count()).select_from(presets).where(presets.c.saved_at < before)
            ).scalar_one()

    def expire(self, before: datetime) -> int:
        """Remove the presets, the last values among them, that were not used or saved since; how many these were."""
        with self._database.writing() as connection:
            return connection.execute(delete(presets).where(presets.c.saved_at < before)).rowcount


def keep_last(connection: Connection, user_id: str, script: str, values: Mapping[str, str], *, now: datetime) -> None:
    """Remember the values used last, within a transaction."""
    connection.execute(_keeping_last(connection.dialect.name), _row((user_id, script, LAST), values, now=now))


def keep_named(connection: Connection, key: tuple[str, str, str], values: Mapping[str, str], *, now: datetime) -> None:
    """Keep values for a person and a script under a name, within a transaction.

    InvalidValue where the name is empty, too long or more than a line, ScriptRunnerError where there are MAX_PRESETS
    others already.
    """
    user_id, script, written = key
    name = _checked(written)
    others = (presets.c.user_id == user_id) & (presets.c.script == script) & presets.c.name.not_in([LAST, name])
    count = select(func.count()).select_from(presets).where(others).scalar_subquery()
    keeping = _keeping(connection.dialect.name, count < MAX_PRESETS)
    if not connection.execute(keeping, _row((user_id, script, name), values, now=now)).rowcount:
        raise ScriptRunnerError(
            f"You have {MAX_PRESETS} presets of this script, and that is the most there can be: "
            "remove one of them, or give the name of one to replace it."
        )


def _row(key: tuple[str, str, str], values: Mapping[str, str], *, now: datetime) -> dict[str, object]:
    """What ``_keeping`` keeps."""
    return {f"of_{column.name}": value for column, value in zip(_COLUMNS, (*key, dict(values), now), strict=True)}


@cache
def _keeping_last(dialect: str) -> Insert:
    return _keeping(dialect, literal(1) == 1)  # without a WHERE, SQLite takes ON CONFLICT for a part of a join


def _keeping(dialect: str, condition: ColumnElement[bool]) -> Insert:
    """Insert a preset, or replace the one of that key; no row where the condition does not hold."""
    row = select(*(bindparam(f"of_{column.name}", type_=column.type) for column in _COLUMNS))
    statement = insert_of(dialect)(presets).from_select(_COLUMNS, row.where(condition))
    replaced = {column.name: statement.excluded[column.name] for column in (presets.c.arguments, presets.c.saved_at)}
    keeping: Insert = statement.on_conflict_do_update(index_elements=_KEY, set_=replaced)
    return keeping


def _checked(name: str) -> str:
    try:
        return check_line(name.strip(), at_most=MAX_NAME)
    except ValueError as error:
        raise InvalidValue(f"The name of a preset {error}.") from error


def _preset(row: Row[Any]) -> Preset:
    return Preset(name=row.name, values=row.arguments, saved_at=row.saved_at)
