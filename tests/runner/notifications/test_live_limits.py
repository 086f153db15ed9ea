"""A hundred messages that go with their jobs keep within what Slack takes of all of them, and share it fairly."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.jobs import Ending, Job, Notification, Progress, Requester, State
from runner.messages.reports import Report
from runner.notifications.delivery import Delivery, DeliverySettings
from runner.notifications.slack import SlackTransport
from runner.store import NewJob, Store
from runner.system.clock import system_clock
from tests.support.slack.person import MARIA, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS, running_workspace

JOBS = 100
HOUR = timedelta(hours=1)
FIRST_CHANGES = 8


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with running_workspace() as workspace:
        yield workspace


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/jobs.db", addresses=lambda who, _: {"slack": who.user_id})
    yield store
    store.close()


def all_running(store: Store, client: WebClient, now: datetime) -> list[Job]:
    """As many jobs as there are to be, each with its own message in Slack already."""
    person = Requester(user_id=MARIA, team_id="T1", email="maria@example.com", name="Maria")
    for number in range(JOBS):
        new = NewJob(submission=f"{number}", script="a.sh", title="A", values={}, inputs=(), requester=person)
        store.jobs.submit(new, now=now)
    jobs = store.jobs.claim("here", executor="local", now=now, lease=HOUR, at_most=JOBS)
    for owed in store.outbox.due(now=now, channel="slack", limit=JOBS):
        posted = client.chat_postMessage(channel=MARIA, text=f"Job {owed.job_id} was here before")
        receipt = f"{posted['channel']} {posted['ts']}"
        store.outbox.mark_delivered(owed.id, now=now, receipts={owed.id: receipt})
    return jobs


def shown(workspace: Workspace) -> list[str]:
    return [message["text"] for message in workspace.person(MARIA).dm()]


def calls(workspace: Workspace, method: str) -> list[dict[str, Any]]:
    return [entry for entry in workspace.log() if entry["kind"] == method]


def has_changed(workspace: Workspace, times: int) -> bool:
    return len(calls(workspace, "chat.update")) > times


def test_a_hundred_live_messages_are_changed_by_turns_within_the_limits_and_ends_come_first(
    workspace: Workspace, client: WebClient, store: Store
) -> None:
    now = system_clock()
    jobs = all_running(store, client, now)
    workspace.post("/control/rate_limits", {"on": True})

    def report(notification: Notification) -> Report | None:
        job = store.jobs.get(notification.job_id)
        return None if job is None else Report(job=job)

    transports = {"slack": SlackTransport(client)}
    delivery = Delivery(store.outbox, transports, report, clock=system_clock, settings=DeliverySettings())
    began = time.monotonic()
    delivery.start()
    try:
        for percent in range(FIRST_CHANGES):
            for job in jobs:
                store.jobs.set_progress(job.id, Progress(percent=percent), runner="here")
            wait_for(partial(has_changed, workspace, percent), 20, what="a change")
        changes = calls(workspace, "chat.update")
        changed = [text for text in shown(workspace) if "started" in text]
        assert len(changed) == len(changes), "one after the other, none twice before all had their turn"
        ended = jobs[-1]
        store.jobs.finish(ended.id, Ending(state=State.SUCCEEDED), runner="here", now=now, expires_at=now + HOUR)
        delivery.wake()
        wait_for(
            lambda: [text for text in shown(workspace) if re.match(rf"✅ Job {ended.id} succeeded", text)][1:],
            20,
            what="the end, and the message that shows it",
        )
    finally:
        delivery.stop()

    seconds = time.monotonic() - began
    assert {entry["verdict"] for entry in calls(workspace, "chat.update")} == {"ok"}
    assert len(calls(workspace, "chat.update")) <= 5 + 0.75 * seconds + 1, "a minute's 45, and 5 at once"
