"""The scripts that people have put among their favourites; every change is one statement."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from runner.errors import ScriptRunnerError
from runner.store.dialects import insert_of
from runner.store.engine import Database
from runner.store.tables import favourites

MAX_FAVOURITES = 20
"""The most that one person can have: what a row of buttons holds with room to spare."""

_KEY = [favourites.c.user_id, favourites.c.script]
_COLUMNS = [*_KEY, favourites.c.added_at]


class FavouriteStore:
    """All that is asked of, and done to, the favourites table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user_id: str, script: str, *, now: datetime) -> None:
        """Put a script among them; one that is there stays. ScriptRunnerError where there are MAX_FAVOURITES others."""
        others = (favourites.c.user_id == user_id) & (favourites.c.script != script)
        count = select(func.count()).select_from(favourites).where(others).scalar_subquery()
        row = select(*(bindparam(f"of_{each.name}", type_=each.type) for each in _COLUMNS))
        asked = {"of_user_id": user_id, "of_script": script, "of_added_at": now}
        with self._database.writing() as connection:
            adding = insert_of(connection.dialect.name)(favourites).from_select(
                _COLUMNS, row.where(count < MAX_FAVOURITES)
            )
            kept = {"added_at": favourites.c.added_at}
            added = connection.execute(adding.on_conflict_do_update(index_elements=_KEY, set_=kept), asked)
            if not added.rowcount:
                raise ScriptRunnerError(
                    f"You have {MAX_FAVOURITES} favourites, and that is the most there can be: take one of them away"
                    " first, by the star in its form."
                )

    def remove(self, user_id: str, script: str) -> None:
        """Take a script away from them; nothing where it is not among them."""
        with self._database.writing() as connection:
            mine = favourites.c.user_id == user_id
            connection.execute(delete(favourites).where(mine, favourites.c.script == script))

    def of(self, user_id: str) -> list[str]:
        """This person's favourites, the first added first."""
        query = select(favourites.c.script).where(favourites.c.user_id == user_id)
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(favourites.c.added_at, favourites.c.script)).scalars())
