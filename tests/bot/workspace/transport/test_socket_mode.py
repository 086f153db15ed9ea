"""Socket Mode as slack_bolt's handler and a bare WebSocket client see it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from slack_bolt import App
from slack_sdk import WebClient

from tests.support.slack.person import Person, Workspace

Connect = Callable[[App], Any]


def socket_url(client: WebClient) -> str:
    return str(client.apps_connections_open(app_token="xapp-test")["url"])


async def open_and_read(urls: list[str]) -> list[dict[str, Any]]:
    """The first frame on each of these connections, all held open together."""
    async with ClientSession() as session:
        sockets = [await session.ws_connect(url) for url in urls]
        frames = [await socket.receive_json(timeout=5) for socket in sockets]
        for socket in sockets:
            await socket.close()
        return frames


async def is_refused(url: str) -> bool:
    async with ClientSession() as session:
        try:
            socket = await session.ws_connect(url)
        except WSServerHandshakeError:
            return True
        await socket.close()
        return False


def test_a_connection_begins_with_hello(client: WebClient) -> None:
    (hello,) = asyncio.run(open_and_read([socket_url(client)]))
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"]["app_id"].startswith("A")


def test_a_ticket_opens_one_connection_only(client: WebClient, workspace: Workspace) -> None:
    url = socket_url(client)
    asyncio.run(open_and_read([url]))
    assert asyncio.run(is_refused(url))
    assert asyncio.run(is_refused(url.split("?")[0]))
    assert workspace.get("/people")["people"]


def test_an_eleventh_connection_is_turned_away(client: WebClient) -> None:
    frames = asyncio.run(open_and_read([socket_url(client) for _ in range(11)]))
    assert [frame["type"] for frame in frames] == ["hello"] * 10 + ["disconnect"]
    assert frames[-1]["reason"] == "too_many_websockets"


def test_an_app_that_is_told_to_reconnect_goes_on_working(
    app: App, connect: Connect, workspace: Workspace, maria: Person
) -> None:
    app.command("/go")(lambda ack: ack("on it"))
    handler = connect(app)
    first = handler.client.session_id()
    assert workspace.disconnect("refresh_requested")["ok"]
    maria.wait_for(lambda: handler.client.session_id() != first and workspace.connections() == 1, what="reconnected")
    maria.wait_for(lambda: maria.command("/go")["ok"], what="acknowledged")
    assert maria.messages("general")[-1]["text"] == "on it"


def test_payloads_go_round_between_connections(app: App, connect: Connect, maria: Person, client: WebClient) -> None:
    other = App(client=client)
    app.command("/go")(lambda ack: ack("one"))
    other.command("/go")(lambda ack: ack("two"))
    connect(app)
    connect(other)
    for _ in range(2):
        assert maria.command("/go")["ok"]
    assert {message["text"] for message in maria.messages("general")} == {"one", "two"}


def test_an_event_nobody_acknowledges_is_sent_again(client: WebClient, maria: Person) -> None:
    async def hear_twice() -> list[dict[str, Any]]:
        async with ClientSession() as session, session.ws_connect(socket_url(client)) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "hello"
            assert (await asyncio.to_thread(maria.open_home))["ok"]
            first = await socket.receive_json(timeout=10)
            again = await socket.receive_json(timeout=10)
            await socket.send_str(json.dumps({"envelope_id": again["envelope_id"]}))
            return [first, again]

    first, again = asyncio.run(hear_twice())
    assert (first["retry_attempt"], again["retry_attempt"], again["retry_reason"]) == (0, 1, "timeout")
    assert first["payload"]["event_id"] == again["payload"]["event_id"]
    assert first["accepts_response_payload"] is False


def test_frames_that_mean_nothing_are_ignored(client: WebClient, maria: Person) -> None:
    async def chatter() -> None:
        async with ClientSession() as session, session.ws_connect(socket_url(client)) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "hello"
            for frame in ("", "{", "[]", "5", '{"envelope_id": []}', '{"envelope_id": "unknown"}', "[" * 100_000):
                await socket.send_str(frame)
            command = asyncio.create_task(asyncio.to_thread(maria.command, "/go"))
            envelope = await socket.receive_json(timeout=5)
            await socket.send_str(
                json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "still here"}})
            )
            assert (await command)["ok"]

    asyncio.run(chatter())
    assert maria.messages("general")[-1]["text"] == "still here"


def test_an_answer_that_is_no_message_cannot_be_dispatched(client: WebClient, maria: Person) -> None:
    async def answer_badly() -> dict[str, Any]:
        async with ClientSession() as session, session.ws_connect(socket_url(client)) as socket:
            await socket.receive_json(timeout=5)
            command = asyncio.create_task(asyncio.to_thread(maria.command, "/go"))
            envelope = await socket.receive_json(timeout=5)
            await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"blocks": [5]}}))
            return await command

    assert asyncio.run(answer_badly())["error"] == "dispatch_failed"


async def hear(url: str, *, until: str) -> list[dict[str, Any]]:
    """All frames on a connection until one of that type with a reason has ended it."""
    frames: list[dict[str, Any]] = []
    async with ClientSession() as session, session.ws_connect(url) as socket:
        async for message in socket:
            frames.append(message.json())
            if frames[-1].get("reason") == until:
                assert (await socket.receive(timeout=10)).type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
                return frames
    return frames


def test_a_connection_is_warned_then_refreshed_when_its_time_is_up(start_workspace: Callable[..., Workspace]) -> None:
    client = WebClient(base_url=start_workspace("--connection-seconds", "1").api_url)
    frames = asyncio.run(hear(socket_url(client), until="refresh_requested"))
    assert frames[0]["debug_info"]["approximate_connection_time"] == 1
    assert [frame.get("reason") for frame in frames] == [None, "warning", "refresh_requested"]


def test_an_app_can_ask_for_short_lived_connections(client: WebClient) -> None:
    (hello,) = asyncio.run(open_and_read([f"{socket_url(client)}&debug_reconnects=true"]))
    assert hello["debug_info"]["approximate_connection_time"] == 360


def test_a_refresh_waits_until_what_was_given_is_acknowledged(
    client: WebClient, workspace: Workspace, maria: Person
) -> None:
    async def answer_slowly() -> list[str]:
        async with ClientSession() as session, session.ws_connect(socket_url(client)) as socket:
            await socket.receive_json(timeout=5)
            command = asyncio.create_task(asyncio.to_thread(maria.command, "/go"))
            envelope = await socket.receive_json(timeout=5)
            await asyncio.to_thread(workspace.disconnect)
            await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
            assert (await command)["ok"]
            return [envelope["type"], (await socket.receive_json(timeout=5))["reason"]]

    assert asyncio.run(answer_slowly()) == ["slash_commands", "refresh_requested"]


def test_only_the_oldest_connection_can_be_refreshed(client: WebClient, workspace: Workspace, maria: Person) -> None:
    async def refresh_one() -> bool:
        async with ClientSession() as session:
            old, new = [await session.ws_connect(socket_url(client)) for _ in range(2)]
            for socket in (old, new):
                await socket.receive_json(timeout=5)
            await asyncio.to_thread(workspace.post, "/control/faults", {"fault": "refresh", "only": "oldest"})
            assert (await old.receive_json(timeout=5))["reason"] == "refresh_requested"
            command = asyncio.create_task(asyncio.to_thread(maria.command, "/go"))
            envelope = await new.receive_json(timeout=5)
            await new.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
            return bool((await command)["ok"])

    assert asyncio.run(refresh_one())
