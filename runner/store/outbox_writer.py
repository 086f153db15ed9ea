"""Writes into the outbox what a change of a job causes, within the transaction of the change."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from runner.jobs import Event, Job, NotifyRule, Preferences, Requester, topic_of
from runner.store.preferences import note_zone, preferences_of
from runner.store.tables import DeliveryState, notifications, watchers

Addresses = Callable[[Requester, Event], Mapping[str, str]]
"""Gives where a requester is told of such an event: channel name → address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxWriter:
    """Owes people messages by the channels of ``addresses``, as each of them prefers; ``usual`` is what others have."""

    addresses: Addresses
    usual: Preferences

    def owe(
        self, connection: Connection, events: Iterable[tuple[Job, Event]], *, now: datetime, to: Requester | None = None
    ) -> None:
        """Owe the requester of each job, or another, a message on every channel that they want it by.

        What comes in somebody's quiet hours is held back; a job's own message then shows its end in silence.
        """
        wanted = [(job, event, to or job.requester) for job, event in events]
        chosen = preferences_of(connection, {person.user_id for _, _, person in wanted}) if wanted else {}
        owed = [
            row
            for job, event, person in wanted
            for row in self._rows(job, event, person, chosen.get(person.user_id, self.usual), now=now)
        ]
        if owed:
            connection.execute(_OWE, owed)
        silenced = [row for row in owed if row["quiet_until"] is not None and row["event"] is Event.ENDED]
        for row in silenced:
            connection.execute(_SHOW_END, _place_of(row))

    def note_zone(self, connection: Connection, person: Requester, *, now: datetime) -> None:
        """A person was seen, in the time zone that they are in now: their quiet hours go by that."""
        note_zone(connection, person, self.addresses(person, Event.ENDED).values(), now=now)

    def owe_end(self, connection: Connection, job: Job, *, now: datetime) -> None:
        """Owe its requester, those whom it was shared with and those whom its script names, how a job has ended."""
        self.owe(connection, [(job, Event.ENDED)], now=now)
        shared = connection.execute(_SHARED, {"of_job": job.id}).all()
        self.owe_watchers(connection, job, [row.user_id for row in shared], now=now)
        told = {job.requester.user_id, job.requester.email, *(row.user_id for row in shared)}
        told.update(row.name if row.is_conversation else row.email for row in shared)
        for rule in job.notify:
            if job.state in rule.on and rule.to not in told:
                told.add(rule.to)
                self._tell(connection, job, _named(rule), is_conversation=rule.is_conversation, now=now)

    def file_addresses(self, connection: Connection, job: Job, *, to: Requester | None = None) -> Mapping[str, str]:
        """Where the requester of a job, or another, gets what it shares, by channel.

        Only where they want to be told of its end.
        """
        person = to or job.requester
        preferences = preferences_of(connection, {person.user_id}).get(person.user_id, self.usual)
        topic = topic_of(Event.ENDED, job.state)
        found = self.addresses(person, Event.UNSENT)
        return {name: address for name, address in found.items() if address and preferences.tells(topic, name)}

    def watchers_files(
        self, connection: Connection, job: Job, user_ids: Collection[str] | None = None
    ) -> list[Mapping[str, str]]:
        """Where those get what a job shares whom it was shared with and its results too; of these ids, or all."""
        wanted = [row for row in connection.execute(_SHARED, {"of_job": job.id}) if row.with_results]
        of_all = replace(self, usual=Preferences())
        return [
            (of_all if row.is_conversation else self).file_addresses(connection, job, to=_person(row))
            for row in wanted
            if user_ids is None or row.user_id in user_ids
        ]

    def owe_watchers(self, connection: Connection, job: Job, user_ids: Collection[str], *, now: datetime) -> None:
        """Owe those of these ids, whom a job was shared with, how it has ended."""
        for row in connection.execute(_SHARED, {"of_job": job.id}):
            if row.user_id in user_ids:
                self._tell(connection, job, _person(row), is_conversation=row.is_conversation, now=now)

    def _tell(
        self, connection: Connection, job: Job, recipient: Requester, *, is_conversation: bool, now: datetime
    ) -> None:
        if is_conversation:
            of_all = replace(self, usual=Preferences())  # a conversation has no quiet hours, and wants what it is told
            of_all.owe(connection, [(job, Event.WATCHED)], now=now, to=recipient)
        else:
            self.owe(connection, [(job, Event.WATCHED)], now=now, to=recipient)

    def _rows(
        self, job: Job, event: Event, person: Requester, preferences: Preferences, *, now: datetime
    ) -> Iterable[dict[str, Any]]:
        is_duty = event is Event.SHORTAGE
        quiet = None if is_duty or preferences.quiet is None else preferences.quiet
        quiet_until = quiet and quiet.until(now, preferences.time_zone or person.time_zone)
        for channel, recipient in self.addresses(person, event).items():
            if recipient and (is_duty or preferences.tells(topic_of(event, job.state), channel)):
                yield {
                    "job_id": job.id,
                    "event": event,
                    "channel": channel,
                    "recipient": recipient,
                    "state": DeliveryState.QUIET if quiet_until else DeliveryState.PENDING,
                    "created_at": now,
                    "due_at": now,
                    "quiet_until": quiet_until,
                }


def _person(row: Row[Any]) -> Requester:
    return Requester(user_id=row.user_id, team_id=row.team_id, email=row.email, name=row.name, time_zone=row.time_zone)


def _named(rule: NotifyRule) -> Requester:
    """Whom a script names, as one who can be told something: by mail or, by an id or a name, in Slack."""
    is_address = "@" in rule.to
    return Requester(
        user_id="" if is_address else rule.to, team_id="", email=rule.to if is_address else "", name=rule.to
    )


def _place_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What tells the messages of one job to one recipient from all others, and when they are due."""
    return {
        "of_job": row["job_id"],
        "of_channel": row["channel"],
        "of_recipient": row["recipient"],
        "moment": row["due_at"],
    }


_OWE = insert(notifications)
_SHARED = select(watchers).where(watchers.c.job_id == bindparam("of_job")).order_by(watchers.c.user_id)
_SHOW_END = (
    update(notifications)
    .where(
        notifications.c.job_id == bindparam("of_job"),
        notifications.c.channel == bindparam("of_channel"),
        notifications.c.recipient == bindparam("of_recipient"),
        notifications.c.state == DeliveryState.DELIVERED,
        notifications.c.receipt.is_not(None),
    )
    .values(state=DeliveryState.PENDING, attempts=0, settled_at=None, due_at=bindparam("moment"))
)
"""Owes the messages once more that offer what is over: changing them makes no sound."""
