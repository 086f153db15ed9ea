"""Direct messages as the stand-in workspace takes and checks them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from slack_sdk import WebClient

from runner.files import File
from runner.jobs import Event, Notification, Retrieval, State
from runner.messages import slack_message
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.slack import SlackTransport
from tests.support.slack.person import DEACTIVATED, MARIA, Workspace
from tests.support.slack.stand_in import SECRETS, running_workspace

Reports = Callable[..., Report]
Notifications = Callable[..., Notification]


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with running_workspace() as workspace:
        yield workspace


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url)


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("text", ["usual", "<!channel> *b*\r\n\u202e", "&" * 3000, "ö\udce9"])
def test_every_message_is_valid(
    client: WebClient, report_factory: Reports, event: Event, state: State, text: str
) -> None:
    file = File(name=text, size_bytes=1, modified_at=datetime(2026, 1, 1, tzinfo=UTC))
    report = report_factory(
        state=state, title=text, reason=text, results=(file,) * 15, result_count=99, log_tail=f"{text}\n" * 9
    )

    blocks = [block.to_dict() for block in slack_message.blocks(event, report)]

    assert client.api_call("blocks.validate", json={"blocks": blocks})["ok"]


@pytest.mark.parametrize("state", list(State))
def test_message_about_a_job_of_which_nothing_is_left_is_valid(
    client: WebClient, report_factory: Reports, state: State
) -> None:
    nothing = {"started_at": None, "finished_at": None, "expires_at": None}
    report = report_factory(state=state, results=(), result_count=0, retrieval=None, **nothing)

    for event in Event:
        blocks = [block.to_dict() for block in slack_message.blocks(event, report)]
        assert client.api_call("blocks.validate", json={"blocks": blocks})["ok"]


def test_person_finds_the_message_in_the_conversation_with_the_app(
    workspace: Workspace, client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    report = report_factory(retrieval=Retrieval(command="scp there:. .", password="open sesame"))

    SlackTransport(client).send(notification_factory(channel="slack", recipient=MARIA), report)

    conversations = workspace.get(f"/people/{MARIA}/state")["conversations"]
    (message,) = next(place["messages"] for place in conversations if place["with_app"] and place["kind"] == "im")
    assert message["text"].startswith("✅ Job 12 succeeded: Word count")
    assert message["mrkdwn"] is False
    assert len(message["blocks"]) == len(slack_message.blocks(Event.ENDED, report))


def test_person_who_has_left_is_given_up(
    client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    notification = replace(notification_factory(channel="slack"), recipient=DEACTIVATED)

    with pytest.raises(Undeliverable):
        SlackTransport(client).send(notification, report_factory())
