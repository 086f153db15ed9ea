"""Messages that the app writes for later."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack.person import MACHINE, Person, Workspace

DAY = 24 * 3600


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        act()
    return str(caught.value.response["error"])


def later(seconds: int) -> int:
    return int(time.time()) + seconds


def listed(client: WebClient, **rest: Any) -> list[str]:
    return [one["text"] for one in client.chat_scheduledMessages_list(**rest)["scheduled_messages"]]


def test_a_scheduled_message_is_posted_when_its_time_has_come(client: WebClient, maria: Person) -> None:
    channel = client.conversations_open(users=maria.id)["channel"]["id"]
    root = client.chat_postMessage(channel=channel, text="root")
    answer = client.chat_scheduleMessage(
        channel=channel, post_at=later(2), text="in time", thread_ts=root["ts"], reply_broadcast=True
    )
    assert (answer["message"]["type"], answer["message"]["text"]) == ("delayed_message", "in time")
    assert answer["scheduled_message_id"].startswith("Q")
    assert listed(client) == ["in time"]
    posted = maria.wait_for_dm("in time")
    assert float(posted["ts"]) >= answer["post_at"]
    assert (posted["thread_ts"], posted["broadcast"], listed(client)) == (root["ts"], True, [])


def test_what_is_scheduled_is_listed_in_pages_and_deleted(client: WebClient) -> None:
    moments = [later(DAY + number) for number in range(3)]
    made = [client.chat_scheduleMessage(channel=MACHINE, post_at=at, text=str(at)) for at in moments]
    texts = [str(at) for at in moments]
    assert listed(client, channel=MACHINE) == texts
    assert listed(client, oldest=str(moments[1]), latest=str(moments[1])) == texts[1:2]
    first = client.chat_scheduledMessages_list(limit=2)
    rest = client.chat_scheduledMessages_list(limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [len(page["scheduled_messages"]) for page in (first, rest)] == [2, 1]
    named = {"channel": MACHINE, "scheduled_message_id": made[0]["scheduled_message_id"]}
    assert client.chat_deleteScheduledMessage(**named)["ok"]
    assert refusal(lambda: client.chat_deleteScheduledMessage(**named)) == "invalid_scheduled_message_id"
    assert listed(client) == texts[1:]
    assert refusal(lambda: client.chat_scheduledMessages_list(channel="C0NOWHERE01")) == "invalid_channel"


@pytest.mark.parametrize(("seconds", "error"), [(-5, "time_in_past"), (121 * DAY, "time_too_far")])
def test_a_time_that_is_past_or_too_far_is_refused(client: WebClient, seconds: int, error: str) -> None:
    act = client.chat_scheduleMessage
    assert refusal(lambda: act(channel=MACHINE, post_at=later(seconds), text="x")) == error


def test_what_is_posted_within_a_minute_is_not_deleted_any_more(client: WebClient) -> None:
    soon = client.chat_scheduleMessage(channel=MACHINE, post_at=later(50), text="x")
    named = {"channel": MACHINE, "scheduled_message_id": soon["scheduled_message_id"]}
    assert refusal(lambda: client.chat_deleteScheduledMessage(**named)) == "invalid_scheduled_message_id"


def test_thirty_messages_fit_into_five_minutes_of_a_channel(client: WebClient, maria: Person) -> None:
    at = later(DAY)
    for number in range(30):
        client.chat_scheduleMessage(channel=MACHINE, post_at=at + number, text="x")
    act = client.chat_scheduleMessage
    assert refusal(lambda: act(channel=MACHINE, post_at=at, text="x")) == "restricted_too_many"
    assert act(channel=MACHINE, post_at=at + 30 + 300, text="x")["ok"]
    assert act(channel=maria.id, post_at=at, text="x")["ok"]


def test_what_is_scheduled_is_kept_from_one_start_to_the_next(
    start_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    saved = tmp_path / "state.json"
    first = start_workspace("--state", str(saved))
    WebClient(token="xoxb-test", base_url=first.api_url).chat_scheduleMessage(
        channel=MACHINE, post_at=later(DAY), text="kept"
    )
    first.person().wait_for(lambda: saved.exists() and "kept" in saved.read_text(), what="saved")
    again = start_workspace("--state", str(saved))
    assert listed(WebClient(token="xoxb-test", base_url=again.api_url)) == ["kept"]
