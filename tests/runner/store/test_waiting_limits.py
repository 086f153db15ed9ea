"""How many jobs may wait is held to within the transaction that takes them: nobody passes it by being two at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.errors import QueueFull
from runner.jobs import Ending, Job, Requester, Retries, State
from runner.scheduling import WaitingCounts, WaitingLimits
from runner.store import NewJob, Store

Make = Callable[..., Any]
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TWO = WaitingLimits(per_person=2)


@pytest.fixture
def submit(store: Store, clock: Callable[[], Any], person_factory: Make) -> Callable[..., Job]:
    """Submit, of Ada unless another is named, within limits."""

    def act(name: str, *, limits: WaitingLimits = TWO, person: Requester | None = None, **parts: Any) -> Job:
        preset = parts.pop("preset", "")
        usual: dict[str, Any] = {"script": "a.sh", "title": "A", "values": {"word": name}, "inputs": ()}
        new = NewJob(submission=name, requester=person or person_factory(), **(usual | parts))
        return store.jobs.submit(new, waiting_limits=limits, preset=preset, now=clock())

    return act


def test_as_many_are_taken_of_a_person_as_may_wait_and_no_more(
    store: Store, submit: Callable[..., Job], person_factory: Make
) -> None:
    submit("1")
    submit("2", script="b.sh")

    with pytest.raises(QueueFull, match="You have 2 jobs waiting, and at most 2 of one person may wait"):
        submit("3", script="c.sh")

    assert submit("4", person=person_factory("Bob")).id == 3, "a refused one takes no number"
    assert store.jobs.count() == 3


def test_of_a_script_as_many_are_taken_as_may_wait_and_half_of_one_person(
    submit: Callable[..., Job], person_factory: Make
) -> None:
    limits = WaitingLimits(per_script=4)
    for name, who in enumerate(["Ada", "Ada", "Bob", "Eve"]):
        submit(f"{name}", limits=limits, person=person_factory(who))

    with pytest.raises(QueueFull, match="You have 2 jobs of this script waiting"):
        submit("more", limits=limits)
    with pytest.raises(QueueFull, match="Of this script 4 jobs are waiting"):
        submit("more", limits=limits, person=person_factory("Tom"))
    assert submit("other", limits=limits, script="b.sh").id == 5


def test_submission_that_was_taken_is_taken_again_though_no_more_are(store: Store, submit: Callable[..., Job]) -> None:
    first, _ = submit("1"), submit("2")

    assert submit("1") == first
    assert store.jobs.count() == 2


def test_refused_submission_leaves_nothing_behind(store: Store, submit: Callable[..., Job]) -> None:
    submit("1")
    submit("2")

    with pytest.raises(QueueFull):
        submit("3", preset="mine")

    assert [(each.name, each.values) for each in store.presets.of("U0ADA", "a.sh")] == [("", {"word": "2"})]


def test_held_jobs_count_and_those_that_started_or_ended_do_not(
    store: Store, submit: Callable[..., Job], clock: Make
) -> None:
    held, other = submit("1"), submit("2")
    store.queue.hold(held.id, by="Ada", now=clock())
    with pytest.raises(QueueFull):
        submit("3")

    assert [each.id for each in store.jobs.claim("here", executor="local", now=clock(), lease=MINUTE)] == [other.id]

    submit("4")
    store.jobs.cancel_queued(held.id, by="Ada", reason="", now=clock(), expires_at=clock())
    assert submit("5").state is State.QUEUED


def test_job_that_is_attempted_anew_is_taken_back_though_no_more_are(
    store: Store, submit: Callable[..., Job], job_factory: Make, clock: Make
) -> None:
    job = job_factory(State.RUNNING, retries=Retries(times=1, delay=MINUTE))
    submit("1")
    submit("2")

    again = store.jobs.finish(job.id, Ending(state=State.FAILED), runner="here", now=clock(), expires_at=clock())

    assert again is not None
    assert again.state is State.QUEUED
    counts = store.jobs.waiting_counts(TWO, user_id="U0ADA", script=None)
    assert counts == WaitingCounts(of_person=3)
    with pytest.raises(QueueFull, match="You have 3 jobs waiting"):
        submit("3")


def test_many_at_once_by_several_processes_do_not_pass_the_limit(tmp_path: Path, person_factory: Make) -> None:
    def opened() -> Store:  # each has connections and locks of its own, as two processes have
        return Store(f"sqlite:///{tmp_path}/jobs.db", addresses=lambda *_: {}, patience=timedelta(seconds=60))

    stores, ready = [opened() for _ in range(4)], threading.Barrier(8)
    limits = WaitingLimits(per_person=10)

    def flood(number: int) -> int:
        ready.wait(60)
        taken = 0
        for each in range(10):
            new = NewJob(
                submission=f"{number}.{each}",
                script="a.sh",
                title="A",
                values={},
                inputs=(),
                requester=person_factory(),
            )
            try:
                stores[number % 4].jobs.submit(new, waiting_limits=limits, now=NOW)
            except QueueFull:
                continue
            taken += 1
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(flood, range(8)))

    assert sum(taken) == stores[0].jobs.count() == 10
    for store in stores:
        store.close()
