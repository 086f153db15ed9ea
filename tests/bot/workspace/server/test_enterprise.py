"""A workspace of an Enterprise Grid: its ids stand where Slack has them."""

from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]
ENTERPRISE = "E0WORKSHOP1"
NORA = "W0NORA00011"


@pytest.fixture
def workspace(start_workspace: Callable[..., Workspace]) -> Workspace:
    scopes = ("commands", "chat:write", "users:read", "users:read.email", "team:read", "im:history")
    return start_workspace("--enterprise", scopes=scopes)


def test_people_belong_to_the_enterprise_but_for_those_from_elsewhere(client: WebClient) -> None:
    nora = client.users_info(user=NORA)["user"]
    assert (nora["enterprise_user"]["enterprise_id"], nora["enterprise_user"]["teams"]) == (
        ENTERPRISE,
        [nora["team_id"]],
    )
    assert "enterprise_user" not in client.users_info(user=person.EXTERNAL)["user"]


def test_the_app_learns_which_enterprise_it_is_in(client: WebClient) -> None:
    assert client.auth_test()["enterprise_id"] == ENTERPRISE
    assert client.team_info()["team"]["enterprise_id"] == ENTERPRISE


def test_what_people_do_names_the_enterprise(app: App, connect: Any, workspace: Workspace, client: WebClient) -> None:
    heard: Queue[Json] = Queue()

    @app.use
    def listen(body: Json, next_: Callable[[], Any]) -> Any:
        heard.put(body)
        return next_()

    app.command("/go")(lambda ack: ack())
    app.action("press")(lambda ack: ack())
    app.event("app_home_opened")(lambda: None)
    connect(app)
    nora = Person(workspace, NORA)
    assert nora.command("/go")["ok"]
    command = heard.get(timeout=5)
    assert (command["user_id"], command["enterprise_id"]) == (NORA, ENTERPRISE)
    nora.open_home()
    assert heard.get(timeout=5)["authorizations"][0]["enterprise_id"] == ENTERPRISE
    button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Press"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    client.chat_postMessage(channel=NORA, text="x", blocks=blocks)
    assert nora.press(nora.in_message(nora.dm()[0]), "b", "press")["ok"]
    pressed = heard.get(timeout=5)
    assert pressed["enterprise"]["id"] == pressed["team"]["enterprise_id"] == ENTERPRISE
