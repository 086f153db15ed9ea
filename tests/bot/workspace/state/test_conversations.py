"""Messages in channels, direct messages and threads: who sees them, who hears of them, who may read them."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace, wait_for

Connect = Callable[[App], Any]
Json = dict[str, Any]
SCOPES = ("commands", "chat:write", "users:read", "im:history", "channels:history", "app_mentions:read", "im:write")
EVENTS = ("message.im", "message.channels", "app_mention")


def refusal(act: Callable[[], Any]) -> Json:
    with pytest.raises(SlackApiError) as caught:
        act()
    return dict(caught.value.response.data)


@pytest.fixture
def workspace(start_workspace: Callable[..., Workspace]) -> Workspace:
    return start_workspace(scopes=SCOPES, events=EVENTS)


@pytest.fixture
def heard(client: WebClient, connect: Connect) -> Queue[Json]:
    """The inner events that reach the app; what it does itself is not kept from it."""
    events: Queue[Json] = Queue()
    app = App(client=client, ignoring_self_events_enabled=False)

    @app.use
    def listen(body: Json, next_: Callable[[], Any]) -> Any:
        if "event" in body:
            events.put(body["event"])
        return next_()

    connect(app)
    return events


def in_thread(maria: Person, text: str, thread_ts: str) -> Json:
    body = {"channel": maria.dm_id(), "text": text, "thread_ts": thread_ts}
    return maria.workspace.post(f"/people/{maria.id}/messages", body)


def test_answers_stand_in_the_thread_that_both_sides_name(client: WebClient, maria: Person) -> None:
    root = client.chat_postMessage(channel=maria.id, text="root")
    assert in_thread(maria, "from her", root["ts"])["ok"]
    answer = client.chat_postMessage(channel=maria.id, text="from the app", thread_ts=maria.dm()[1]["ts"])
    assert answer["message"]["thread_ts"] == root["ts"]
    assert answer["message"]["parent_user_id"] == root["message"]["user"]
    (first,) = client.conversations_history(channel=root["channel"])["messages"]
    assert (first["reply_count"], first["latest_reply"]) == (2, answer["ts"])
    thread = client.conversations_replies(channel=root["channel"], ts=root["ts"])["messages"]
    assert [message["text"] for message in thread] == ["root", "from her", "from the app"]


@pytest.mark.parametrize(
    ("thread_ts", "error"), [("0", "invalid_thread_ts"), ("1000000000.000001", "cannot_reply_to_message")]
)
def test_a_thread_that_is_not_there_cannot_be_answered(
    client: WebClient, maria: Person, thread_ts: str, error: str
) -> None:
    act = client.chat_postMessage
    assert refusal(lambda: act(channel=maria.id, text="x", thread_ts=thread_ts))["error"] == error
    assert in_thread(maria, "x", thread_ts)["error"] == error


def test_history_is_read_in_pages_and_between_moments(client: WebClient, maria: Person) -> None:
    posted = [client.chat_postMessage(channel=maria.id, text=str(number)) for number in range(5)]
    channel, stamps = posted[0]["channel"], [answer["ts"] for answer in posted]

    def texts(**rest: Any) -> list[str]:
        return [message["text"] for message in client.conversations_history(channel=channel, **rest)["messages"]]

    assert texts() == ["4", "3", "2", "1", "0"]
    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    pages = client.conversations_history(channel=channel, limit=2)
    assert [message["text"] for page in pages for message in page["messages"]] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"oldest": "soon"}, "invalid_ts_oldest"),
        ({"latest": "-1"}, "invalid_ts_latest"),
        ({"cursor": "x"}, "invalid_cursor"),
    ],
)
def test_odd_moments_and_cursors_are_refused(client: WebClient, maria: Person, arguments: Json, error: str) -> None:
    channel = client.conversations_open(users=maria.id)["channel"]["id"]
    assert refusal(lambda: client.conversations_history(channel=channel, **arguments))["error"] == error


def test_each_type_of_conversation_needs_its_own_scope(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write", "channels:history", "channels:manage"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    channel = client.chat_postMessage(channel=person.MARIA, text="x")["channel"]
    assert client.conversations_history(channel=person.MACHINE)["ok"]
    assert refusal(lambda: client.conversations_history(channel=channel))["needed"] == "im:history"
    assert refusal(lambda: client.conversations_open(users=person.MARIA))["needed"] == "im:write"


def test_an_app_writes_where_it_is_not_with_a_scope_for_that(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write", "chat:write.public"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    assert client.chat_postMessage(channel=person.GENERAL, text="x")["ok"]


def test_metadata_has_a_type_and_a_payload(client: WebClient, maria: Person) -> None:
    metadata = {"event_type": "job_done", "event_payload": {"job": 7}}
    answer = client.chat_postMessage(channel=maria.id, text="x", metadata=metadata)
    assert answer["message"]["metadata"] == metadata
    odd = {"channel": maria.id, "text": "x", "metadata": {"event_type": "job_done"}}
    assert refusal(lambda: client.api_call("chat.postMessage", json=odd))["error"] == "invalid_metadata_format"


def test_an_update_tells_when_it_was(client: WebClient, maria: Person) -> None:
    posted = client.chat_postMessage(channel=maria.id, text="one")
    updated = client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")
    assert updated["message"]["edited"]["ts"] > posted["ts"]


def test_the_app_hears_of_its_own_messages_and_of_their_changes(
    client: WebClient, heard: Queue[Json], maria: Person
) -> None:
    posted = client.chat_postMessage(channel=maria.id, text="one")
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")
    client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    events = [heard.get(timeout=5) for _ in range(3)]
    by_subtype = {event.get("subtype"): event for event in events}
    assert by_subtype[None]["bot_id"].startswith("B")
    assert by_subtype["message_changed"]["previous_message"]["text"] == "one"
    assert by_subtype["message_changed"]["message"]["text"] == "two"
    assert by_subtype["message_deleted"]["deleted_ts"] == posted["ts"]


def test_the_app_hears_when_it_is_mentioned(heard: Queue[Json], maria: Person) -> None:
    maria.write("@testapp run it, @tom.okafor & you", person.MACHINE)
    events = {event["type"]: event for event in (heard.get(timeout=5), heard.get(timeout=5))}
    text = f"<@U0SCRIPTBOT> run it, <@{person.TOM}> &amp; you"
    assert (events["app_mention"]["text"], events["message"]["text"]) == (text, text)


def test_an_event_without_its_scope_is_not_sent(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("commands",), events=("message.im",))
    workspace.person().write("hello")
    (entry,) = workspace.log()
    assert (entry["verdict"], entry["detail"]) == ("not sent", "message.im needs the scope im:history")


def test_commands_need_their_scope(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write",))
    assert workspace.person().command("/go")["error"] == "unknown_command"


def test_an_ephemeral_message_is_lost_when_the_page_is_loaded_anew(
    workspace: Workspace, client: WebClient, maria: Person
) -> None:
    def load(query: str = "", **headers: str) -> tuple[str, list[str]]:
        connection = HTTPConnection(workspace.url.removeprefix("http://"), timeout=5)
        connection.request("GET", f"/people/{maria.id}/events{query}", headers=workspace.headers | headers)
        events = connection.getresponse()
        loaded, snapshot = events.readline().decode().split()[1], json.loads(events.readline()[6:])
        connection.close()
        return loaded, [message["text"] for one in snapshot["conversations"] for message in one["messages"]]

    loaded, _ = load()
    client.chat_postEphemeral(channel=person.MACHINE, user=maria.id, text="psst")
    client.chat_postMessage(channel=person.MACHINE, text="aloud")
    assert load(**{"Last-Event-ID": loaded})[1] == ["psst", "aloud"]
    assert load(f"?loaded={loaded}")[1] == ["psst", "aloud"]
    assert load()[1] == ["aloud"]


def test_conversations_and_their_members_are_listed(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write", "channels:read", "im:read"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    channel = client.chat_postMessage(channel=person.MARIA, text="x")["channel"]
    listed = [one["id"] for page in client.conversations_list(limit=1) for one in page["channels"]]
    assert listed == [person.GENERAL, person.MACHINE]
    assert [one["id"] for one in client.conversations_list(types="im")["channels"]] == [channel]
    assert person.EXTERNAL in client.conversations_members(channel=person.MACHINE)["members"]
    assert person.EXTERNAL not in client.conversations_members(channel=person.GENERAL)["members"]
    assert refusal(lambda: client.conversations_list(types="im,mpim"))["needed"] == "mpim:read"
    assert refusal(lambda: client.conversations_list(types="rooms"))["error"] == "invalid_types"


def test_an_app_joins_a_channel_and_writes_there(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(scopes=("chat:write", "channels:join"))
    client = WebClient(token="xoxb-test", base_url=workspace.api_url)
    assert refusal(lambda: client.chat_postMessage(channel=person.GENERAL, text="x"))["error"] == "not_in_channel"
    assert client.conversations_join(channel=person.GENERAL)["channel"]["is_member"]
    assert client.chat_postMessage(channel=person.GENERAL, text="x")["ok"]
    assert client.conversations_join(channel=person.GENERAL)["warning"] == "already_in_channel"


def test_the_app_hears_which_of_its_tabs_is_looked_at(start_workspace: Callable[..., Workspace]) -> None:
    workspace = start_workspace(events=("app_home_opened",))
    maria = workspace.person()
    for body in ({}, {"tab": "messages"}):
        assert workspace.post(f"/people/{maria.id}/home", body)["ok"]
    wait_for(lambda: {one["sent"]["event"]["tab"] for one in workspace.log()} == {"home", "messages"}, what="sent")
    assert workspace.post(f"/people/{maria.id}/home", {"tab": "about"})["error"] == "bad_arguments"


def test_a_press_in_a_thread_names_the_thread(app: App, connect: Connect, client: WebClient, maria: Person) -> None:
    heard: Queue[Json] = Queue()

    @app.action("press")
    def hear(ack: Any, body: Json) -> None:
        ack()
        heard.put(body)

    connect(app)
    root = client.chat_postMessage(channel=maria.id, text="root")
    button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Press"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    client.chat_postMessage(channel=maria.id, text="x", blocks=blocks, thread_ts=root["ts"])
    assert maria.press(maria.in_message(maria.dm()[1]), "b", "press")["ok"]
    assert heard.get(timeout=5)["container"]["thread_ts"] == root["ts"]
