"""Who is told of a job, by which channels and when, is written with the change that causes it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from runner.jobs import (
    Ending,
    Event,
    Job,
    Notification,
    NotifyRule,
    Preferences,
    QuietHours,
    Requester,
    State,
    Topic,
    Watcher,
)
from runner.store import Store

NIGHT = QuietHours(start=time(22), end=time(7))
MORNING = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
ALL = frozenset(Topic)
Jobs = Callable[..., Job]
People = Callable[..., Requester]


def due(store: Store, now: datetime, channel: str = "slack") -> list[Notification]:
    return store.outbox.due(now=now, channel=channel, limit=50)


def told(store: Store, now: datetime, channel: str = "slack") -> list[tuple[Event, str]]:
    """What is sent now, and is written down as sent."""
    found = []
    while batch := due(store, now, channel):
        for each in batch:
            found.append((each.event, each.recipient))
            store.outbox.mark_delivered(each.id, now=now)
    return found


def end(store: Store, job: Job, state: State, now: datetime) -> None:
    store.jobs.finish(job.id, Ending(state=state), runner="here", now=now, expires_at=now + timedelta(days=7))


def test_each_channel_tells_what_its_person_chose(store: Store, job_factory: Jobs, person_factory: People) -> None:
    ada = person_factory()
    wanted = {"slack": frozenset({Topic.FAILURES}), "email": frozenset({Topic.ENDS, Topic.FAILURES})}
    store.preferences.save(ada, Preferences(topics=wanted), now=MORNING)

    job_factory(State.SUCCEEDED)
    job_factory(State.FAILED)

    assert told(store, MORNING) == [(Event.ENDED, "U0ADA")]
    assert told(store, MORNING, "email") == [(Event.ENDED, "ada@example.org")] * 2


def test_message_of_quiet_hours_comes_when_they_end(
    store: Store, job_factory: Jobs, person_factory: People, clock: Callable[[], datetime]
) -> None:
    ada = person_factory()
    store.preferences.save(ada, Preferences(quiet=QuietHours(start=time(9), end=time(17))), now=clock())
    job = job_factory(State.SUCCEEDED)
    evening = clock().replace(hour=17)

    before = told(store, evening - timedelta(seconds=1))
    is_kept = job.id not in {each.id for each in store.jobs.expired(now=clock() + timedelta(days=30))}
    found = due(store, evening)

    assert (before, is_kept) == ([], True)
    assert [(each.event, each.after_quiet) for each in found] == [(Event.STARTED, True)]
    assert told(store, evening) == [(Event.STARTED, "U0ADA"), (Event.ENDED, "U0ADA")]


def test_quiet_hours_go_by_the_zone_that_the_person_was_seen_in_last(
    store: Store, job_factory: Jobs, person_factory: People
) -> None:
    at_home = person_factory(time_zone="UTC")
    late = MORNING - timedelta(hours=1)
    store.preferences.save(at_home, Preferences(quiet=NIGHT), now=late)
    job = job_factory(State.QUEUED, requester=at_home)
    store.jobs.cancel_queued(job.id, by="x", reason="x", now=late, expires_at=late)
    before = due(store, late)

    store.preferences.note_zone(person_factory(time_zone="Asia/Tokyo"), now=late)

    assert before == []
    assert told(store, late) == [(Event.ENDED, "U0ADA")]


def test_own_message_shows_in_silence_that_the_job_has_ended(
    store: Store, job_factory: Jobs, person_factory: People, clock: Callable[[], datetime]
) -> None:
    job = job_factory(State.RUNNING)
    (own,) = due(store, clock())
    store.outbox.mark_delivered(own.id, now=clock(), receipts={own.id: "D1 1.2"})
    store.preferences.save(person_factory(), Preferences(quiet=QuietHours(start=time(9), end=time(17))), now=clock())

    end(store, job, State.SUCCEEDED, clock())

    assert [(each.id, each.receipt) for each in due(store, clock())] == [(own.id, "D1 1.2")]


def test_administrators_are_told_of_a_full_disk_in_quiet_hours_too(
    store: Store, job_factory: Jobs, person_factory: People, clock: Callable[[], datetime]
) -> None:
    grace = person_factory("Grace")
    nothing = {"slack": frozenset[Topic](), "email": frozenset[Topic]()}
    quiet = QuietHours(start=time(9), end=time(17))
    store.preferences.save(grace, Preferences(topics=nothing, quiet=quiet), now=clock())
    job_factory(State.QUEUED)
    store.queue.note_shortage("full", runner="here", now=clock())

    store.jobs.tell_of_shortage([grace], runner="here", now=clock())

    assert told(store, clock()) == [(Event.SHORTAGE, "U0GRACE")]


@pytest.fixture
def grace(person_factory: People) -> Watcher:
    return Watcher(recipient=person_factory("Grace"))


@pytest.fixture
def channel(person_factory: People) -> Watcher:
    recipient = person_factory("#assembly", user_id="C0ASSEMBLY", email="")
    return Watcher(recipient=recipient, is_conversation=True, with_results=True)


def test_watchers_are_told_of_the_end_and_of_nothing_else(
    store: Store, job_factory: Jobs, grace: Watcher, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    job_factory(State.SUCCEEDED, watchers=[grace, channel])

    assert sorted(told(store, clock())) == [
        (Event.ENDED, "U0ADA"),
        (Event.STARTED, "U0ADA"),
        (Event.WATCHED, "C0ASSEMBLY"),
        (Event.WATCHED, "U0GRACE"),
    ]
    assert (Event.WATCHED, "grace@example.org") in told(store, clock(), "email")


def test_watcher_of_a_job_that_has_ended_is_told_at_once_and_once(
    store: Store, job_factory: Jobs, grace: Watcher, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    job = job_factory(State.FAILED)
    told(store, clock())

    store.watchers.replace(job.id, [grace], now=clock())
    store.watchers.replace(job.id, [grace, channel], now=clock())

    assert sorted(told(store, clock())) == [(Event.WATCHED, "C0ASSEMBLY"), (Event.WATCHED, "U0GRACE")]
    assert {each.recipient.name for each in store.watchers.of(job.id)} == {"Grace", "#assembly"}


def test_requester_is_no_watcher_of_their_own_job(
    store: Store, job_factory: Jobs, person_factory: People, clock: Callable[[], datetime]
) -> None:
    rules = (NotifyRule(to="U0ADA"), NotifyRule(to="ada@example.org"))
    job_factory(State.SUCCEEDED, watchers=[Watcher(recipient=person_factory())], notify=rules)

    assert {event for event, _ in told(store, clock())} == {Event.STARTED, Event.ENDED}
    assert {event for event, _ in told(store, clock(), "email")} == {Event.STARTED, Event.ENDED}


def test_channel_that_a_job_was_shared_with_and_its_script_names_is_told_once(
    store: Store, job_factory: Jobs, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    rules = (
        NotifyRule(to="#assembly", is_conversation=True),
        NotifyRule(to="C0ASSEMBLY", is_conversation=True),
        NotifyRule(to="#others", is_conversation=True),
    )
    job_factory(State.SUCCEEDED, watchers=[channel], notify=rules)

    watched = [recipient for event, recipient in told(store, clock()) if event is Event.WATCHED]

    assert sorted(watched) == ["#others", "C0ASSEMBLY"]


def test_watcher_who_has_quiet_hours_is_told_when_they_end(
    store: Store, job_factory: Jobs, grace: Watcher, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    store.preferences.save(grace.recipient, Preferences(quiet=QuietHours(start=time(9), end=time(17))), now=clock())
    job_factory(State.SUCCEEDED, watchers=[grace, channel])

    at_once = told(store, clock())
    later = told(store, clock().replace(hour=17))

    assert (Event.WATCHED, "C0ASSEMBLY") in at_once
    assert later == [(Event.WATCHED, "U0GRACE")]


@pytest.mark.parametrize(("state", "is_told"), [(State.FAILED, True), (State.SUCCEEDED, False)])
def test_whom_a_script_names_is_told_of_the_ends_that_it_names(
    store: Store, job_factory: Jobs, clock: Callable[[], datetime], state: State, *, is_told: bool
) -> None:
    on = frozenset({State.FAILED})
    rules = (NotifyRule(to="#assembly", is_conversation=True, on=on), NotifyRule(to="boss@example.org", on=on))
    job = job_factory(state, notify=rules)

    assert job.notify == rules
    assert ((Event.WATCHED, "#assembly") in told(store, clock())) == is_told
    assert ((Event.WATCHED, "boss@example.org") in told(store, clock(), "email")) == is_told


def test_requester_is_told_once_which_watchers_cannot_be_told(
    store: Store, job_factory: Jobs, grace: Watcher, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    job = job_factory(State.SUCCEEDED, watchers=[grace, channel])
    for each in due(store, clock()):
        if each.event is Event.WATCHED:
            store.outbox.mark_undeliverable(each.id, now=clock(), error="gone")

    assert [event for event, _ in told(store, clock())].count(Event.UNTOLD) == 1
    assert store.outbox.unreached(job.id) == [("#assembly", "gone"), ("Grace", "gone")]
