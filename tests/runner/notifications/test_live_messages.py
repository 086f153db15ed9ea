"""A job's own message goes with it from the queue to its end, whatever is killed, deleted or refused meanwhile."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.jobs import Job, Requester
from tests.support.machine.runner_site import Site
from tests.support.slack.person import MARIA, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS, running_workspace

REPORTING = """#!/bin/sh
echo begun > begun
for sign in first second go; do
  while [ ! -e $sign ]; do sleep 0.01; done
  [ $sign = first ] && echo '{"scriptrunner": 1, "progress": 42, "status": "counting"}'
  [ $sign = second ] && echo 77%
done
exit 0
"""
SIGNS = ("first", "second", "go")
ENDED = ["Details", "Log", "Share…", "Run again", "Edit and run again"]


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with running_workspace() as workspace:
        yield workspace


@pytest.fixture
def site(tmp_path: Path, person_factory: Callable[..., Requester], workspace: Workspace) -> Iterator[Site]:
    environment = SECRETS | {"SLACK_API_URL": workspace.api_url}
    person = person_factory(user_id=MARIA, email="maria@example.com")
    site = Site(tmp_path, person, more={"jobs": {"slots": 1}}, environment=environment)
    site.put("work.sh", REPORTING)
    yield site
    for folder in (site.data / "outbox").glob("[0-9]*"):
        for sign in SIGNS:
            (folder / sign).touch()
    site.end()


def messages(workspace: Workspace, job: Job) -> list[dict[str, Any]]:
    """All that stands in the conversation and its threads about the job, the oldest first."""
    return [each for each in workspace.person(MARIA).dm() if f"Job {job.id} " in each["text"]]


def own(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job's own message."""
    return wait_for(
        lambda: next((each for each in messages(workspace, job) if each.get("thread_ts") in (None, each["ts"])), None),
        20,
        what="the job's message",
    )


def shows(workspace: Workspace, job: Job, words: str) -> dict[str, Any]:
    """The job's own message once it shows that."""
    wait_for(lambda: words in json.dumps(own(workspace, job), ensure_ascii=False), 20, what=f"{words!r} shown")
    return own(workspace, job)


def answers(workspace: Workspace, job: Job) -> list[dict[str, Any]]:
    ts = own(workspace, job)["ts"]
    return [each for each in messages(workspace, job) if each.get("thread_ts") == ts and each["ts"] != ts]


def buttons(message: dict[str, Any]) -> list[str]:
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


def let(site: Site, job: Job, sign: str) -> None:
    folder = site.assembly.results.folder(job.id)
    wait_for((folder / "begun").exists, 20, what="begun")
    (folder / sign).touch()


def test_one_message_shows_place_start_progress_and_end_and_the_thread_the_rest(
    site: Site, workspace: Workspace
) -> None:
    site.start()
    first, second = site.submit("work.sh"), site.submit("work.sh")
    shows(workspace, first, "started")
    waits = shows(workspace, second, "waits")
    assert "Place in the queue:" in json.dumps(waits)
    assert buttons(waits) == ["Details", "Share…", "Cancel"]
    for sign in SIGNS:
        let(site, first, sign)

    started = shows(workspace, second, f"Job {second.id} started")
    assert started["ts"] == waits["ts"]
    wait_for(lambda: answers(workspace, second), 20, what="the start in the thread")
    assert [each["text"].split(":")[0] for each in answers(workspace, second)] == [f"▶️ Job {second.id} started"]
    let(site, second, "first")
    assert "▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱ 42 % · counting" in json.dumps(shows(workspace, second, "42 %"), ensure_ascii=False)
    let(site, second, "second")
    shows(workspace, second, "77 %")
    let(site, second, "go")
    ended = shows(workspace, second, "succeeded")

    assert (ended["ts"], buttons(ended)) == (waits["ts"], ENDED)
    wait_for(lambda: len(answers(workspace, second)) == 2, 20, what="the end in the thread")
    last = answers(workspace, second)[-1]
    assert last["text"].startswith(f"✅ Job {second.id} succeeded")
    assert last["broadcast"]
    seen = [each["text"].split(":")[0] for each in messages(workspace, first) if not each["thread_ts"]]
    assert seen == [f"✅ Job {first.id} succeeded"], "nothing else stands in the conversation itself but what was sent"


def test_message_is_gone_on_with_after_a_restart_of_the_runner(site: Site, workspace: Workspace) -> None:
    runner = site.start()
    job = site.submit("work.sh")
    before = shows(workspace, job, "started")
    runner.kill()
    runner.wait()
    let(site, job, "first")

    site.start()
    assert shows(workspace, job, "42 %")["ts"] == before["ts"]
    let(site, job, "second")
    let(site, job, "go")

    assert shows(workspace, job, "succeeded")["ts"] == before["ts"]
    wait_for(lambda: len(messages(workspace, job)) == 2, 20, what="its own message and that of its end")


def test_message_that_was_deleted_is_made_anew_and_has_the_end_in_its_thread(site: Site, workspace: Workspace) -> None:
    site.start()
    job = site.submit("work.sh")
    before = shows(workspace, job, "started")
    delete(workspace, before)
    let(site, job, "first")

    after = shows(workspace, job, "42 %")
    assert after["ts"] != before["ts"]
    let(site, job, "second")
    let(site, job, "go")
    shows(workspace, job, "succeeded")

    wait_for(lambda: answers(workspace, job), 20, what="the end in the thread")


def test_end_of_a_job_whose_message_was_deleted_is_told_outside_of_its_thread(site: Site, workspace: Workspace) -> None:
    site.start()
    job = site.submit("work.sh")
    before = shows(workspace, job, "started")
    wait_for((site.assembly.results.folder(job.id) / "begun").exists, 20, what="begun")
    workspace.fail("chat.update", "cant_update_message", times=100)
    delete(workspace, before)
    for sign in SIGNS:
        let(site, job, sign)

    wait_for(lambda: any("succeeded" in each["text"] for each in messages(workspace, job)), 20, what="the end")
    workspace.fail("chat.update", "cant_update_message", times=0)


def delete(workspace: Workspace, message: dict[str, Any]) -> None:
    client = WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url)
    client.chat_delete(channel=workspace.person(MARIA).dm_id(), ts=message["ts"])
