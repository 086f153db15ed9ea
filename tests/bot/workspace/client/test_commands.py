"""Slash commands, messages and buttons between a person and a real Bolt app."""

import json
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]
Connect = Callable[[App], Any]


@pytest.fixture
def heard(app: App) -> Queue[Json]:
    """What arrives with /go, which the app acknowledges without a word."""
    bodies: Queue[Json] = Queue()

    @app.command("/go")
    def go(ack: Any, body: Json) -> None:
        ack()
        bodies.put(body)

    return bodies


def buttons(*action_ids: str) -> list[Json]:
    elements = [
        {"type": "button", "action_id": one, "text": {"type": "plain_text", "text": one}, "value": f"{one} it"}
        for one in action_ids
    ]
    return [{"type": "actions", "block_id": "row", "elements": elements}]


def texts(messages: list[Json]) -> list[str]:
    return [message["text"] for message in messages]


def test_a_command_carries_all_fields_slack_sends(
    app: App, connect: Connect, heard: Queue[Json], maria: Person
) -> None:
    connect(app)
    assert maria.command("/go  there and  back ", channel="general") == {"ok": True}
    body = heard.get(timeout=5)
    assert (body["command"], body["text"]) == ("/go", "there and  back")
    assert (body["user_id"], body["channel_id"], body["channel_name"]) == (maria.id, person.GENERAL, "general")
    assert body["is_enterprise_install"] == "false"
    assert {"token", "team_id", "team_domain", "user_name", "api_app_id", "response_url", "trigger_id"} <= set(body)


def test_an_app_that_is_invited_may_write_in_the_channel(client: WebClient, maria: Person) -> None:
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.chat_postMessage(channel=person.GENERAL, text="hello")
    assert not maria.command("/invite @somebody", channel="general")["ok"]
    assert not maria.command("/invite @Test App", channel=maria.dm_id())["ok"]

    assert maria.command("/invite @Test App", channel="general") == {"ok": True}

    assert client.chat_postMessage(channel=person.GENERAL, text="hello")["ok"]
    assert "Test App was added to #general." in texts(maria.messages("general"))


def test_a_command_in_direct_messages_says_so(app: App, connect: Connect, heard: Queue[Json], maria: Person) -> None:
    connect(app)
    maria.command("/go", channel=maria.dm_id())
    assert heard.get(timeout=5)["channel_name"] == "directmessage"


def test_names_are_escaped_only_where_the_manifest_says_so(
    app: App, connect: Connect, heard: Queue[Json], maria: Person
) -> None:
    @app.command("/escaped")
    def escaped(ack: Any, body: Json) -> None:
        ack()
        heard.put(body)

    connect(app)
    maria.command("/go @tom.okafor #general")
    maria.command("/escaped @tom.okafor #general @nobody @assembly")
    assert heard.get(timeout=5)["text"] == "@tom.okafor #general"
    assert heard.get(timeout=5)["text"] == (
        "<@U0TOM000002|tom.okafor> <#C0GENERAL01|general> @nobody <!subteam^S0ASSEMBLY1|@assembly>"
    )


def test_text_with_the_acknowledgement_is_seen_by_that_person_only(
    app: App, connect: Connect, maria: Person, workspace: Workspace
) -> None:
    app.command("/go")(lambda ack: ack("on it"))
    connect(app)
    maria.command("/go")
    message = maria.messages("general")[-1]
    assert (message["text"], message["ephemeral"]) == ("on it", True)
    assert workspace.person(person.TOM).messages("general") == []


def test_an_acknowledgement_can_speak_to_the_channel(
    app: App, connect: Connect, maria: Person, workspace: Workspace
) -> None:
    app.command("/go")(lambda ack: ack(text="all hear", response_type="in_channel"))
    connect(app)
    maria.command("/go")
    assert texts(workspace.person(person.TOM).messages("general")) == ["all hear"]


def test_a_command_nobody_acknowledges_times_out(app: App, connect: Connect, maria: Person) -> None:
    connect(app)
    answer = maria.command("/go")
    assert (answer["ok"], answer["error"]) == (False, "operation_timeout")
    assert texts(maria.messages("general")) == ["/go failed with the error “operation_timeout”"]


def test_a_command_without_any_app_cannot_be_dispatched(maria: Person) -> None:
    assert maria.command("/go")["error"] == "dispatch_failed"


def test_a_command_that_is_not_in_the_manifest_does_not_exist(maria: Person) -> None:
    assert maria.command("/nothing")["error"] == "unknown_command"


def test_commands_of_the_app_do_not_exist_for_people_from_elsewhere(workspace: Workspace) -> None:
    assert workspace.person(person.EXTERNAL).command("/go")["error"] == "unknown_command"


@pytest.mark.parametrize("user_id", [person.DEACTIVATED, person.BOT])
def test_nobody_sits_in_front_of_a_bot_or_a_closed_account(workspace: Workspace, user_id: str) -> None:
    assert workspace.person(user_id).command("/go")["error"] == "cannot_sign_in"


def test_a_response_url_works_five_times(app: App, connect: Connect, heard: Queue[Json], maria: Person) -> None:
    connect(app)
    maria.command("/go")
    webhook = WebhookClient(heard.get(timeout=5)["response_url"])
    assert [webhook.send(text=f"{count}").status_code for count in range(6)] == [200] * 5 + [404]
    assert texts(maria.messages("general")) == list("01234")
    assert all(message["ephemeral"] for message in maria.messages("general"))


def test_an_unknown_response_url_is_expired(workspace: Workspace) -> None:
    answer = WebhookClient(f"{workspace.url}/response/unknown").send(text="x")
    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "expired_url")


def test_a_button_on_a_message_carries_message_and_channel(
    app: App, connect: Connect, maria: Person, client: WebClient
) -> None:
    pressed: Queue[Json] = Queue()

    @app.action("stop")
    def stop(ack: Any, body: Json) -> None:
        ack()
        pressed.put(body)

    connect(app)
    posted = client.chat_postMessage(channel=maria.id, text="job 7", blocks=buttons("stop", "go"))
    message = maria.wait_for_dm("job 7")
    assert maria.press(maria.in_message(message), "row", "stop") == {"ok": True}
    body = pressed.get(timeout=5)
    assert (body["actions"][0]["action_id"], body["actions"][0]["value"]) == ("stop", "stop it")
    assert (body["channel"]["id"], body["message"]["ts"]) == (posted["channel"], posted["ts"])
    assert body["container"]["type"] == "message"
    assert body["response_url"].startswith("http://127.0.0.1:")


def test_an_answer_to_a_button_can_replace_or_delete_its_message(
    app: App, connect: Connect, maria: Person, client: WebClient
) -> None:
    app.action("go")(lambda ack, respond: (ack(), respond(text="gone", replace_original=True, blocks=buttons("stop"))))
    app.action("stop")(lambda ack, respond: (ack(), respond(delete_original=True)))
    connect(app)
    client.chat_postMessage(channel=maria.id, text="here", blocks=buttons("go"))
    maria.press(maria.in_message(maria.wait_for_dm("here")), "row", "go")
    maria.press(maria.in_message(maria.wait_for_dm("gone")), "row", "stop")
    maria.wait_for(lambda: maria.dm() == [], what="deleted")


def test_people_from_elsewhere_can_press_buttons_in_a_shared_channel(
    app: App, connect: Connect, workspace: Workspace, client: WebClient
) -> None:
    pressed: Queue[Json] = Queue()

    @app.action("go")
    def go(ack: Any, body: Json) -> None:
        ack()
        pressed.put(body)

    connect(app)
    client.chat_postMessage(channel=person.MACHINE, text="here", blocks=buttons("go"))
    sam = workspace.person(person.EXTERNAL)
    message = sam.messages(person.MACHINE)[-1]
    assert sam.press(sam.in_message(message, person.MACHINE), "row", "go")["ok"]
    assert pressed.get(timeout=5)["user"]["team_id"] != client.auth_test()["team_id"]


def test_nobody_can_press_what_only_somebody_else_sees(
    app: App, connect: Connect, workspace: Workspace, maria: Person, client: WebClient
) -> None:
    connect(app)
    client.chat_postMessage(channel=maria.id, text="here", blocks=buttons("go"))
    source = maria.in_message(maria.wait_for_dm("here"))
    assert workspace.person(person.TOM).press(source, "row", "go")["error"] == "channel_not_found"


def test_a_button_nobody_acknowledges_times_out(app: App, connect: Connect, maria: Person, client: WebClient) -> None:
    connect(app)
    client.chat_postMessage(channel=maria.id, text="here", blocks=buttons("go"))
    source = maria.in_message(maria.wait_for_dm("here"))
    assert maria.press(source, "row", "go") == {"ok": False, "error": "operation_timeout"}


def test_a_message_to_the_app_is_an_event(app: App, connect: Connect, maria: Person) -> None:
    app.event("message")(lambda event, say: say(f"you said {event['text']}") if "bot_id" not in event else None)
    connect(app)
    assert maria.write("a < b") == {"ok": True}
    maria.wait_for_dm("you said a &lt; b")


def test_a_read_only_messages_tab_takes_no_messages(start_workspace: Callable[..., Workspace]) -> None:
    maria = start_workspace(messages_tab_read_only_enabled=True).person()
    assert maria.write("hello")["error"] == "messages_tab_disabled"
