"""Slack is away for an hour while jobs start, go on and end: then all arrives in its last form, ends first, once."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.jobs import Ending, Job, Notification, Progress, Requester, State
from runner.messages.reports import Report
from runner.notifications.delivery import Delivery, DeliverySettings
from runner.notifications.slack import SlackTransport
from runner.store import NewJob, Store
from tests.support.machine.installation import free_port
from tests.support.slack.person import MARIA, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS, running_workspace

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PERSON = Requester(user_id=MARIA, team_id="T1", email="maria@example.com", name="Maria")


class World:
    """Jobs in a store and what is sent of them, by a clock that stands still unless it is moved."""

    def __init__(self, folder: Path, workspace: Workspace, now: datetime) -> None:
        self.now = now
        self.workspace = workspace
        self.store = Store(f"sqlite:///{folder}/jobs.db", addresses=lambda who, _: {"slack": who.user_id})
        self.client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url, retry_handlers=[])
        transports = {"slack": SlackTransport(self.client)}
        self.delivery = Delivery(
            self.store.outbox, transports, self.report, clock=lambda: self.now, settings=DeliverySettings()
        )

    def report(self, notification: Notification) -> Report | None:
        job = self.store.jobs.get(notification.job_id)
        return None if job is None else Report(job=job)

    def start(self) -> Job:
        number = self.store.jobs.count()
        new = NewJob(submission=f"{number}", script="a.sh", title="A", values={}, inputs=(), requester=PERSON)
        self.store.jobs.submit(new, now=self.now)
        (job,) = self.store.jobs.claim("here", executor="local", now=self.now, lease=DAY)
        return job

    def say(self, job: Job, percent: int) -> None:
        assert self.store.jobs.set_progress(job.id, Progress(percent=percent), runner="here")

    def end(self, job: Job, state: State = State.SUCCEEDED) -> None:
        ending = Ending(state=state)
        assert self.store.jobs.finish(job.id, ending, runner="here", now=self.now, expires_at=self.now + DAY)

    def tick(self, after: timedelta = MINUTE) -> None:
        self.now += after
        self.delivery.tick(self.now)

    def messages(self, job: Job) -> list[dict[str, Any]]:
        return [each for each in self.workspace.person(MARIA).dm() if f"Job {job.id} " in each["text"]]

    def shows(self, job: Job, words: str) -> bool:
        """Whether the job's own message, its first, shows that by now."""
        self.tick()
        found = self.messages(job)
        return bool(found) and words in json.dumps(found[0], ensure_ascii=False)


@pytest.fixture
def world(tmp_path: Path, now: datetime) -> Iterator[World]:
    with running_workspace() as workspace:
        world = World(tmp_path, workspace, now)
        yield world
        world.delivery.stop()
        world.store.close()


def test_after_an_hour_all_arrives_in_its_last_form_ends_first_and_nothing_twice(world: World) -> None:
    goes_on, ends, fails = (world.start() for _ in range(3))
    for job in (goes_on, ends, fails):
        wait_for(lambda job=job: world.shows(job, "started"), 20, what="its message")  # type: ignore[misc]
    before = len(world.workspace.log())

    there, world.client.base_url = world.client.base_url, f"http://127.0.0.1:{free_port()}/api/"
    for minute in range(60):
        world.say(goes_on, minute)
        if minute == 10:
            world.end(ends)
            short = world.start()
        if minute == 30:
            world.end(fails, State.FAILED)
            world.end(short)
            late = world.start()
        world.tick()
    world.client.base_url = there

    for job, words in ((ends, "succeeded"), (fails, "failed"), (short, "succeeded"), (late, "started")):
        wait_for(lambda job=job, words=words: world.shows(job, words), 20, what=words)  # type: ignore[misc]
    wait_for(lambda: world.shows(goes_on, " 59 %"), 20, what="the last that it said")
    for _ in range(5):
        world.tick()

    assert {job.id: len(world.messages(job)) for job in (goes_on, ends, fails, short, late)} == {
        goes_on.id: 1,
        ends.id: 2,
        fails.id: 2,
        short.id: 2,
        late.id: 1,
    }
    for job in (ends, fails, short):
        own, end = world.messages(job)
        assert (end["thread_ts"], bool(end.get("broadcast"))) == (own["ts"], True)
        assert "Cancel" not in json.dumps(own["blocks"])
    calls = [each for each in world.workspace.log()[before:] if each["kind"] in ("chat.postMessage", "chat.update")]
    redrawn = next(index for index, each in enumerate(calls) if f"Job {goes_on.id} " in json.dumps(each))
    told = [index for index, each in enumerate(calls) if "reply_broadcast" in json.dumps(each)]
    assert len(told) == 3
    assert min(told) < redrawn
