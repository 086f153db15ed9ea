"""Those whom a job was shared with get its results too, where its requester wants that."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from runner.jobs import Event, Job, OwedFile, Requester, State, Watcher
from runner.store import Store

Jobs = Callable[..., Job]
People = Callable[..., Requester]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One whose only channel takes files."""
    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=lambda who, _: {"slack": who.user_id})
    yield store
    store.close()


@pytest.fixture
def grace(person_factory: People) -> Watcher:
    return Watcher(recipient=person_factory("Grace"))


@pytest.fixture
def channel(person_factory: People) -> Watcher:
    recipient = person_factory("#assembly", user_id="C0ASSEMBLY", email="")
    return Watcher(recipient=recipient, is_conversation=True, with_results=True)


def told(store: Store, now: datetime) -> list[tuple[Event, str]]:
    """What is sent now, and is written down as sent."""
    found = []
    while batch := store.outbox.due(now=now, channel="slack", limit=50):
        for each in batch:
            found.append((each.event, each.recipient))
            store.outbox.mark_delivered(each.id, now=now)
    return found


def files_for(store: Store, now: datetime) -> list[OwedFile]:
    """All files owed, taken by turns of their recipients; each is given up."""
    found: list[OwedFile] = []
    while batch := store.files.next_batch(now=now, channel="slack", after=None):
        found += batch
        store.files.mark_undeliverable(batch, now=now, error="no room")
    return found


def test_watchers_get_results_where_that_is_wanted_and_the_requester_hears_of_what_they_did_not_get(
    store: Store, job_factory: Jobs, grace: Watcher, channel: Watcher, clock: Callable[[], datetime]
) -> None:
    job = job_factory(State.SUCCEEDED, watchers=[grace, channel])
    told(store, clock())

    at_the_end = [each.recipient for each in files_for(store, clock())]
    complaints = told(store, clock())
    at_the_end += [each.recipient for each in files_for(store, clock())]  # files come after messages
    told(store, clock())
    store.watchers.replace(job.id, [channel, replace(grace, with_results=True)], now=clock())
    shared_since = files_for(store, clock())
    store.watchers.replace(job.id, [], now=clock())
    store.watchers.replace(job.id, [replace(grace, with_results=True)], now=clock())
    told(store, clock())

    assert sorted(at_the_end) == ["C0ASSEMBLY", "U0ADA"]
    assert complaints == [(Event.UNSENT, "U0ADA")]
    assert shared_since == [], "Grace was told of the end already"
    assert [each.recipient for each in files_for(store, clock())] == ["U0GRACE"]
