"""Lists of jobs by any filter, a page at a time, which stay what they are while jobs arrive."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from runner.jobs import Ending, Job, JobFilter, State
from runner.store import Store

MakeJob = Callable[..., Job]
HOUR = timedelta(hours=1)


@pytest.fixture
def jobs(store: Store, job_factory: MakeJob, person_factory: Callable[..., Any], clock: Any) -> list[Job]:
    """Jobs of two people and two scripts, one an hour; those of the first half have ended, one way or another."""
    made = []
    parts = list(product(("Ada", "Bob"), ("a.sh", "b.sh"), (State.SUCCEEDED, State.FAILED, State.SUCCEEDED)))
    for name, script, state in [*parts, *((name, script, State.QUEUED) for name, script, _ in parts)]:
        clock.move(HOUR)
        made.append(job_factory(state, requester=person_factory(name), script=script))
    return made


def matches(which: JobFilter, job: Job) -> bool:
    return (
        which.user_id in (None, job.requester.user_id)
        and which.script in (None, job.script)
        and (which.states is None or job.state in which.states)
        and (which.since is None or job.requested_at >= which.since)
    )


MEANT = product(
    (None, "U0ADA", "U0NOBODY"),
    (None, "b.sh"),
    (None, {State.FAILED}, {State.QUEUED, State.SUCCEEDED}),
    (None, 20, 10_000),
)


@pytest.mark.parametrize("meant_by", list(MEANT))
def test_each_job_that_is_meant_is_on_one_page(
    store: Store, jobs: list[Job], meant_by: tuple[Any, Any, Any, Any]
) -> None:
    user_id, script, states, hours = meant_by
    since = None if hours is None else jobs[0].requested_at + hours * HOUR
    which = JobFilter(user_id=user_id, script=script, states=states and frozenset(states), since=since)
    meant = [job.id for job in reversed(jobs) if matches(which, job)]

    found: list[int] = []
    before = None
    while page := store.jobs.page(which, limit=3, before=before):
        found += [job.id for job in page]
        before = page[-1].id

    assert found == meant
    assert [store.jobs.number_of(which, at_most=most) for most in (2, 100)] == [min(2, len(meant)), len(meant)]
    if len(meant) > 4:
        assert [job.id for job in store.jobs.page(which, limit=3, after=meant[4])] == meant[1:4]
        assert store.jobs.number_of(which, at_most=100, after=meant[4]) == 4


def test_page_stays_what_it_is_while_jobs_arrive_and_end(store: Store, jobs: list[Job], job_factory: MakeJob) -> None:
    first = store.jobs.page(limit=3)
    second = store.jobs.page(limit=3, before=first[-1].id)

    job_factory()
    store.jobs.remove(jobs[0].id)

    assert store.jobs.page(limit=3, before=first[-1].id) == second
    assert store.jobs.page(limit=3, after=second[0].id) == first


def test_ended_job_is_listed_by_its_new_state(store: Store, job_factory: MakeJob, clock: Any) -> None:
    job = job_factory(State.RUNNING)
    failed = JobFilter(states=frozenset({State.FAILED}))
    assert store.jobs.page(failed, limit=3) == []

    store.jobs.finish(job.id, Ending(state=State.FAILED), runner="here", now=clock(), expires_at=clock())

    assert [each.id for each in store.jobs.page(failed, limit=3)] == [job.id]
