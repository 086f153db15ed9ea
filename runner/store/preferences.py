"""What people chose to be told, by their user ids; every change is one transaction."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Row, bindparam, literal_column, select, update

from runner.jobs import Preferences, QuietHours, Requester, Topic
from runner.store.dialects import insert_of
from runner.store.engine import Database
from runner.store.tables import notifications, preferences


class PreferenceStore:
    """All that is asked of, and done to, the preferences table; what is owed is written as it says.

    ``reach`` gives a person's addresses, by the names of the channels.
    """

    def __init__(self, database: Database, reach: Callable[[Requester], Mapping[str, str]]) -> None:
        self._database = database
        self._reach = reach

    def of(self, user_id: str) -> Preferences | None:
        """What this person chose; None where they never did."""
        with self._database.reading() as connection:
            return preferences_of(connection, [user_id]).get(user_id)

    def channels(self, person: Requester) -> list[str]:
        """The names of the channels that reach this person."""
        return [channel for channel, address in self._reach(person).items() if address]

    def save(self, person: Requester, wanted: Preferences, *, now: datetime) -> None:
        """Keep what a person chose, in place of what they had, and the time zone that they are in.

        What was held back for them goes when their quiet hours end as they are now.
        """
        chosen = replace(wanted, time_zone=person.time_zone)
        with self._database.writing() as connection:
            connection.execute(_keeping(connection.dialect.name), _row(person, chosen))
            _hold_back(connection, chosen, self._reach(person).values(), now=now)

    def note_zone(self, person: Requester, *, now: datetime) -> None:
        """A person was seen, in the time zone that they are in now: their quiet hours go by that."""
        with self._database.writing() as connection:
            note_zone(connection, person, self._reach(person).values(), now=now)


def preferences_of(connection: Connection, user_ids: Collection[str]) -> dict[str, Preferences]:
    """What these people chose, by their ids, within a transaction; who never did is left out."""
    return {row.user_id: _preferences(row) for row in connection.execute(_OF, {"listed": sorted(user_ids)})}


def note_zone(connection: Connection, person: Requester, addresses: Iterable[str], *, now: datetime) -> None:
    """Keep the time zone that a person is in now, within a transaction, where they chose anything."""
    asked = {"of_user": person.user_id, "zone": person.time_zone}
    row = connection.execute(_MOVE, asked).one_or_none()
    if row is not None:
        _hold_back(connection, _preferences(row), addresses, now=now)


def _hold_back(connection: Connection, chosen: Preferences, addresses: Iterable[str], *, now: datetime) -> None:
    """Have what is held back for these addresses go when quiet hours end as they are now."""
    until = chosen.quiet.until(now, chosen.time_zone or "UTC") if chosen.quiet else None
    connection.execute(_HOLD_BACK, {"listed": sorted(addresses), "until": until or now})


@cache
def _keeping(dialect: str) -> Insert:
    statement = insert_of(dialect)(preferences)
    changes = {column.name: statement.excluded[column.name] for column in preferences.c if not column.primary_key}
    keeping: Insert = statement.on_conflict_do_update(index_elements=[preferences.c.user_id], set_=changes)
    return keeping


def _row(person: Requester, chosen: Preferences) -> Mapping[str, Any]:
    quiet = chosen.quiet
    return {
        "user_id": person.user_id,
        "topics": {channel: sorted(topics) for channel, topics in chosen.topics.items()},
        "quiet_start": f"{quiet.start:%H:%M}" if quiet else None,
        "quiet_end": f"{quiet.end:%H:%M}" if quiet else None,
        "time_zone": person.time_zone,
    }


def _preferences(row: Row[Any]) -> Preferences:
    return Preferences(
        topics={channel: _topics(written) for channel, written in row.topics.items()},
        quiet=QuietHours(start=time.fromisoformat(row.quiet_start), end=time.fromisoformat(row.quiet_end))
        if row.quiet_start and row.quiet_end
        else None,
        time_zone=row.time_zone,
    )


def _topics(written: Sequence[str]) -> frozenset[Topic]:
    return frozenset(map(Topic, written))


_OF = select(preferences).where(preferences.c.user_id.in_(bindparam("listed", expanding=True)))
_MOVE = (
    update(preferences)
    .where(
        preferences.c.user_id == bindparam("of_user"),
        preferences.c.time_zone.is_distinct_from(bindparam("zone")),
    )
    .values(time_zone=bindparam("zone"))
    .returning(preferences)
)
_HOLD_BACK = (
    update(notifications)
    .where(
        notifications.c.state == literal_column("'quiet'"),
        notifications.c.recipient.in_(bindparam("listed", expanding=True)),
    )
    .values(quiet_until=bindparam("until"))
)
