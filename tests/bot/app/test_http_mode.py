"""HTTP mode: Slack's signed requests are answered, and no others."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
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
            kwargs={"clock": system_clock, "stopping": stopping},
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

    wait_for(lambda: "All jobs" in json.dumps(maria.messages(GENERAL)[-1]), what="all jobs")


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

    assert served.post(body, kind=kind, **signed(body)) in {400, 404, 500}

    assert served.job_count() == before
    assert answers(served)


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/more", "/slack/install", "/slack/oauth_redirect"])
def test_nothing_is_at_other_paths(served: Served, path: str) -> None:
    body = b"command=/jobs"

    assert served.post(body, path=path, **signed(body)) == 404


@pytest.mark.parametrize("secret", [None, ""])
def test_start_is_refused_without_the_signing_secret(tmp_path: Path, secret: str | None) -> None:
    config = BotConfig(data=tmp_path / "var", slack=SlackSettings(mode="http", http_port=free_port()))
    given = secrets(slack_signing_secret=secret)
    client = slack_client(given, {"SLACK_API_URL": "http://127.0.0.1:1/api/"})
    assert client

    with pytest.raises(ConfigError, match="SLACK_SIGNING_SECRET"):
        connection.serve(config, given, client, clock=system_clock, stopping=Stopping())
