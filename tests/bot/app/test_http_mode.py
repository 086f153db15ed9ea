"""HTTP mode: Slack's signed requests are answered, and no others."""

import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.app import connection
from bot.app.config import BotConfig
from bot.app.stopping import Stopping
from bot.slack.client import slack_client
from bot.slack.settings import SlackSettings
from runner.app.bootstrap import Assembly
from runner.errors import ConfigError
from runner.settings import Secrets
from runner.system.clock import system_clock
from runner.system.watchdog import Watchdog
from tests.support.machine.command import Command
from tests.support.machine.installation import free_port
from tests.support.slack import payloads
from tests.support.slack.person import GENERAL, MARIA, Json, Person, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS, running_workspace

FORM = "application/x-www-form-urlencoded"
PATH = "/slack/events"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A bot in HTTP mode and the workspace that knows its address."""

    config: BotConfig
    workspace: Workspace

    def post(self, body: bytes, *, path: str = PATH, kind: str = FORM, **headers: str) -> int:
        """The status of the answer to a request."""
        with closing(HTTPConnection("127.0.0.1", self.config.slack.http_port, timeout=10)) as client:
            client.request("POST", path, body, {"Content-Type": kind} | headers)
            return client.getresponse().status

    def job_count(self) -> int:
        with closing(Assembly(self.config, clock=system_clock)) as assembly:
            return assembly.store.jobs.count()


def secrets(**changed: Any) -> Secrets:
    given = {name.lower(): value for name, value in SECRETS.items()}
    return Secrets(**given | changed)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("http")
    script = folder / "scripts/greet.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n##~~ name {required: false} - whom to greet\n")
    script.chmod(0o755)
    settings = SlackSettings(mode="http", http_port=free_port())
    config = BotConfig(data=folder / "var", scripts=script.parent, slack=settings)
    with running_workspace("--request-url", f"http://127.0.0.1:{settings.http_port}{PATH}") as workspace:
        client = slack_client(secrets(), {"SLACK_API_URL": workspace.api_url})
        assert client
        stopping = threading.Event()
        serving = threading.Thread(
            target=connection.serve,
            args=(config, secrets(), client),
            kwargs={"clock": system_clock, "stopping": stopping, "watchdog": Watchdog()},
        )
        serving.start()
        made = Served(config=config, workspace=workspace)
        wait_for(lambda: answers(made), what="an answer")
        yield made
        stopping.set()
        serving.join(10)
        assert not serving.is_alive()


def answers(served: Served) -> bool:
    try:
        return served.post(b"") == 401
    except ConnectionRefusedError:
        return False


@pytest.fixture
def maria(served: Served) -> Iterator[Person]:
    person = served.workspace.person()
    yield person
    if person.views():
        person.close(everything=True)


def signed(body: bytes, *, seconds_ago: int = 0, secret: str = SECRETS["SLACK_SIGNING_SECRET"]) -> dict[str, str]:
    """The headers that Slack would send with the body."""
    moment = str(int(time.time()) - seconds_ago)
    signature = hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={signature}"}


def submission(view: Json) -> bytes:
    return urlencode({"payload": json.dumps(payloads.submission(view))}).encode()


@pytest.fixture
def form(maria: Person) -> Json:
    assert maria.command("/runscript greet") == {"ok": True}
    return maria.top_view(callback_id="runscript.form")


def test_form_is_opened_filled_in_and_submitted(served: Served, maria: Person, form: Json) -> None:
    before = served.job_count()
    found = maria.options("script", "runscript.choose", "greet")

    submitted = maria.submit()

    assert found["option_groups"]
    assert submitted == {"ok": True, "closed": False}
    assert served.job_count() == before + 1


def test_answers_and_buttons_work(maria: Person) -> None:
    maria.command("/jobs")
    message = wait_for(lambda: maria.messages(GENERAL), what="a list")[-1]
    buttons = next(block for block in message["blocks"] if block["type"] == "actions")

    assert maria.press(maria.in_message(message, GENERAL), buttons["block_id"], "jobs.list.all") == {"ok": True}

    wait_for(lambda: "All jobs" in json.dumps(maria.messages(GENERAL)[-1:]), what="all jobs")


def test_home_tab_is_drawn(maria: Person) -> None:
    maria.open_home()

    wait_for(maria.home, what="a Home tab")


def test_signed_request_is_taken(served: Served, form: Json) -> None:
    before = served.job_count()
    body = submission(form)

    assert served.post(body, **signed(body)) == 200

    assert served.job_count() == before + 1


def test_request_sent_twice_queues_once(served: Served, form: Json) -> None:
    before = served.job_count()
    body = submission(form)
    headers = signed(body)

    assert [served.post(body, **headers) for _ in range(2)] == [200, 200]

    assert served.job_count() == before + 1


def untrue(body: bytes) -> dict[str, dict[str, str]]:
    """Headers that Slack never sent with the body."""
    right = signed(body)
    moment, signature = right["X-Slack-Request-Timestamp"], right["X-Slack-Signature"]
    return {
        "no headers": {},
        "no signature": {"X-Slack-Request-Timestamp": moment},
        "no timestamp": {"X-Slack-Signature": signature},
        "empty signature": right | {"X-Slack-Signature": ""},
        "another secret": signed(body, secret="guessed"),
        "an empty secret": signed(body, secret=""),
        "another body": signed(body + b"&x=1"),
        "another version": right | {"X-Slack-Signature": signature.replace("v0", "v1")},
        "another moment": right | {"X-Slack-Request-Timestamp": str(int(moment) - 1)},
        "a moment that is no number": right | {"X-Slack-Request-Timestamp": "now"},
        "6 minutes ago": signed(body, seconds_ago=360),
        "in 6 minutes": signed(body, seconds_ago=-360),
    }


@pytest.mark.parametrize("case", untrue(b""))
def test_request_that_slack_did_not_sign_is_refused(served: Served, form: Json, case: str) -> None:
    before = served.job_count()
    body = submission(form)

    assert served.post(body, **untrue(body)[case]) == 401

    assert served.job_count() == before


@pytest.mark.parametrize("kind", ["application/json", "text/plain", FORM])
def test_events_need_a_signature_too(served: Served, kind: str) -> None:
    body = json.dumps(payloads.home_opened(user_id=MARIA)).encode()

    assert served.post(body, kind=kind) == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"payload=", b"payload=%7B", b"payload=[]", b"payload=7", b"[]", b"null", b"\xff\xfe", b"x" * 100_000],
)
@pytest.mark.parametrize("kind", ["application/json", FORM])
def test_signed_nonsense_does_nothing(served: Served, body: bytes, kind: str) -> None:
    before = served.job_count()

    assert served.post(body, kind=kind, **signed(body)) in {400, 401, 404, 500}

    assert served.job_count() == before
    assert answers(served)


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/more", "/slack/install", "/slack/oauth_redirect"])
def test_nothing_is_at_other_paths(served: Served, path: str) -> None:
    body = b"command=/jobs"

    assert served.post(body, path=path, **signed(body)) == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(served: Served, method: str) -> None:
    assert raw(served, f"{method} {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == 405


WRONG = {"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": f"v0={'0' * 64}"}
"""Headers such as Slack sends, of no body."""
TOO_LARGE = 50_000_000


def head(*lines: str, path: str = PATH, method: str = "POST", **changed: str) -> bytes:
    """The beginning of a request, with further lines as they are."""
    headers = [f"{name}: {value}" for name, value in (WRONG | changed).items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, *lines, "", ""]).encode("latin-1")


def raw(served: Served, request: bytes) -> int:
    """The status of the answer to bytes that are sent as they are; the connection stays open for more of them."""
    with connected(served) as client:
        client.sendall(request)
        return status(client)


def connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.config.slack.http_port), timeout=30)


def status(client: socket.socket) -> int:
    """The status that comes; 0 where the connection is closed without one."""
    line = client.recv(len("HTTP/1.1 200"), socket.MSG_WAITALL)
    return int(line[-3:] or 0)


UNREAD = {
    "too large": (413, head(f"Content-Length: {TOO_LARGE}")),
    "one byte too large": (413, head(f"Content-Length: {2**20 + 1}")),
    "too large, and asks first": (413, head(f"Content-Length: {TOO_LARGE}", "Expect: 100-continue")),
    "another path": (404, head("Content-Length: 1000", path="/slack")),
    "another path, and asks first": (404, head("Content-Length: 1000", "Expect: 100-continue", path="/slack")),
    "another path, in chunks": (404, head("Transfer-Encoding: chunked", path="/slack")),
    "another method": (405, head("Content-Length: 1000", method="PUT")),
    "no number as timestamp": (401, head("Content-Length: 1000", **{"X-Slack-Request-Timestamp": "now"})),
    "no signature": (401, head("Content-Length: 1000", **{"X-Slack-Signature": ""})),
}


@pytest.mark.parametrize("case", UNREAD)
def test_request_that_its_headers_speak_against_is_refused_before_its_body_comes(served: Served, case: str) -> None:
    expected, request = UNREAD[case]

    assert raw(served, request) == expected


ODD = {
    "timestamp that is not ASCII": head(**{"X-Slack-Request-Timestamp": "\xb2"}),
    "timestamp of 5,000 digits": head(**{"X-Slack-Request-Timestamp": "1" * 5000}),
    "timestamp of 12 digits": head(**{"X-Slack-Request-Timestamp": "9" * 12}),
    "negative timestamp": head(**{"X-Slack-Request-Timestamp": "-1"}),
    "timestamp with a fraction": head(**{"X-Slack-Request-Timestamp": "1.5"}),
    "timestamp twice": head("X-Slack-Request-Timestamp: 1700000000"),
    "signature that is not ASCII": head(**{"X-Slack-Signature": "v0=\xe9"}),
    "signature twice": head(f"X-Slack-Signature: v0={'0' * 64}"),
    "Content-Length twice": head("Content-Length: 5", "Content-Length: 6"),
    "negative Content-Length": head("Content-Length: -1"),
    "Content-Length of 5,000 digits": head("Content-Length: " + "9" * 5000),
    "Content-Length that is no number": head("Content-Length: \xb2"),
    "Content-Length and Transfer-Encoding": head("Content-Length: 5", "Transfer-Encoding: chunked"),
    "unknown Transfer-Encoding": head("Transfer-Encoding: gzip, chunked"),
    "Transfer-Encoding with a control character": head("Transfer-Encoding: \x0bchunked"),
    "chunk without a size": head("Transfer-Encoding: chunked") + b"size\r\n",
    "header without a name": head(": x"),
    "header with a null byte": head("X: \0"),
    "header with a bare line feed": head("X: y\nZ: z"),
    "folded first header": b"POST / HTTP/1.1\r\n x\r\n\r\n",
    "headers that are too large": head("X: " + "x" * 20_000),
    "path that is no address": head(path="http://[/slack/events"),
    "nothing but blank lines": b"\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\r\n\r\n",
    "body that is no UTF-8": head("Content-Length: 2") + b"\xff\xfe",
    "forged ssl_check": head("Content-Length: 11", f"Content-Type: {FORM}") + b"ssl_check=1",
}


@pytest.mark.parametrize("case", ODD)
def test_odd_request_is_refused_with_one_line_in_the_log(
    served: Served, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = raw(served, ODD[case])

    assert 400 <= answer < 500
    assert [record.getMessage() for record in caplog.records] == [
        wait_for(lambda: next(iter(caplog.messages), None), what="a line")
    ]
    assert caplog.messages[0].startswith(f"a request of 127.0.0.1 was answered with {answer}: ")
    assert not any(record.exc_info for record in caplog.records)


def test_half_sent_requests_keep_nobody_out(served: Served, form: Json) -> None:
    body = submission(form)
    with ExitStack() as flood:
        for number in range(150):
            client = flood.enter_context(connected(served))
            client.sendall(head("Content-Length: 1000") + b"x" if number % 2 else b"POST /slack")
        started = time.monotonic()

        assert served.post(body, **signed(body)) == 200

        assert time.monotonic() - started < 3


def test_half_sent_request_ends_within_seconds_however_it_drips(served: Served) -> None:
    with connected(served) as client, connected(served) as silent:
        client.sendall(head("Content-Length: 1000"))
        client.settimeout(0.5)
        started = time.monotonic()

        while is_open(client) and time.monotonic() - started < 30:
            with suppress(OSError):
                client.sendall(b"x")

        assert 5 < time.monotonic() - started < 15
        assert silent.recv(1) == b""


def is_open(client: socket.socket) -> bool:
    """Wait whether the other end closes it."""
    try:
        return client.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[tuple[Command, int, Served]]:
    """A bot in a process of its own, which logs all that it can, and the id of that process."""
    command = Command(tmp_path, dict(SECRETS))
    settings = SlackSettings(mode="http", http_port=free_port())
    command.write(slack={"mode": "http", "http_port": settings.http_port}, log_level="debug")
    with running_workspace() as workspace:
        command.environment["SLACK_API_URL"] = workspace.api_url
        with command.running("bot") as process:
            command.wait_for_log("bot listens on")
            yield command, process.pid, Served(config=BotConfig(slack=settings), workspace=workspace)


def test_large_and_unsigned_bodies_reach_neither_memory_nor_log(
    bot: tuple[Command, int, Served],
) -> None:
    command, pid, served = bot
    canary = b"canary" * 1000
    before = peak(pid)
    with ExitStack() as open_ones:
        for line in (f"Content-Length: {TOO_LARGE}", "Transfer-Encoding: chunked"):
            client = open_ones.enter_context(connected(served))
            client.sendall(head(line))
            with suppress(OSError):
                for _ in range(TOO_LARGE // len(canary)):
                    client.sendall(b"%x\r\n%s\r\n" % (len(canary), canary))

            assert status(client) == 413

    assert served.post(canary, **WRONG) == 401
    assert served.post(canary, **signed(b"another")) == 401
    assert peak(pid) - before < 8_000
    assert "canary" not in command.log
    assert command.log.count(" was answered with ") == 4
    assert "Traceback" not in command.log


def peak(pid: int) -> int:
    """The most memory that a process had so far, in KiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


@pytest.mark.parametrize("secret", [None, ""])
def test_start_is_refused_without_the_signing_secret(tmp_path: Path, secret: str | None) -> None:
    config = BotConfig(data=tmp_path / "var", slack=SlackSettings(mode="http", http_port=free_port()))
    given = secrets(slack_signing_secret=secret)
    client = slack_client(given, {"SLACK_API_URL": "http://127.0.0.1:1/api/"})
    assert client

    with pytest.raises(ConfigError, match="SLACK_SIGNING_SECRET"):
        connection.serve(config, given, client, clock=system_clock, stopping=Stopping(), watchdog=Watchdog())
