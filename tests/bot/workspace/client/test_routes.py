"""The people side: what the page and tests rely on, and what it refuses."""

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from tests.support.slack import person
from tests.support.slack.person import Person, Workspace


def ask(workspace: Workspace, path: str = "/people", **headers: str) -> int:
    connection = http.client.HTTPConnection(workspace.url.removeprefix("http://"), timeout=5)
    connection.request("GET", path, headers=workspace.headers | headers)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_everybody_is_listed_with_what_is_special_about_them(workspace: Workspace) -> None:
    kinds = {one["id"]: one["kind"] for one in workspace.people()}
    assert list(kinds.values()).count("member") == 3
    assert set(kinds.values()) == {
        "member", "admin", "guest", "deactivated", "bot", "external", "no_email", "unconfirmed",
    }  # fmt: skip
    cannot = {one["id"] for one in workspace.people() if not one["can_sign_in"]}
    assert cannot == {person.DEACTIVATED, person.BOT}


def test_commands_come_from_the_manifest(workspace: Workspace) -> None:
    assert [one["command"] for one in workspace.get("/people")["commands"]] == ["/go", "/escaped"]


def test_a_person_sees_two_channels_and_the_app(maria: Person) -> None:
    seen = [(one["name"], one["kind"], one["with_app"]) for one in maria.state()["conversations"]]
    assert seen == [("general", "channel", False), ("big-machine", "channel", False), ("dm", "im", True)]


def test_changes_are_told_as_they_happen(workspace: Workspace, maria: Person, client: WebClient) -> None:
    connection = http.client.HTTPConnection(workspace.url.removeprefix("http://"), timeout=5)
    connection.request("GET", f"/people/{maria.id}/events", headers=workspace.headers)
    events = connection.getresponse()
    first = next_snapshot(events)
    client.chat_postMessage(channel=maria.id, text="news")
    then = next_snapshot(events)
    connection.close()
    assert then["version"] > first["version"]
    assert then["conversations"][-1]["messages"][0]["text"] == "news"


def next_snapshot(events: http.client.HTTPResponse) -> dict[str, Any]:
    while not (line := events.readline()).startswith(b"data: "):
        pass
    snapshot: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return snapshot


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1:1"},
        {"Host": "localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_other_sites_cannot_act_for_people(workspace: Workspace, headers: dict[str, str]) -> None:
    assert ask(workspace, **headers) == 403


def test_the_page_itself_is_let_in(workspace: Workspace) -> None:
    assert ask(workspace, Origin=workspace.url) == 200
    port = workspace.url.rpartition(":")[2]
    assert ask(workspace, Host=f"localhost:{port}") == 200


ACTS = (
    "messages", "commands", "shortcuts", "actions", "options", "home", "views/V1/fill", "views/V1/submit",
    "views/V1/close",
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"5", b"null", b"[" * 100_000, b"\xff", b'{"channel": [], "text": {}}', b'{"channel": "general"}',
    b'{"source": []}', b'{"source": {"type": "view", "view_id": 5}}', b'{"source": {"type": "home"}}',
    b'{"source": {"type": "message", "channel": "general", "ts": "1"}, "block_id": [], "action_id": {}}',
    b'{"callback_id": "use", "channel": {}, "ts": []}', b'{"channel": "general", "text": "x", "files": [[]]}',
    b'{"channel": "general", "text": "\\ud800 /go"}', b'{"value": NaN}',
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_a_malformed_act_is_answered(workspace: Workspace, maria: Person, act: str) -> None:
    for body in BODIES:
        answer = workspace.post(f"/people/{maria.id}/{act}", body)
        assert answer.get("error") != "internal_error", body
        assert "ok" in answer, body
    assert maria.state()["version"] >= 0


def test_nobody_acts_for_somebody_unknown(workspace: Workspace) -> None:
    assert workspace.post("/people/U0NOBODY/home", {})["error"] == "person_not_found"
    assert workspace.get("/people/U0NOBODY/state")["error"] == "person_not_found"


def test_only_the_form_on_top_can_be_used(workspace: Workspace, maria: Person) -> None:
    answer = workspace.post(f"/people/{maria.id}/views/V0/submit", {})
    assert answer == {"ok": False, "error": "view_not_found"}


def test_the_log_tells_what_went_over_the_wire_without_secrets(workspace: Workspace, client: WebClient) -> None:
    client.auth_test()
    client.apps_connections_open(app_token="xapp-test")
    log = workspace.log()
    assert [entry["kind"] for entry in log] == ["auth.test", "apps.connections.open"]
    assert "xoxb-" not in json.dumps(log)
    assert "ticket=(hidden)" in json.dumps(log)


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [("nonsense", "not a Slack app manifest"), ("a: [", "while parsing"), (None, "No such file")],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, manifest: str | None, complaint: str) -> None:
    path = tmp_path / "manifest.yml"
    if manifest is not None:
        path.write_text(manifest)
    secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.workspace", "--manifest", str(path), "--port", "0"],
        env=os.environ | secrets,
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == os.EX_CONFIG
    assert str(path) in done.stderr
    assert complaint in done.stderr
