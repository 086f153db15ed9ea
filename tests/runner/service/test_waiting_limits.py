"""The limits on waiting jobs hold on every way to a job, for everybody, and people are told before and after."""

from collections.abc import Callable
from typing import Any

import pytest

from runner.errors import QueueFull
from runner.jobs import Requester
from runner.system.beats import Beat, BeatFile
from runner.worker.settings import JobSettings

Make = Callable[..., Any]
Site = Any
ADMIN = "root@example.org"
FULL = "You have 3 jobs waiting, and at most 3 of one person may wait"


@pytest.fixture
def site(runner_factory: Make) -> Site:
    """A runner that does not work, with room for three waiting jobs of each person."""
    site = runner_factory(access={"admins": [ADMIN]}, jobs={"waiting_per_person": 3, "waiting_per_script": 10})
    site.put("work.sh", "#!/bin/sh\n")
    return site


def fill(site: Site, person: Requester | None = None) -> None:
    for _ in range(3):
        site.submit("work.sh", person=person)


def test_no_more_is_taken_of_who_has_as_many_waiting_as_may(site: Site, person_factory: Make) -> None:
    fill(site)

    with pytest.raises(QueueFull, match=FULL):
        site.submit("work.sh")

    assert site.submit("work.sh", person=person_factory("Bob")).id == 4


def test_running_again_is_asking_for_a_job_too(site: Site) -> None:
    fill(site)

    with pytest.raises(QueueFull, match=FULL):
        site.service.run_again(site.person, 1, submission="again")


def test_administrators_are_held_to_it_as_everybody_is(site: Site, person_factory: Make) -> None:
    root = person_factory("Root", email=ADMIN)
    fill(site, root)

    with pytest.raises(QueueFull, match=FULL):
        site.submit("work.sh", person=root)


def test_it_is_told_of_a_job_before_it_is_asked_for(site: Site, person_factory: Make) -> None:
    script = site.service.scripts.find(site.person, "work.sh", exactly=True)
    said = []
    for _ in range(3):
        said.append(site.service.queue.outlook_for(site.person, script).limit)
        site.submit("work.sh")
    said.append(site.service.queue.outlook_for(site.person, script).limit)

    assert [None if limit is None else limit.is_reached for limit in said] == [None, None, False, True]
    assert site.service.queue.near_limit(site.person) == said[-1]
    assert site.service.queue.outlook_for(person_factory("Bob"), script).limit is None


def test_room_is_looked_for_before_what_takes_long_and_a_submission_that_was_taken_has_it(site: Site) -> None:
    script = site.service.scripts.find(site.person, "work.sh", exactly=True)
    fill(site)

    with pytest.raises(QueueFull, match=FULL):
        site.service.queue.check_room(site.person, script, submission="new")
    site.service.queue.check_room(site.person, script, submission="1")


def test_obstacle_is_told_of_a_job_that_waits_and_of_no_other(runner_factory: Make, person_factory: Make) -> None:
    site = runner_factory(jobs={"slots": 4, "per_person": 1})
    site.put("work.sh", "#!/bin/sh\n")
    first, second = site.submit("work.sh"), site.submit("work.sh")
    other = site.submit("work.sh", person=person_factory("Bob"))
    site.store.jobs.claim("here", executor="local", now=site.clock(), lease=site.config.jobs.lease)

    assert site.service.details(site.person, second.id).outlook.obstacle == (
        "1 job runs of its requester, and 1 of one person may at once"
    )
    assert site.service.details(site.person, first.id).outlook.obstacle == ""
    words = "1 job runs of its requester, and 1 of one person may at once"
    own = "1 job of yours runs, and 1 of one person may at once"
    assert site.service.jobs(site.person, mine=True).obstacles == {second.id: own}
    upcoming = site.service.queue.upcoming(site.person, at_most=9)
    assert [each.obstacle for each in upcoming if each.job.requester == site.person] == ["", words]
    script = site.service.scripts.find(site.person, "work.sh", exactly=True)
    assert site.service.queue.outlook_for(site.person, script).obstacle == own
    assert site.service.details(other.requester, other.id).outlook.obstacle == ""


def test_without_a_runner_no_job_is_told_to_start(runner_factory: Make) -> None:
    site = runner_factory()
    site.put("work.sh", "#!/bin/sh\n")
    job, queue = site.submit("work.sh"), site.service.queue
    script = site.service.scripts.find(site.person, "work.sh", exactly=True)
    runner = BeatFile(site.assembly.paths.runner_beat)
    assert queue.paused() is None, "none has been here yet: nobody knows"

    runner.write(Beat(process_id=1, at=0.0))
    assert queue.paused() is None
    runner.close()

    pauses = [queue.paused(), queue.outlook(job).paused, queue.outlook_for(site.person, script).paused]
    assert {pause.reason for pause in pauses if pause} == {
        "the runner is not running; ask an administrator to start it"
    }
    assert None not in pauses
    assert [each.forecast for each in queue.upcoming(site.person, at_most=9)] == [None]


@pytest.mark.parametrize(
    ("slots", "share"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (8, 6), (16, 12), (100, 75), (1000, 750)]
)
def test_one_person_has_all_but_a_quarter_of_the_slots_unless_a_setting_says_otherwise(slots: int, share: int) -> None:
    assert JobSettings(slots=slots).limits.per_person == share
    assert JobSettings(slots=slots, per_person=slots).limits.per_person == slots


def test_with_default_settings_a_newcomer_starts_at_once_beside_somebody_with_many_jobs(
    runner_factory: Make, person_factory: Make
) -> None:
    site = runner_factory(jobs={"per_person": None})
    site.put("work.sh", "#!/bin/sh\n")
    for _ in range(5):
        site.submit("work.sh")
    limits = site.config.jobs.limits
    now, lease = site.clock(), site.config.jobs.lease
    taken = site.store.jobs.claim("here", executor="local", now=now, lease=lease, limits=limits, at_most=2)
    assert [job.requester.name for job in taken] == ["Ada"]

    job = site.submit("work.sh", person=person_factory("Bob"))

    assert site.service.queue.outlook(job).place == 1
    claimed = site.store.jobs.claim("here", executor="local", now=now, lease=lease, limits=limits, at_most=2)
    assert claimed[0].id == job.id
