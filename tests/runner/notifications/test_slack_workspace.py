"""Direct messages as the stand-in workspace takes and checks them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from runner.files import File, ResultTable
from runner.jobs import Event, Notification, Retrieval, State
from runner.messages import slack_message
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy
from runner.notifications.slack import SlackTransport
from tests.support.slack.person import DEACTIVATED, MARIA, TOM, YUKI, Workspace
from tests.support.slack.stand_in import SECRETS, running, running_workspace

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
    *_, message = next(place["messages"] for place in conversations if place["with_app"] and place["kind"] == "im")
    assert message["text"].startswith("✅ Job 12 succeeded: Word count")
    assert message["mrkdwn"] is False
    assert len(message["blocks"]) == len(slack_message.blocks(Event.ENDED, report))


def labels(message: dict[str, Any]) -> list[str]:
    """The words on its buttons."""
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


def last_message(workspace: Workspace, person: str) -> dict[str, Any]:
    conversations = workspace.get(f"/people/{person}/state")["conversations"]
    messages = next(place["messages"] for place in conversations if place["with_app"] and place["kind"] == "im")
    message: dict[str, Any] = messages[-1]
    return message


@pytest.mark.parametrize("event", [Event.STARTED, Event.WARNED, Event.RETRIED])
def test_what_a_message_offered_goes_once_the_job_has_ended(
    workspace: Workspace, client: WebClient, report_factory: Reports, notification_factory: Notifications, event: Event
) -> None:
    transport = SlackTransport(client)
    message = notification_factory(channel="slack", recipient=YUKI, event=event)
    running = report_factory(
        state=State.RUNNING, time_limit=timedelta(hours=1), grantable=timedelta(hours=4), finished_at=None
    )
    receipt = transport.send(message, running)
    assert "Cancel" in labels(last_message(workspace, YUKI))
    assert receipt is not None

    transport.revise(replace(message, receipt=receipt), report_factory())

    assert (
        labels(last_message(workspace, YUKI))
        == {
            Event.STARTED: ["Details", "Log", "Share…", "Run again", "Edit and run again"],
            Event.WARNED: ["Details", "Log"],
            Event.RETRIED: ["Details"],
        }[event]
    )
    assert message.name in transport.already_sent(message)


def test_message_that_was_deleted_is_not_revised_and_nobody_minds(
    workspace: Workspace, client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    transport = SlackTransport(client)
    message = notification_factory(channel="slack", recipient=YUKI, event=Event.STARTED)
    receipt = transport.send(message, report_factory(state=State.RUNNING, finished_at=None))
    assert receipt is not None
    channel, ts = receipt.split()
    client.chat_delete(channel=channel, ts=ts)

    transport.revise(replace(message, receipt=receipt), report_factory())

    conversations = workspace.get(f"/people/{YUKI}/state")["conversations"]
    assert ts not in {message["ts"] for place in conversations for message in place["messages"]}


def test_message_of_an_end_is_not_to_be_revised(
    client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    message = notification_factory(channel="slack", recipient=YUKI)

    assert SlackTransport(client).send(message, report_factory()) is None


def test_message_says_its_name_and_is_found_by_it(
    client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    notification = notification_factory(id=71, channel="slack", recipient=MARIA)
    transport = SlackTransport(client)
    assert notification.name not in transport.already_sent(notification)

    transport.send(notification, report_factory())

    assert notification.name in SlackTransport(client).already_sent(notification)


def test_one_message_in_the_place_of_many_is_valid_and_each_is_found_by_its_name(
    workspace: Workspace, client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    title = "<!channel> & *b*" * 9
    many = [notification_factory(id=100 + job, job_id=job, channel="slack", recipient=MARIA) for job in range(50)]
    reports = [report_factory(id=job, title=title, state=State.FAILED, reason="x" * 400) for job in range(50)]

    SlackTransport(client).send_digest(many, reports)

    assert {each.name for each in many} <= set(SlackTransport(client).already_sent(many[0]))
    conversations = workspace.get(f"/people/{MARIA}/state")["conversations"]
    messages = next(place["messages"] for place in conversations if place["with_app"] and place["kind"] == "im")
    assert messages[-1]["text"].startswith("50 jobs: 50 failed")
    blocks = str(messages[-1]["blocks"])
    assert all(f"Job {job} failed" in blocks for job in range(50))


def test_app_that_may_not_look_says_so_once_and_sends(
    tmp_path: Path, report_factory: Reports, notification_factory: Notifications, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path, scopes=("chat:write", "im:write")) as workspace:
        transport = SlackTransport(WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url))

        notification = notification_factory(channel="slack", recipient=MARIA)
        assert [list(transport.already_sent(notification)) for _ in range(2)] == [[], []]
        transport.send(notification, report_factory())

        assert len(workspace.person(MARIA).dm()) == 1
    assert len([each for each in caplog.messages if "im:history" in each]) == 1


def test_limit_of_one_conversation_is_told_from_that_of_the_workspace(
    client: WebClient, workspace: Workspace, report_factory: Reports, notification_factory: Notifications
) -> None:
    transport = SlackTransport(client)

    def refusal(user_id: str) -> DeliveryFailed:
        with pytest.raises(DeliveryFailed) as refused:
            transport.send(notification_factory(channel="slack", recipient=user_id), report_factory())
        return refused.value

    workspace.fail("chat.postMessage", "ratelimited", retry_after=7)
    assert isinstance(refusal(MARIA), RecipientBusy)
    transport.send(notification_factory(channel="slack", recipient=TOM), report_factory())

    workspace.fail("chat.postMessage", "ratelimited", retry_after=7, times=3)
    found = [refusal(user_id) for user_id in (MARIA, TOM, YUKI)]
    assert [type(each) for each in found] == [RecipientBusy, RecipientBusy, ChannelDown]
    assert {each.retry_after for each in found} == {timedelta(seconds=7)}


def test_person_who_has_left_is_given_up(
    client: WebClient, report_factory: Reports, notification_factory: Notifications
) -> None:
    notification = replace(notification_factory(channel="slack"), recipient=DEACTIVATED)

    with pytest.raises(Undeliverable):
        SlackTransport(client).send(notification, report_factory())


def test_what_a_script_shows_and_a_small_table_stand_in_the_message_of_the_end_as_they_are(
    client: WebClient, report_factory: Reports
) -> None:
    table = ResultTable(name="<!here>.csv", rows=[["*word*", "count"], ["<@U1>", ""]])
    report = report_factory(show="summary.txt", shown="<!channel> *b*\x1b[31m\n`c`", table=table)

    blocks = [block.to_dict() for block in slack_message.blocks(Event.ENDED, report)]

    assert client.api_call("blocks.validate", json={"blocks": blocks})["ok"]
    drawn = json.dumps(blocks, ensure_ascii=False)
    assert "<!channel> *b*\\n`c`" in drawn
    (rows,) = [block["rows"] for block in blocks if block["type"] == "table"]
    assert rows[1] == [{"type": "raw_text", "text": "<@U1>"}, {"type": "raw_text", "text": "\u00a0"}]
    assert "&lt;!channel&gt; *b*" in slack_message.text(Event.ENDED, report)
