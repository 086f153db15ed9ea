"""Slack or the mail server is down, slow or refuses: what is owed waits, and comes in order once they are back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.jobs import Job, Requester
from tests.support.machine.command import Command, slack
from tests.support.machine.installation import free_port
from tests.support.machine.runner_site import Site
from tests.support.slack.person import MARIA, wait_for
from tests.support.slack.stand_in import SECRETS

QUICK = "#!/bin/sh\n"
BACK_OFF = {"delivery": {"poll": "1s", "back_off": ["1s"]}}


@pytest.fixture
def site_factory(tmp_path: Path, person_factory: Callable[..., Requester]) -> Iterator[Callable[..., Site]]:
    """An installation with a quick script, which sends to that address of Slack."""
    sites = []

    def make(*, slack_url: str | None = None, **settings: Any) -> Site:
        environment = {} if slack_url is None else SECRETS | {"SLACK_API_URL": slack_url}
        person = person_factory(user_id=MARIA, email="maria@example.com")
        sites.append(Site(tmp_path, person, more=BACK_OFF | settings, environment=environment))
        sites[-1].put("quick.sh", QUICK)
        return sites[-1]

    yield make
    for site in sites:
        site.end()


def mail(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "security": "none", "timeout": "2s"}


def troubles(site: Site, job: Job) -> list[str]:
    """What /jobs shows of messages that could not be sent."""
    return [trouble.error for trouble in site.service.details(job.requester, job.id).troubles]


def complaints(site: Site) -> list[str]:
    """What doctor says about messages."""
    said = Command(site.folder).run("--config", str(site.settings), "doctor").stdout
    return [line for line in said.splitlines() if "messages:" in line]


def is_owed(site: Site, channel: str) -> bool:
    return site.assembly.store.outbox.next_due(channel=channel) is not None


def posts(requests: list[dict[str, Any]], job: Job) -> list[str]:
    """What Slack was told about a job, in order."""
    return [request["text"].split(":")[0] for request in requests if f"Job {job.id} " in request["text"]]


def test_direct_messages_wait_while_slack_is_down_and_come_in_order(site_factory: Any, tmp_path: Path) -> None:
    port = free_port()
    site = site_factory(slack_url=f"http://127.0.0.1:{port}/api/")
    site.start()
    jobs = [site.submit("quick.sh") for _ in range(4)]
    for job in jobs:
        site.ended(job)
        site.mails(job)  # mail does not wait for Slack

    wait_for(lambda: all(troubles(site, job) for job in jobs), 20, what="troubles shown")
    assert "Slack cannot be reached" in troubles(site, jobs[0])[0]
    assert "is tried again: Slack cannot be reached" in complaints(site)[0]

    with slack(tmp_path, port=port) as workspace:
        wait_for(lambda: not is_owed(site, "slack"), 30, what="sent")
        told = [message["text"] for message in workspace.person(MARIA).dm()]
    for job in jobs:
        mine = [text for text in told if f"Job {job.id} " in text]
        assert ["succeeded" in text for text in mine] == [True, True], (
            "its own message, drawn as it is now, and its end"
        )
    assert not troubles(site, jobs[0])


def test_slack_s_wish_to_wait_is_heeded_for_every_message(site_factory: Any, slack_server: Any) -> None:
    slack_server.answers.append((429, {"Retry-After": "3"}, '{"ok": false, "error": "ratelimited"}'))
    site = site_factory(slack_url=slack_server.url)
    site.start()
    jobs = [site.submit("quick.sh") for _ in range(3)]

    wait_for(lambda: slack_server.requests, 20, what="refused")
    refused_at = time.monotonic()
    wait_for(lambda: len(slack_server.requests) > 1, 20, what="tried again")

    assert time.monotonic() - refused_at > 2.5
    wait_for(lambda: len(slack_server.requests) == 7, 20, what="all sent")
    for job in jobs:
        assert posts(slack_server.requests, job)[-1].endswith("succeeded")


def test_slack_in_trouble_and_cut_connections_lose_no_message(site_factory: Any, slack_server: Any) -> None:
    slack_server.answers.extend([(503, {}, "down"), None, (500, {}, "{}"), None])
    site = site_factory(slack_url=slack_server.url)
    site.start()
    jobs = [site.submit("quick.sh") for _ in range(3)]

    for job in jobs:
        site.ended(job)
    wait_for(lambda: not is_owed(site, "slack"), 30, what="sent")

    assert not slack_server.answers
    for job in jobs:
        words = [post.split()[-1] for post in posts(slack_server.requests, job)]
        assert words == sorted(words, key=["started", "succeeded"].index)
        assert words.count("succeeded") > 1, "by its own message, and that of its end"


def test_person_whom_slack_does_not_know_stops_nobody_else_s_message(site_factory: Any, slack_server: Any) -> None:
    slack_server.refuse("user_not_found")
    site = site_factory(slack_url=slack_server.url)
    site.start()
    job, other = site.submit("quick.sh"), site.submit("quick.sh")

    for each in (job, other):
        site.ended(each)
    wait_for(lambda: not is_owed(site, "slack"), 20, what="settled")

    assert troubles(site, job) == ["Slack does not deliver to this person: user_not_found"]
    assert troubles(site, other) == []
    assert len(slack_server.requests) == 4
    assert "was given up: Slack does not deliver to this person: user_not_found" in complaints(site)[0]


def test_mails_wait_while_the_mail_server_is_down(site_factory: Any, serve_mail: Any) -> None:
    server = serve_mail()
    port = free_port()
    site = site_factory(mail=mail(port))
    runner = site.start()
    job = site.submit("quick.sh")
    site.ended(job)
    wait_for(lambda: troubles(site, job), 20, what="troubles")
    assert "The mail server does not take the mail: " in troubles(site, job)[0]
    assert "is tried again: The mail server does not take the mail: " in complaints(site)[0]

    site.settings.write_text(site.settings.read_text().replace(str(port), str(server.port)))  # it has moved
    runner.kill()
    runner.wait()
    site.start()

    wait_for(lambda: len(server.mails) == 2, 20, what="mailed")
    assert [b" started: " in envelope.content for envelope in server.mails] == [True, False]


@pytest.mark.parametrize(
    ("answer", "became", "is_over"),
    [
        ("450 4.2.1 mailbox is full", "is tried again: The mail server does not take the mail now: 450", False),
        ("550 5.1.1 no such user", "was given up: The mail server refuses the mail: 550", True),
    ],
)
def test_address_that_is_refused_stops_no_other_mail(
    site_factory: Any, serve_mail: Any, answer: str, became: str, is_over: bool
) -> None:
    server = serve_mail()
    server.refused["maria@example.com"] = answer
    site = site_factory(mail=mail(server.port))
    site.start()
    job = site.submit("quick.sh")
    site.ended(job)
    wait_for(lambda: troubles(site, job), 20, what="refused")

    site.person = replace(site.person, user_id="U0TOM000002", email="tom@example.com")
    other = site.submit("quick.sh")

    wait_for(lambda: len(server.mails) == 2, 20, what="mailed")
    assert {recipient for envelope in server.mails for recipient in envelope.rcpt_tos} == {"tom@example.com"}
    assert troubles(site, other) == []
    wait_for(lambda: is_owed(site, "email") is not is_over, 20, what="settled")
    assert became in complaints(site)[0]
