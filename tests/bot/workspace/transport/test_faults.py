"""What goes wrong on demand, and what the journal then tells."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientSession, WSCloseCode
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.support.slack.person import Person, Workspace, wait_for

Connect = Callable[[App], Any]
Json = dict[str, Any]


def socket_url(client: WebClient) -> str:
    return str(client.apps_connections_open(app_token="xapp-test")["url"])


def plan(workspace: Workspace, fault: str, **rest: Any) -> Json:
    return workspace.post("/control/faults", {"fault": fault, **rest})


def entries(workspace: Workspace, kind: str) -> list[Json]:
    return [entry for entry in workspace.get("/journal")["entries"] if entry["kind"] == kind]


def test_calls_are_limited_as_often_as_asked(workspace: Workspace, client: WebClient) -> None:
    assert plan(workspace, "ratelimited", retry_after=7, times=2)["ok"]
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            client.auth_test()
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert client.auth_test()["ok"]


def test_a_server_in_trouble_answers_no_json(workspace: Workspace) -> None:
    plan(workspace, "server_error", status=502, method="auth.test")
    request = Request(f"{workspace.api_url}auth.test", data=b"token=xoxb-test")  # noqa: S310 - a loopback address
    with pytest.raises(HTTPError) as caught:
        urlopen(request)  # noqa: S310 - a loopback address
    with caught.value as answer:
        assert (answer.code, answer.headers.get_content_type()) == (502, "text/html")
    assert entries(workspace, "auth.test")[-1]["verdict"] == "HTTP 502"


def test_any_error_of_slacks_can_be_had(workspace: Workspace, client: WebClient) -> None:
    plan(workspace, "error", error="fatal_error", method="auth.test")
    assert client.users_list()["ok"]
    with pytest.raises(SlackApiError, match="fatal_error"):
        client.auth_test()


def test_a_slow_network_delays_calls(workspace: Workspace, client: WebClient) -> None:
    plan(workspace, "slow", seconds=0.3)
    began = time.monotonic()
    assert client.auth_test()["ok"]
    assert time.monotonic() - began >= 0.3


def test_a_command_that_arrives_too_late_is_told_as_one_that_timed_out(
    workspace: Workspace, app: App, connect: Connect, maria: Person
) -> None:
    app.command("/go")(lambda ack: ack("late"))
    connect(app)
    plan(workspace, "slow", seconds=4)
    assert maria.command("/go")["error"] == "operation_timeout"
    wait_for(lambda: entries(workspace, "slash_commands")[-1]["verdict"] == "too late", what="acknowledged too late")


def test_what_is_delivered_twice_arrives_twice(workspace: Workspace, app: App, connect: Connect, maria: Person) -> None:
    heard: list[str] = []

    @app.command("/go")
    def go(ack: Any, body: Json) -> None:
        heard.append(body["trigger_id"])
        ack()

    connect(app)
    plan(workspace, "duplicate")
    assert maria.command("/go")["ok"]
    assert maria.command("/go")["ok"]
    wait_for(lambda: len(heard) == 3, what="three deliveries of two commands")
    assert len(set(heard)) == 2


def test_a_dropped_connection_ends_without_a_word(workspace: Workspace, client: WebClient) -> None:
    async def be_dropped() -> int | None:
        async with ClientSession() as session, session.ws_connect(socket_url(client)) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "hello"
            assert (await asyncio.to_thread(plan, workspace, "drop"))["ok"]
            await socket.receive(timeout=5)
            return socket.close_code

    assert asyncio.run(be_dropped()) == WSCloseCode.ABNORMAL_CLOSURE
    wait_for(lambda: workspace.connections() == 0, what="without a connection")


def test_planned_faults_are_listed_and_forgotten(workspace: Workspace, client: WebClient) -> None:
    plan(workspace, "error", times=5, method="auth.test")
    (planned,) = workspace.get("/control/faults")["planned"]
    assert (planned["fault"], planned["times"], planned["method"]) == ("error", 5, "auth.test")
    request = Request(f"{workspace.url}/control/faults", headers=workspace.headers, method="DELETE")  # noqa: S310 - a loopback address
    with urlopen(request) as answer:  # noqa: S310 - a loopback address
        assert json.load(answer)["ok"]
    assert client.auth_test()["ok"]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"fault": "meteor"}, "must be one of slow, ratelimited"),
        ({"fault": "slow", "seconds": -1}, "seconds is -1"),
        ({"fault": "slow", "times": 1000}, "times is 1000"),
        ({"fault": "server_error", "status": 404}, "status is 404"),
        ({"fault": "error", "error": ""}, "error is ''"),
        ({"fault": "error", "method": 5}, "method is 5"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_is_allowed(workspace: Workspace, wanted: Json, word: str) -> None:
    answer = workspace.post("/control/faults", wanted)
    assert answer["error"] == "bad_arguments"
    assert word in answer["message"]


def test_rate_limits_follow_the_tier_once_they_are_on(workspace: Workspace, client: WebClient) -> None:
    assert all(client.users_list()["ok"] for _ in range(25))
    workspace.post("/control/rate_limits", {"on": True})
    for _ in range(20):
        client.users_list()
    with pytest.raises(SlackApiError) as caught:
        client.users_list()
    assert caught.value.response["error"] == "ratelimited"
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 60


def test_a_channel_takes_a_message_a_second_and_short_bursts(
    start_workspace: Callable[..., Workspace], maria: Person
) -> None:
    client = WebClient(token="xoxb-test", base_url=start_workspace("--rate-limits").api_url)

    def chatter() -> None:
        for _ in range(100):
            client.chat_postMessage(channel=maria.id, text="x")

    with pytest.raises(SlackApiError, match="ratelimited"):
        chatter()
    assert client.chat_postMessage(channel="C0MACHINE02", text="x")["ok"]


def test_a_conversation_is_one_however_it_is_named(start_workspace: Callable[..., Workspace], maria: Person) -> None:
    client = WebClient(token="xoxb-test", base_url=start_workspace("--rate-limits").api_url)
    began = time.monotonic()
    names = [maria.id, client.chat_postMessage(channel=maria.id, text="x")["channel"]]
    taken = 1
    for turn in range(40):
        with suppress(SlackApiError):
            client.chat_postMessage(channel=names[turn % 2], text="x")
            taken += 1
    assert taken <= 5 + 1 + (time.monotonic() - began)  # a burst, and one a second


def test_the_journal_tells_what_was_sent_what_came_back_and_how_long_it_took(
    workspace: Workspace, app: App, connect: Connect, maria: Person
) -> None:
    app.command("/go")(lambda ack: ack("on it"))
    connect(app)
    maria.command("/go fast")
    (entry,) = entries(workspace, "slash_commands")
    assert (entry["direction"], entry["verdict"], entry["refused"]) == ("out", "acknowledged", False)
    assert (entry["summary"], entry["answer"]) == ("/go fast", {"text": "on it"})
    assert entry["sent"]["command"] == "/go"
    assert entry["milliseconds"] > 0


def test_the_journal_says_why_something_was_refused(workspace: Workspace, client: WebClient, maria: Person) -> None:
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=maria.id, text="x", blocks=[{"type": "section"}])
    entry = entries(workspace, "chat.postMessage")[-1]
    assert (entry["verdict"], entry["refused"]) == ("invalid_blocks", True)
    assert "must define either `text` or `fields`" in entry["detail"]
    assert entry["sent"]["blocks"] == [{"type": "section"}]


def test_the_journal_can_be_watched_from_where_one_left_off(workspace: Workspace, client: WebClient) -> None:
    client.auth_test()
    last = workspace.get("/journal")["last"]
    assert workspace.get(f"/journal?after={last}") == {"ok": True, "last": last, "entries": []}
    connection = HTTPConnection(workspace.url.removeprefix("http://"), timeout=10)
    connection.request("GET", f"/journal/events?after={last}", headers=workspace.headers)
    events = connection.getresponse()
    client.users_list()
    assert events.readline() == f"id: {last + 1}\n".encode()
    assert json.loads(events.readline().removeprefix(b"data: "))["kind"] == "users.list"
    connection.close()


def test_the_journal_is_refused_to_other_sites(workspace: Workspace) -> None:
    connection = HTTPConnection(workspace.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/journal", headers=workspace.headers | {"Origin": "https://example.com"})
    assert connection.getresponse().status == 403
    connection.close()
