"""Channels that are told how jobs end, as the stand-in workspace has them."""

from collections.abc import Callable, Iterator

import pytest
from slack_sdk import WebClient

from runner.jobs import Event, Notification
from runner.messages import slack_message
from runner.messages.reports import Report
from runner.notifications import Undeliverable
from runner.notifications.slack import SlackTransport
from runner.service import seen_by_watchers
from tests.support.slack.person import GENERAL, MACHINE, MARIA, Json, Workspace
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


def said_in(workspace: Workspace, channel: str) -> list[Json]:
    conversations = workspace.get(f"/people/{MARIA}/state")["conversations"]
    return next(place["messages"] for place in conversations if place["id"] == channel)


@pytest.mark.parametrize("recipient", [MACHINE, "#big-machine"])
def test_channel_is_told_of_an_end_without_buttons_and_without_a_password(
    workspace: Workspace,
    client: WebClient,
    report_factory: Reports,
    notification_factory: Notifications,
    recipient: str,
) -> None:
    report = seen_by_watchers(report_factory(title="<!channel> *b*", log_tail="a\n"))
    message = notification_factory(channel="slack", recipient=recipient, event=Event.WATCHED)

    receipt = SlackTransport(client).send(message, report)

    shown = said_in(workspace, MACHINE)[-1]
    assert receipt is None
    assert shown["text"].startswith("✅ Job 12 succeeded: &lt;!channel&gt; *b*")
    assert "Requested by Ada" in str(shown["blocks"])
    assert not [block for block in shown["blocks"] if block["type"] == "actions"]
    assert "scp" not in str(shown)
    assert "open sesame" not in str(shown)


@pytest.mark.parametrize(
    ("recipient", "reason"),
    [
        (GENERAL, "type /invite @ScriptRunner in it"),
        ("#general", "type /invite @ScriptRunner in it"),
        ("#no-such-channel", "there is no such channel, or it is private"),
        ("C0NOWHERE", "there is no such channel, or it is private"),
    ],
)
def test_channel_that_cannot_be_told_is_given_up_with_the_reason(
    client: WebClient,
    report_factory: Reports,
    notification_factory: Notifications,
    recipient: str,
    reason: str,
) -> None:
    message = notification_factory(channel="slack", recipient=recipient, event=Event.WATCHED)

    with pytest.raises(Undeliverable, match=reason):
        SlackTransport(client).send(message, report_factory())


def test_requester_is_told_which_channel_was_not(report_factory: Reports) -> None:
    report = report_factory(untold=(("#assembly", "this channel is archived"),))

    shown = [each.to_dict() for each in slack_message.blocks(Event.UNTOLD, report)]

    assert "#assembly: this channel is archived" in slack_message.text(Event.UNTOLD, report)
    assert "#assembly: this channel is archived" in str(shown)
