"""What the database does for a question is bounded by what is asked for, however many jobs wait or have ended."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from runner.jobs import Ending, Job, JobFilter, State
from runner.scheduling import Limits, WaitingLimits
from runner.store import Store

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FILTERS: dict[str, Any] = {
    "user_id": "U0ADA",
    "script": "a.sh",
    "states": frozenset({State.QUEUED, State.FAILED}),
    "since": NOW - timedelta(days=400),
}


def _listed(named: tuple[str, ...], store: Store, job: Job) -> object:
    which = JobFilter(**{name: FILTERS[name] for name in named})
    pages = [store.jobs.page(which, limit=8, before=job.id), store.jobs.page(which, limit=8, after=job.id)]
    return [*pages, store.jobs.page(which, limit=8), store.jobs.number_of(which, at_most=9, after=job.id)]


QUESTIONS: dict[str, Callable[[Store, Job], object]] = {
    "claim": lambda store, _: store.jobs.claim(
        "here", executor="local", now=NOW, lease=MINUTE, limits=Limits(slots=9), at_most=2
    ),
    "finish": lambda store, job: store.jobs.finish(
        job.id, Ending(state=State.FAILED), runner="here", now=NOW, expires_at=NOW
    ),
    "renew": lambda store, _: store.jobs.renew("here", now=NOW, lease=MINUTE),
    "requests": lambda store, _: store.jobs.requests("here"),
    "warn": lambda store, job: store.jobs.warn(job.id, runner="here", now=NOW),
    "look": lambda store, _: store.queue.look(limits=Limits(), now=NOW).scene,
    "runtimes": lambda store, _: dict(store.queue.look(limits=Limits(), now=NOW).scene.runtimes),
    "held": lambda store, _: store.queue.held(at_most=9),
    "hold": lambda store, job: store.queue.hold(job.id, by="Ada", now=NOW),
    "runtimes of a script": lambda store, _: store.jobs.runtimes("a.sh"),
    "attempts": lambda store, job: store.jobs.attempts(job.id),
    "page of all": lambda store, _: store.jobs.page(limit=8),
    **{
        " ".join(["page", *named]): partial(_listed, named)
        for count in range(1, 5)
        for named in combinations(FILTERS, count)
    },
    "count of one": lambda store, _: store.jobs.count(user_id="U0ADA", at_most=9),
    "running of one": lambda store, _: store.own_jobs.running("U0ADA", at_most=9),
    "waiting of one": lambda store, _: store.own_jobs.waiting("U0ADA", at_most=9),
    "ended of one": lambda store, _: store.own_jobs.ended("U0ADA", at_most=9),
    "deleted next of one": lambda store, _: store.own_jobs.deleted_next("U0ADA", at_most=9),
    "uses of one": lambda store, _: store.jobs.uses("U0ADA", at_most=9),
    "queue length": lambda store, _: store.jobs.count(states=[State.QUEUED]),
    "troubles of a job": lambda store, job: store.outbox.troubles(job_id=job.id),
    "due": lambda store, _: store.outbox.due(now=NOW, channel="slack", limit=9),
    "troubles of all": lambda store, _: store.outbox.troubles(),
    "expired": lambda store, _: store.jobs.expired(now=NOW),
    "ended": lambda store, job: store.jobs.ended([job.id, 99]),
    "known": lambda store, job: store.jobs.known([job.id, 99]),
    "several": lambda store, job: store.jobs.several([job.id, 99]),
    "inputs in use": lambda store, _: store.jobs.inputs_in_use(),
    "people to remind": lambda store, _: store.expiry.people_to_remind("here", before=NOW),
    "candidates": lambda store, _: store.expiry.candidates("U0ADA", "here", before=NOW),
    "remind": lambda store, job: store.expiry.remind([job.id], now=NOW, until=NOW),
    "told with": lambda store, job: store.expiry.told_with(job, at_most=9),
    "begin deletion": lambda store, job: store.expiry.begin_deletion(job.id, now=NOW),
    "half deleted": lambda store, _: store.expiry.half_deleted(),
    "inputs of": lambda store, job: store.expiry.inputs_of(job),
}
WHOLE = {
    "inputs in use": ["SCAN jobs USING INDEX jobs_kept_longer"],  # which holds nothing else
    "page of all": ["SCAN jobs"],  # the newest page is the end of the table
    "troubles of all": ["SCAN notifications USING INDEX notifications_in_trouble"],  # which holds nothing else
}


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed within, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def listen(*executed: Any) -> None:
        statements.append(executed[2:4])

    event.listen(Engine, "before_cursor_execute", listen)
    yield statements
    event.remove(Engine, "before_cursor_execute", listen)


def plans(path: Path, statements: list[tuple[str, Any]]) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        for statement, parameters in statements:
            if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
                for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    yield row[3]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_all_jobs_or_messages(
    question: str, store: Store, job_factory: Callable[..., Job], tmp_path: Path
) -> None:
    job = job_factory(State.RUNNING)
    for _ in range(3):
        job_factory()

    with asked() as statements:
        QUESTIONS[question](store, job)

    steps = list(plans(tmp_path / "jobs.db", statements))
    assert steps
    whole = [step for step in steps if step.startswith(("SCAN jobs", "SCAN notifications"))]
    assert whole == WHOLE.get(question, [])


def test_first_jobs_of_all_lines_are_found_by_the_index_alone(
    store: Store, job_factory: Callable[..., Job], tmp_path: Path
) -> None:
    job_factory()

    with asked() as statements:
        store.jobs.claim("here", executor="local", now=NOW, lease=MINUTE)

    [lines] = [each for each in statements if "WITH RECURSIVE" in each[0]]
    steps = [step for step in plans(tmp_path / "jobs.db", [lines]) if "jobs_in_line" in step or "TEMP" in step]
    assert steps == [
        "SEARCH jobs USING COVERING INDEX jobs_in_line (state=?)",
        "SEARCH own USING COVERING INDEX jobs_in_line (state=? AND user_id=? AND script>?)",
        "SEARCH others USING COVERING INDEX jobs_in_line (state=? AND user_id>?)",
    ]


def test_what_is_deleted_next_is_found_by_the_index_in_its_order(store: Store, tmp_path: Path) -> None:
    with asked() as statements:
        store.own_jobs.deleted_next("U0ADA", at_most=3)

    assert list(plans(tmp_path / "jobs.db", statements)) == [
        "SEARCH jobs USING INDEX jobs_deleted_next (user_id=? AND expires_at>?)"
    ]


def test_durations_are_found_by_their_index(store: Store, tmp_path: Path) -> None:
    with asked() as statements:
        store.jobs.runtimes("a.sh")

    assert list(plans(tmp_path / "jobs.db", statements)) == [
        "SEARCH jobs USING INDEX jobs_by_script (script=? AND state=?)"
    ]


def test_durations_of_all_scripts_are_found_at_once_by_the_index_alone(
    store: Store, job_factory: Callable[..., Job], tmp_path: Path
) -> None:
    for number in range(3):
        job_factory(script=f"{number}.sh")

    with asked() as statements:
        dict(store.queue.look(limits=Limits(), now=NOW).scene.runtimes)

    [found] = [each for each in statements if "json_each" in each[0]]
    assert not [each for each in statements if "'succeeded'" in each[0] and each != found]
    assert [step for step in plans(tmp_path / "jobs.db", [found]) if step.startswith("SEARCH")] == [
        "SEARCH found USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH jobs USING COVERING INDEX jobs_by_script (script=? AND state=?)",
    ]


def test_past_runs_are_read_of_the_scripts_that_are_needed_soonest(
    store: Store, job_factory: Callable[..., Job]
) -> None:
    job_factory(State.SUCCEEDED, script="90.sh")
    for number in range(100):
        job_factory(script=f"{number}.sh")
    runtimes = store.queue.look(limits=Limits(), now=NOW).scene.runtimes

    with asked() as statements:
        assert [runtimes[f"{number}.sh"] for number in range(20)] == [[]] * 20
        assert len([each for each in statements if "json_each" in each[0]]) == 1
        assert runtimes["90.sh"] == store.jobs.runtimes("90.sh") != []
        assert len(runtimes) == 100
        assert "other.sh" not in runtimes


def test_fewer_past_runs_are_read_where_many_scripts_wait_but_all_of_the_script_that_is_asked_about(
    store: Store, job_factory: Callable[..., Job]
) -> None:
    for script in ("0.sh", "1.sh"):
        for _ in range(31):
            job_factory(State.SUCCEEDED, script=script)
    jobs = [job_factory(script=f"{number}.sh") for number in range(120)]

    runtimes = store.queue.look(limits=Limits(), now=NOW, script=jobs[0].script).scene.runtimes
    assert [len(runtimes["0.sh"]), len(runtimes["1.sh"]), len(runtimes["2.sh"])] == [30, 16, 0]
    assert sorted(runtimes["1.sh"]) == sorted(store.jobs.runtimes("1.sh", at_most=16))

    for job in jobs[2:]:
        store.queue.hold(job.id, by="Ada", now=NOW)
    assert len(store.queue.look(limits=Limits(), now=NOW).scene.runtimes["1.sh"]) == 30


def test_waiting_jobs_of_a_person_and_of_a_script_are_counted_by_indexes_alone(store: Store, tmp_path: Path) -> None:
    with asked() as statements:
        store.jobs.waiting_counts(WaitingLimits(per_person=9, per_script=9), user_id="U0ADA", script="a.sh")

    steps = list(plans(tmp_path / "jobs.db", statements))
    assert all(step.startswith("SEARCH jobs USING COVERING INDEX ") for step in steps)
    assert [set(re.findall(r"(\w+)=\?", step)) for step in steps] == [
        {"user_id", "state"},
        {"script", "state"},
        {"user_id", "script", "state"},
    ]
