"""Shortcuts between a person and a real Bolt app, by Socket Mode and by HTTP."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace

Json = dict[str, Any]
Connect = Callable[[App], Any]


@pytest.fixture
def heard(app: App) -> Queue[Json]:
    """The shortcuts that arrive, all of which are acknowledged."""
    return listen(app)


def listen(app: App) -> Queue[Json]:
    bodies: Queue[Json] = Queue()

    def take(ack: Any, body: Json) -> None:
        ack()
        bodies.put(body)

    app.message_shortcut("use")(take)
    app.global_shortcut("begin")(take)
    return bodies


def test_shortcuts_come_from_the_manifest(workspace: Workspace) -> None:
    assert workspace.get("/people")["shortcuts"] == [
        {"name": "Use it", "type": "message", "callback_id": "use", "description": "Uses the message"},
        {"name": "Begin", "type": "global", "callback_id": "begin", "description": "Begins"},
    ]


def test_a_message_shortcut_carries_all_fields_slack_sends(
    connect: Connect, app: App, heard: Queue[Json], workspace: Workspace, maria: Person
) -> None:
    connect(app)
    tom = workspace.person(person.TOM)
    tom.write("see the file", "general", files=[tom.upload("a.csv", "1")])
    message = maria.messages("general")[-1]
    assert maria.run_shortcut("use", message, "general") == {"ok": True}
    body = heard.get(timeout=5)
    assert (body["type"], body["callback_id"], body["message_ts"]) == ("message_action", "use", message["ts"])
    assert body["channel"] == {"id": person.GENERAL, "name": "general"}
    assert (body["user"]["id"], body["team"]["domain"]) == (maria.id, "workshop")
    assert (body["message"]["user"], body["message"]["text"]) == (tom.id, "see the file")
    assert body["message"]["files"][0]["url_private_download"]
    assert {"token", "action_ts", "trigger_id", "response_url"} <= set(body)


def test_a_global_shortcut_knows_no_message_and_no_channel(
    connect: Connect, app: App, heard: Queue[Json], maria: Person
) -> None:
    connect(app)
    assert maria.run_shortcut("begin") == {"ok": True}
    body = heard.get(timeout=5)
    assert (body["type"], body["callback_id"], body["user"]["id"]) == ("shortcut", "begin", maria.id)
    assert not {"channel", "message", "message_ts", "response_url"} & set(body)


def test_a_shortcut_opens_a_form(connect: Connect, app: App, maria: Person, form: Any) -> None:
    @app.shortcut("use")
    def use(ack: Any, shortcut: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=shortcut["trigger_id"], view=form())

    connect(app)
    maria.write("hello")
    assert maria.run_shortcut("use", maria.dm()[-1])["ok"]
    assert maria.top_view(callback_id="form")


def test_the_answer_to_a_shortcut_is_seen_by_that_person_and_replaces_nothing(
    connect: Connect, app: App, heard: Queue[Json], workspace: Workspace, maria: Person
) -> None:
    connect(app)
    maria.write("hello", "general")
    maria.run_shortcut("use", maria.messages("general")[-1], "general")
    url = heard.get(timeout=5)["response_url"]
    assert WebhookClient(url).send(text="no file there", replace_original=True).status_code == 200
    assert [message["text"] for message in maria.messages("general")] == ["hello", "no file there"]
    assert [message["text"] for message in workspace.person(person.TOM).messages("general")] == ["hello"]


def test_a_shortcut_nobody_answers_is_told(connect: Connect, app: App, maria: Person) -> None:
    maria.write("hello")
    message = maria.dm()[-1]
    assert maria.run_shortcut("use", message)["error"] == "dispatch_failed"
    connect(app)
    assert maria.run_shortcut("use", message)["error"] == "operation_timeout"


def test_people_run_what_there_is_on_what_they_see(workspace: Workspace, maria: Person) -> None:
    maria.write("between us")
    message = maria.dm()[-1]
    strange: list[Any] = ["begin", "nothing", ["use"], {}, None]
    for callback_id in strange:
        assert maria.run_shortcut(callback_id, message)["error"] == "no_such_shortcut"
    assert maria.run_shortcut("use")["error"] == "no_such_shortcut", "a message shortcut needs a message"
    tom = workspace.person(person.TOM)
    assert tom.run_shortcut("use", message, maria.dm_id())["error"] == "channel_not_found"
    assert tom.run_shortcut("use", message)["error"] == "message_not_found"


def test_people_from_elsewhere_have_no_shortcuts(workspace: Workspace, maria: Person) -> None:
    maria.write("hello", person.MACHINE)
    outsider = workspace.person(person.EXTERNAL)
    message = outsider.messages(person.MACHINE)[-1]
    assert outsider.run_shortcut("use", message, person.MACHINE)["error"] == "no_such_shortcut"


def test_a_message_only_one_person_sees_has_no_shortcuts(maria: Person, client: WebClient) -> None:
    client.chat_postEphemeral(channel=person.MACHINE, user=maria.id, text="psst")
    message = maria.messages(person.MACHINE)[-1]
    assert maria.run_shortcut("use", message, person.MACHINE)["error"] == "message_not_found"


@pytest.fixture
def served() -> Iterator[tuple[str, list[App]]]:
    """The address of a Bolt app that is reached by HTTP, and where to put it."""
    apps: list[App] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = apps[0].dispatch(BoltRequest(body=body, headers=dict(self.headers)))
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: Any) -> None:
            """Stays quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/slack/events", apps
        server.shutdown()
        thread.join()


def test_a_shortcut_reaches_an_app_by_http(
    start_workspace: Callable[..., Workspace], served: tuple[str, list[App]]
) -> None:
    url, apps = served
    maria = start_workspace("--request-url", url).person()
    app = App(client=WebClient(token="xoxb-test", base_url=maria.workspace.api_url), signing_secret="signing-secret")
    apps.append(app)
    heard = listen(app)
    maria.write("hello", "general")
    assert maria.run_shortcut("use", maria.messages("general")[-1], "general") == {"ok": True}
    assert maria.run_shortcut("begin") == {"ok": True}
    assert [heard.get(timeout=5)["type"] for _ in range(2)] == ["message_action", "shortcut"]
