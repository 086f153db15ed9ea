"""Home tabs that are open are drawn anew when their person's jobs have changed, and only then."""

import time
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.listeners.open_homes import OpenHomes
from runner.system.beats import Beat, BeatFile
from runner.system.clock import system_clock
from tests.support.slack.desk import Desk, requester
from tests.support.slack.person import MARIA, TOM, Person
from tests.support.slack.stand_in import SECRETS


@pytest.fixture
def client(desk: Desk) -> WebClient:
    return WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=desk.workspace.api_url)


@pytest.fixture
def homes(desk: Desk) -> OpenHomes:
    return OpenHomes(desk.service, clock=system_clock, monotonic=time.monotonic)


def words(person: Person) -> str:
    return str(person.home())


def test_open_tab_is_drawn_anew_when_a_job_starts_and_when_it_ends(
    desk: Desk, maria: Person, homes: OpenHomes, client: WebClient
) -> None:
    job = desk.queue("nothing.sh")
    homes.draw(client, requester())
    assert f"{job.id} · Nothing · {MARIA} · queued" in words(maria)

    desk.start_job(job)
    homes.refresh(client)
    assert f"▶️ {job.id} · Nothing · {MARIA} · running" in words(maria)

    other = desk.end_job(desk.queue("nothing.sh"))
    homes.refresh(client)
    assert f"✅ {other.id} · Nothing · {MARIA} · succeeded" in words(maria)


def test_tab_whose_jobs_have_not_changed_is_left_alone(
    desk: Desk, maria: Person, homes: OpenHomes, client: WebClient
) -> None:
    desk.end_job(desk.queue("nothing.sh"))
    homes.draw(client, requester())
    before: Any = maria.home()
    desk.queue("nothing.sh", user_id=TOM)

    homes.refresh(client)

    assert maria.home() == before


def test_open_tab_is_drawn_anew_when_its_job_gets_another_place(
    desk: Desk, maria: Person, homes: OpenHomes, client: WebClient
) -> None:
    first, job = desk.queue("nothing.sh"), desk.queue("nothing.sh")
    homes.draw(client, requester())
    assert "yours first as number 1" in words(maria)
    desk.service.queue.move_to_front(requester(), job.id)
    before: Any = maria.home()

    homes.refresh(client)

    assert maria.home() != before
    assert first.id < job.id


def test_open_tab_is_drawn_anew_when_a_script_becomes_a_favourite(
    desk: Desk, maria: Person, homes: OpenHomes, client: WebClient
) -> None:
    homes.draw(client, requester())

    desk.service.menus.add_favourite(requester(), desk.script("greet.sh"))
    homes.refresh(client)

    assert "★ Your favourites" in words(maria)


def test_tab_says_once_that_the_runner_is_gone(desk: Desk, maria: Person, homes: OpenHomes, client: WebClient) -> None:
    homes.draw(client, requester())
    runner = BeatFile(desk.assembly.paths.runner_beat)
    runner.write(Beat(process_id=1, at=0.0))
    runner.close()

    homes.refresh(client)
    told: Any = maria.home()
    homes.refresh(client)

    assert "the runner is not running" in str(told)
    assert maria.home() == told


def test_tab_that_was_not_opened_is_not_drawn(desk: Desk, tom: Person, homes: OpenHomes, client: WebClient) -> None:
    before: Any = tom.home()
    homes.draw(client, requester())
    desk.queue("nothing.sh", user_id=TOM)

    homes.refresh(client)

    assert tom.home() == before


def test_tab_that_slack_does_not_take_keeps_no_other_from_being_drawn(
    desk: Desk, maria: Person, tom: Person, homes: OpenHomes, client: WebClient
) -> None:
    homes.draw(client, requester(TOM))
    homes.draw(client, requester())
    jobs = [desk.queue("nothing.sh", user_id=each) for each in (TOM, MARIA)]
    desk.workspace.fail("views.publish", "not_enabled")

    assert homes.refresh(client)
    homes.refresh(client)

    assert f"{jobs[1].id} · Nothing" in words(maria)
    assert f"{jobs[0].id} · Nothing" not in words(tom)


def test_many_changes_are_drawn_a_few_at_once(desk: Desk, maria: Person, homes: OpenHomes, client: WebClient) -> None:
    people = [person["id"] for person in desk.workspace.people() if not person.get("deleted")][:7]
    for each in people:
        homes.draw(client, requester(each))
        desk.queue("nothing.sh", user_id=each)
    drawn = [desk.person(each).home() for each in people]

    counts = []
    for _ in range(3):
        homes.refresh(client)
        counts.append(sum(desk.person(each).home() != before for each, before in zip(people, drawn, strict=True)))

    assert counts == [5, len(people), len(people)]
    assert maria.home() is not None
