"""HTTP mode: what is sent is signed so that Slack's own verifier takes it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from queue import Queue
from urllib.parse import parse_qs

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from tests.support.machine.served import Quiet, serving
from tests.support.slack.person import Person, Workspace, wait_for


@dataclass
class Endpoint:
    """An app's request URL that records what comes and answers what it is told."""

    url: str = ""
    status: int = 200
    answer: bytes = b""
    no_retry: bool = False
    delay: threading.Event | None = None
    requests: Queue[tuple[dict[str, str], bytes]] = field(default_factory=Queue)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Take(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.requests.put((dict(self.headers), body))
            if made.delay:
                made.delay.wait(20)
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.answer)))
            if made.no_retry:
                self.send_header("X-Slack-No-Retry", "1")
            self.end_headers()
            self.wfile.write(made.answer)

    with serving(Take) as url:
        made.url = f"{url}/slack/events"
        yield made


@pytest.fixture
def maria(start_workspace: Callable[..., Workspace], endpoint: Endpoint) -> Person:
    return start_workspace("--request-url", endpoint.url).person()


@contextmanager
def bolt_served() -> Iterator[str]:
    """The request URL of a Bolt app."""
    app = App(client=WebClient(token="xoxb-test"), signing_secret="signing-secret", token_verification_enabled=False)

    class Take(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = app.dispatch(BoltRequest(body=body.decode(), headers=dict(self.headers)))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body.encode())

    with serving(Take) as url:
        yield f"{url}/slack/events"


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    return SignatureVerifier("signing-secret").is_valid_request(body, headers)


def test_a_command_is_a_signed_form(maria: Person, endpoint: Endpoint) -> None:
    assert maria.command("/go a & b") == {"ok": True}
    headers, body = endpoint.requests.get(timeout=5)
    assert is_signed(headers, body)
    assert not is_signed(headers, body + b"x")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode())["text"] == ["a & b"]


@pytest.mark.parametrize("answer", [b"on it", b'{"text": "on it"}'])
def test_the_answer_to_a_command_is_text_or_json(maria: Person, endpoint: Endpoint, answer: bytes) -> None:
    endpoint.answer = answer
    maria.command("/go")
    assert maria.messages("general")[-1]["text"] == "on it"


@pytest.mark.parametrize("status", [404, 500, 302])
def test_any_other_status_is_no_delivery(maria: Person, endpoint: Endpoint, status: int) -> None:
    endpoint.status = status
    assert maria.command("/go")["error"] == "dispatch_failed"


def test_an_event_is_signed_json(maria: Person, endpoint: Endpoint) -> None:
    maria.open_home()
    headers, body = endpoint.requests.get(timeout=5)
    assert is_signed(headers, body)
    assert json.loads(body)["event"]["type"] == "app_home_opened"


def test_a_failed_event_is_sent_again_with_a_count(maria: Person, endpoint: Endpoint) -> None:
    endpoint.status = 500
    maria.open_home()
    first, _ = endpoint.requests.get(timeout=5)
    again, _ = endpoint.requests.get(timeout=5)
    assert "X-Slack-Retry-Num" not in first
    assert (again["X-Slack-Retry-Num"], again["X-Slack-Retry-Reason"]) == ("1", "http_error")


def test_an_event_that_is_answered_too_late_is_sent_again_with_that_reason(maria: Person, endpoint: Endpoint) -> None:
    endpoint.delay = threading.Event()
    maria.open_home()
    endpoint.requests.get(timeout=5)
    again, _ = endpoint.requests.get(timeout=10)
    endpoint.delay.set()
    assert again["X-Slack-Retry-Reason"] == "http_timeout"


def test_an_event_is_sent_three_times_more_at_most(
    start_workspace: Callable[..., Workspace], endpoint: Endpoint
) -> None:
    workspace = start_workspace("--request-url", endpoint.url, "--event-retry-seconds", "0", "0", "0")
    endpoint.status = 404
    workspace.person().open_home()
    counts = [endpoint.requests.get(timeout=5)[0].get("X-Slack-Retry-Num") for _ in range(4)]
    assert counts == [None, "1", "2", "3"]
    wait_for(lambda: sum(entry["kind"] == "events_api" for entry in workspace.log()) == 4, what="given up")


def test_an_app_can_do_without_retries(start_workspace: Callable[..., Workspace], endpoint: Endpoint) -> None:
    workspace = start_workspace("--request-url", endpoint.url, "--event-retry-seconds", "0", "0", "0")
    endpoint.status, endpoint.no_retry = 500, True
    maria = workspace.person()
    maria.open_home()
    endpoint.requests.get(timeout=5)
    wait_for(lambda: [entry for entry in workspace.log() if entry["kind"] == "events_api"], what="noted")
    assert maria.command("/go")["error"] == "dispatch_failed"
    assert b"command=%2Fgo" in endpoint.requests.get(timeout=5)[1]


def test_a_url_is_verified_as_when_it_is_entered(start_workspace: Callable[..., Workspace]) -> None:
    with bolt_served() as url:
        workspace = start_workspace("--request-url", url)
        assert workspace.post("/control/verify", {}) == {"ok": True, "url_verification": True, "ssl_check": True}


def test_a_url_that_does_not_send_the_challenge_back_is_not_verified(maria: Person, endpoint: Endpoint) -> None:
    answer = maria.workspace.post("/control/verify", {})
    assert (answer["url_verification"], answer["ssl_check"]) == (False, True)


def test_bolt_takes_a_button_sent_by_http(maria: Person, endpoint: Endpoint) -> None:
    client = WebClient(token="xoxb-test", base_url=maria.workspace.api_url)
    app = App(client=client, signing_secret="signing-secret")
    app.action("go")(lambda ack: ack())
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    client.chat_postMessage(
        channel=maria.id, text="x", blocks=[{"type": "actions", "block_id": "b", "elements": [button]}]
    )
    assert maria.press(maria.in_message(maria.dm()[0]), "b", "go") == {"ok": True}
    headers, body = endpoint.requests.get(timeout=5)
    assert app.dispatch(BoltRequest(body=body.decode(), headers={**headers})).status == 200


def test_socket_mode_is_off(maria: Person) -> None:
    client = WebClient(base_url=maria.workspace.api_url)
    answer = maria.workspace.post("/control/disconnect", {})
    assert answer["error"] == "socket_mode_not_enabled"
    with pytest.raises(Exception, match="socket_mode_not_enabled"):
        client.apps_connections_open(app_token="xapp-test")
