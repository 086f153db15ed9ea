"""Who may do what about the queue, and what people are told of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from runner.errors import InvalidValue, Refused, ScriptRunnerError
from runner.jobs import Ending, Job, Requester, State
from runner.service.service import MOST_COUNTED

Make = Callable[..., Any]
Site = Any
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
COPIES = """
WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)
INSERT INTO jobs (submission, script, title, arguments, inputs, user_id, team_id, email, name, state, requested_at,
                  attempt)
SELECT number, script, title, arguments, inputs, user_id, team_id, email, name, 'succeeded', requested_at, 1
FROM jobs JOIN numbers
"""
ROLES = ["requester", "other", "admin", "nobody", "operator"]
MAY_ALL = {"admin", "operator"}


@pytest.fixture
def people(person_factory: Make) -> dict[str, Requester]:
    return {
        "requester": person_factory("Ada"),
        "other": person_factory("Bob"),
        "admin": person_factory("Root", email="Root@Example.org"),
        "nobody": Requester(user_id="", team_id="", email="", name=""),
        "operator": Requester(user_id="operator", team_id="", email="", name="root"),
    }


@pytest.fixture
def site(runner_factory: Make, people: dict[str, Requester]) -> Site:
    """A runner that does not work, with a script, an administrator and somebody who works on the machine itself."""
    site = runner_factory(access={"admins": ["root@example.org"]})
    site.service = site.assembly.service(people["operator"])
    site.put("work.sh", "#!/bin/sh\n##~~ {more_time: 1h}\n")
    return site


def running(site: Site) -> Job:
    site.submit("work.sh")
    job: Job
    [job] = site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    site.assembly.results.make(job.id, attempt=1)
    return job


def held(site: Site) -> Job:
    job = site.submit("work.sh")
    found: Job = site.store.queue.hold(job.id, by="Ada", now=site.clock())
    return found


ACTS: dict[str, tuple[Callable[[Site], Job], Callable[[Site, Requester, int], object], set[str]]] = {
    "hold": (lambda site: site.submit("work.sh"), lambda site, *who: site.service.queue.hold(*who), {"requester"}),
    "release": (held, lambda site, *who: site.service.queue.release(*who), {"requester"}),
    "move": (
        lambda site: site.submit("work.sh"),
        lambda site, *who: site.service.queue.move_to_front(*who),
        {"requester"},
    ),
    "move before all": (
        lambda site: site.submit("work.sh"),
        lambda site, *who: site.service.queue.move_to_front(*who, of_all=True),
        set(),
    ),
    "grant time": (running, lambda site, *who: site.service.queue.grant_time(*who, MINUTE), {"requester"}),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS)
def test_requester_and_those_who_may_all_can_act_and_nobody_else(
    site: Site, people: dict[str, Requester], role: str, act: str
) -> None:
    make, do, allowed = ACTS[act]
    job = make(site)

    if role in allowed | MAY_ALL:
        do(site, people[role], job.id)
        assert site.job(job) != job
    else:
        with pytest.raises(Refused) as refused:
            do(site, people[role], job.id)
        assert site.job(job) == job
        if role != "requester":
            with pytest.raises(Refused) as absent:
                do(site, people[role], job.id + 1)
            words = str(absent.value).replace(f" {job.id + 1} ", " N ")
            assert str(refused.value).replace(f" {job.id} ", " N ") == words


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_may_all_pause_and_resume(site: Site, people: dict[str, Requester], role: str) -> None:
    person = people[role]

    if role in MAY_ALL:
        site.service.queue.pause(person, "disk")
        assert site.service.queue.paused().paused_by == person.name
        site.service.queue.resume(person)
    else:
        with pytest.raises(Refused, match="Only administrators may pause the queue"):
            site.service.queue.pause(person, "disk")
        site.service.queue.pause(people["admin"], "disk")
        with pytest.raises(Refused, match="Only administrators may resume the queue"):
            site.service.queue.resume(person)
        assert site.service.queue.paused() is not None


def test_operator_is_none_but_the_one_that_the_command_line_made(
    runner_factory: Make, people: dict[str, Requester]
) -> None:
    usual = runner_factory()

    for person in people.values():
        with pytest.raises(Refused):
            usual.service.queue.pause(person, "disk")


def test_copy_of_the_operator_has_no_rights(site: Site, people: dict[str, Requester]) -> None:
    operator = people["operator"]
    copy = Requester(user_id=operator.user_id, team_id="", email="", name=operator.name)

    with pytest.raises(Refused):
        site.service.queue.pause(copy, "disk")


@pytest.mark.parametrize("reason", ["", "two\nlines", "\x1b[2J", "x" * 301])
def test_reason_for_a_pause_is_a_line_of_text(site: Site, people: dict[str, Requester], reason: str) -> None:
    with pytest.raises(InvalidValue, match="The reason for the pause must"):
        site.service.queue.pause(people["admin"], reason)
    assert site.service.queue.paused() is None


def test_what_cannot_be_done_is_told_with_the_reason(site: Site, people: dict[str, Requester]) -> None:
    queue, ada, root = site.service.queue, people["requester"], people["admin"]
    runs = running(site)
    waits = site.submit("work.sh")

    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: queue.hold(ada, runs.id), f"Job {runs.id} is running; only a job that waits can be held"),
        (lambda: queue.release(ada, runs.id), f"Job {runs.id} is running; only a job that waits can be released"),
        (lambda: queue.move_to_front(ada, runs.id), f"Job {runs.id} is running; only a job that waits can be moved"),
        (lambda: queue.release(ada, waits.id), f"Job {waits.id} is not held"),
        (lambda: queue.grant_time(ada, waits.id, MINUTE), f"Job {waits.id} is queued; only a running job can get"),
        (lambda: queue.grant_time(ada, runs.id, timedelta()), "More time is a span of time"),
        (lambda: queue.grant_time(ada, runs.id, DAY), f"Job {runs.id} can be given at most 1 h more: its script"),
        (lambda: queue.resume(root), "The queue is not paused"),
    ]
    for act, words in refused:
        with pytest.raises(ScriptRunnerError, match=words):
            act()
    queue.hold(ada, waits.id)
    with pytest.raises(ScriptRunnerError, match=f"Job {waits.id} is held already"):
        queue.hold(ada, waits.id)
    queue.grant_time(ada, runs.id, 60 * MINUTE)
    with pytest.raises(ScriptRunnerError, match=f"Job {runs.id} can be given no more time"):
        queue.grant_time(ada, runs.id, MINUTE)


def test_details_say_what_the_reader_may_do(site: Site, people: dict[str, Requester]) -> None:
    runs, waits = running(site), site.submit("work.sh")

    details = {
        (role, job.id): site.service.details(people[role], job.id)
        for role in ("requester", "admin")
        for job in (runs, waits)
    }

    assert [details[role, runs.id].grantable for role in ("requester", "admin")] == [60 * MINUTE] * 2
    assert [details[role, waits.id].may_rearrange for role in ("requester", "admin")] == [True, True]
    assert [details[role, waits.id].may_move_before_all for role in ("requester", "admin")] == [False, True]
    assert details["requester", runs.id].may_rearrange is False
    assert [each.number for each in details["requester", runs.id].attempts] == [1]
    assert details["requester", waits.id].attempts == ()


def test_place_and_expected_start_and_end_follow_the_queue(site: Site, people: dict[str, Requester]) -> None:
    for _ in range(5):
        job = running(site)
        site.clock.move(10 * MINUTE)
        site.store.jobs.finish(
            job.id, Ending(state=State.SUCCEEDED), runner="here", now=site.clock(), expires_at=site.clock() + DAY
        )
    runs = [running(site) for _ in range(2)]
    bobs = [site.submit("work.sh", person=people["other"]) for _ in range(3)]
    mine = site.submit("work.sh")

    before = site.service.details(people["requester"], mine.id)
    assert before.outlook.place == before.outlook.forecast.place == 2
    assert before.outlook.forecast.run_count == 5
    assert (
        site.clock()
        < before.outlook.forecast.start.earliest
        < site.clock() + 10 * MINUTE
        < before.outlook.forecast.start.latest
    )
    assert before.outlook.forecast.start.latest < before.outlook.forecast.end.latest
    assert site.service.details(people["requester"], runs[0].id).outlook.forecast.start is None

    site.service.queue.move_to_front(people["admin"], mine.id, of_all=True)
    after = site.service.details(people["requester"], mine.id)
    assert after.outlook.place == 1
    assert after.outlook.forecast.start.latest < before.outlook.forecast.start.latest
    assert [site.service.details(people["other"], job.id).outlook.place for job in bobs] == [2, 3, 4]


def test_place_that_a_job_would_have_is_told_before_it_is_asked_for(site: Site, people: dict[str, Requester]) -> None:
    def place(role: str) -> int:
        script = site.service.scripts.find(people[role], "work.sh", exactly=True)
        return int(site.service.queue.outlook_for(people[role], script).place)

    assert place("requester") == 1

    for _ in range(3):
        site.submit("work.sh", person=people["other"])
    assert [place(role) for role in ("requester", "other")] == [2, 4]

    job = site.submit("work.sh")
    assert site.service.details(people["requester"], job.id).outlook.place == 2
    assert place("requester") == 4


def test_job_that_was_started_since_it_was_looked_at_has_no_place(site: Site, people: dict[str, Requester]) -> None:
    job, other = site.submit("work.sh"), site.submit("work.sh")
    [started] = site.store.jobs.claim("here", executor="local", now=site.clock(), lease=DAY)
    assert site.service.queue.outlook(job).place == 0

    site.store.jobs.finish(
        started.id, Ending(state=State.SUCCEEDED), runner="here", now=site.clock(), expires_at=site.clock() + DAY
    )

    assert [site.service.queue.outlook(each).place for each in (job, other)] == [0, 1]


def test_nothing_is_foretold_of_what_is_held_has_ended_or_is_paused(site: Site, people: dict[str, Requester]) -> None:
    job = site.submit("work.sh")
    site.service.queue.pause(people["admin"], "disk")

    paused = site.service.details(people["requester"], job.id)
    site.service.queue.resume(people["admin"])
    site.service.queue.hold(people["requester"], job.id)
    kept = site.service.details(people["requester"], job.id)
    site.service.cancel(people["requester"], job.id)
    ended = site.service.details(people["requester"], job.id)

    assert (paused.outlook.place, paused.outlook.forecast, paused.outlook.paused.reason) == (1, None, "disk")
    assert (kept.outlook.place, kept.outlook.forecast, kept.outlook.paused) == (0, None, None)
    assert (ended.outlook.place, ended.outlook.forecast) == (0, None)


@pytest.mark.parametrize("role", ROLES)
def test_coming_jobs_are_listed_for_those_who_may_list_them(
    runner_factory: Make, people: dict[str, Requester], role: str
) -> None:
    site = runner_factory(access={"admins": ["root@example.org"], "list_all_jobs": False})
    site.service = site.assembly.service(people["operator"])
    site.put("work.sh", "#!/bin/sh\n")
    runs, waits, kept = running(site), site.submit("work.sh"), held(site)

    upcoming = site.service.queue.upcoming(people[role], at_most=9)

    shown = [(runs.id, 0), (waits.id, 1), (kept.id, 0)] if role in {"requester", *MAY_ALL} else []
    assert [(each.job.id, each.place) for each in upcoming] == shown


def test_jobs_are_counted_up_to_a_number_and_listed_beyond_it(site: Site, people: dict[str, Requester]) -> None:
    few = site.service.jobs(people["requester"], mine=True)
    assert (few.job_count, few.are_more) == (0, False)
    job = site.submit("work.sh")
    with closing(sqlite3.connect(site.config.data / "scriptrunner.db")) as connection:
        connection.execute(COPIES, (MOST_COUNTED,))
        connection.commit()

    page = site.service.jobs(people["requester"], mine=True, before=job.id + 1)

    assert (page.job_count, page.are_more, page.place) == (MOST_COUNTED, True, MOST_COUNTED + 1)
    assert [each.id for each in page.jobs] == [job.id]
