"""Answers in threads that are sent to the conversation too, and what becomes of a thread whose beginning is deleted."""

from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.blockkit import second_opinions
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]


def data(response: Any) -> Json:
    return dict(response.data)


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        act()
    return str(caught.value.response["error"])


@pytest.fixture
def heard(client: WebClient, connect: Callable[[App], Any]) -> Queue[Json]:
    """The inner events that reach the app; what it does itself is not kept from it."""
    events: Queue[Json] = Queue()
    app = App(client=client, ignoring_self_events_enabled=False)

    @app.event("message")
    def listen(event: Json) -> None:
        events.put(event)

    connect(app)
    return events


@pytest.fixture
def root(client: WebClient, maria: Person) -> Json:
    return data(client.chat_postMessage(channel=maria.id, text="root"))


def place(root: Json) -> Json:
    return {"channel": root["channel"], "thread_ts": root["ts"]}


def test_an_answer_that_is_sent_to_the_conversation_stands_in_both(client: WebClient, root: Json) -> None:
    client.chat_postMessage(**place(root), text="in the thread")
    told = client.chat_postMessage(**place(root), text="for all", reply_broadcast=True)["message"]
    assert (told["subtype"], told["thread_ts"], told["root"]["text"]) == ("thread_broadcast", root["ts"], "root")
    assert "parent_user_id" not in told
    history = client.conversations_history(channel=root["channel"])["messages"]
    assert [one["text"] for one in history] == ["for all", "root"]
    thread = client.conversations_replies(channel=root["channel"], ts=root["ts"])["messages"]
    assert [one["text"] for one in thread] == ["root", "in the thread", "for all"]


def test_the_app_hears_of_such_an_answer_as_slack_tells_it(
    client: WebClient, heard: Queue[Json], maria: Person, root: Json
) -> None:
    body = {**place(root), "text": "for all", "reply_broadcast": True}
    assert maria.workspace.post(f"/people/{maria.id}/messages", body)["ok"]
    events = {one["text"]: one for one in (heard.get(timeout=10), heard.get(timeout=10))}
    event = events["for all"]
    assert (event["subtype"], event["root"]["reply_count"]) == ("thread_broadcast", 1)
    assert second_opinions.missing_in("ThreadBroadcastMessageEvent", event) == set()


def test_an_answer_is_sent_to_the_conversation_later_by_an_update_that_changes_nothing_else(
    client: WebClient, root: Json
) -> None:
    answer = client.chat_postMessage(**place(root), text="in the thread")

    def update(ts: str, **content: str) -> Json:
        body = {"channel": root["channel"], "ts": ts, "reply_broadcast": True, **content}
        return data(client.api_call("chat.update", json=body))

    assert refusal(lambda: update(root["ts"])) == "cant_broadcast_message"
    assert refusal(lambda: update(answer["ts"], text="x")) == "no_dual_broadcast_content_update"
    told = update(answer["ts"])["message"]
    assert (told["subtype"], told["text"]) == ("thread_broadcast", "in the thread")


def test_an_update_of_a_broadcast_answer_shows_in_thread_and_conversation(client: WebClient, root: Json) -> None:
    answer = client.chat_postMessage(**place(root), text="one", reply_broadcast=True)
    told = client.chat_update(channel=root["channel"], ts=answer["ts"], text="two")["message"]
    assert (told["subtype"], told["text"]) == ("thread_broadcast", "two")
    assert client.conversations_history(channel=root["channel"])["messages"][0]["text"] == "two"
    assert client.conversations_replies(channel=root["channel"], ts=root["ts"])["messages"][1]["text"] == "two"


def test_a_deleted_beginning_leaves_a_tombstone_until_its_last_answer_goes(
    client: WebClient, heard: Queue[Json], root: Json
) -> None:
    here = {"channel": root["channel"]}
    answer = client.chat_postMessage(**place(root), text="answer")
    client.chat_delete(channel=root["channel"], ts=root["ts"])
    (left,) = client.conversations_history(channel=root["channel"])["messages"]
    assert (left["subtype"], left["text"], left["user"]) == ("tombstone", "This message was deleted.", "USLACKBOT")
    assert refusal(lambda: client.chat_update(**here, ts=root["ts"], text="x")) == "message_not_found"
    client.chat_delete(channel=root["channel"], ts=answer["ts"])
    assert client.conversations_history(channel=root["channel"])["messages"] == []
    events = [heard.get(timeout=10) for _ in range(5)]
    told = [(one.get("subtype"), one.get("message", {}).get("subtype")) for one in events]
    assert sorted(map(str, told)) == sorted(
        map(str, [(None, None), (None, None), ("message_changed", "tombstone"), *[("message_deleted", None)] * 2])
    )


def test_a_bot_s_message_tells_which_app_it_is(root: Json) -> None:
    profile = root["message"]["bot_profile"]
    assert (profile["name"], profile["deleted"], profile["id"]) == ("Test App", False, root["message"]["bot_id"])
    assert profile["icons"]["image_48"].startswith("https://")


def test_threads_are_kept_from_one_start_to_the_next(start_workspace: Callable[..., Workspace], tmp_path: Any) -> None:
    state = ("--state", str(tmp_path / "state.json"))
    first = start_workspace(*state)
    client = WebClient(token="xoxb-test", base_url=first.api_url)
    root = client.chat_postMessage(channel=first.person().id, text="root")
    client.chat_postMessage(**place(data(root)), text="for all", reply_broadcast=True)
    saved = tmp_path / "state.json"
    first.person().wait_for(lambda: saved.exists() and "for all" in saved.read_text(), what="saved")
    again = WebClient(token="xoxb-test", base_url=start_workspace(*state).api_url)
    newest = again.conversations_history(channel=root["channel"])["messages"][0]
    assert (newest["subtype"], newest["root"]["text"]) == ("thread_broadcast", "root")
