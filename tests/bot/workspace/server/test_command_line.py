"""`scriptrunner workspace`: what it prints is enough to start an app, and what it keeps outlasts it."""

import argparse
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from slack_bolt import App
from slack_sdk import WebClient

from bot.workspace.options import add_arguments
from bot.workspace.web_api import dispatch
from tests.support.slack import stand_in
from tests.support.slack.person import Workspace


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.yml"
    stand_in.write_manifest(path, scopes=stand_in.SCOPES, events=stand_in.EVENTS, app_home={})
    return path


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "bot", "workspace", "--port", "0", *options]


@contextmanager
def started(options: Sequence[str]) -> Iterator[tuple[Workspace, dict[str, str]]]:
    """The workspace that the command serves, the variables that it prints, and all that it `said`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
    process = subprocess.Popen(command(*options), cwd=stand_in.ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout
            lines: list[str] = []
            while not lines or not lines[-1].startswith("Ctrl-C"):
                lines.append(process.stdout.readline())
                assert lines[-1], lines
            variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
            variables["said"] = "".join(lines)
            (page,) = re.findall(r"^ {4}(http://\S+)$", "".join(lines), re.MULTILINE)
            yield Workspace(page), variables
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0


def post(workspace: Workspace, variables: dict[str, str], text: str) -> None:
    client = WebClient(token=variables["SLACK_BOT_TOKEN"], base_url=variables["SLACK_API_URL"])
    client.chat_postMessage(channel=workspace.person().id, text=text)


def test_what_is_printed_is_enough_for_an_app(manifest: Path) -> None:
    with started(["--manifest", str(manifest)]) as (_, variables):
        client = WebClient(token=variables["SLACK_BOT_TOKEN"], base_url=variables["SLACK_API_URL"])
        assert App(client=client).client.auth_test()["bot_id"]
        opened = client.apps_connections_open(app_token=variables["SLACK_APP_TOKEN"])
        assert opened["url"].startswith("ws://127.0.0.1:")


def test_an_app_in_http_mode_is_given_the_secret_instead(manifest: Path) -> None:
    options = ["--manifest", str(manifest), "--request-url", "http://127.0.0.1:3000/slack/events"]
    with started(options) as (_, variables):
        assert set(variables) == {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "said"}


@pytest.mark.parametrize(("is_on", "is_http"), [(True, True), (False, False), (True, False), (False, True)])
def test_what_slack_would_not_do_is_warned_of(manifest: Path, *, is_on: bool, is_http: bool) -> None:
    document = yaml.safe_load(manifest.read_text())
    document["settings"]["socket_mode_enabled"] = is_on
    manifest.write_text(yaml.safe_dump(document))
    options = ["--manifest", str(manifest), *(["--request-url", "http://127.0.0.1:3000/"] if is_http else [])]
    with started(options) as (_, variables):
        assert ("Socket Mode on" in variables["said"]) is (is_on == is_http)


def test_messages_home_tabs_and_files_are_kept(manifest: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    options = ["--manifest", str(manifest), "--state", str(state)]
    with started(options) as (workspace, variables):
        post(workspace, variables, "hello")
        maria = workspace.person()
        file_id = maria.upload("notes.txt", "kept")
        maria.write("look", files=[file_id])
        client = WebClient(token=variables["SLACK_BOT_TOKEN"], base_url=variables["SLACK_API_URL"])
        client.views_publish(user_id=maria.id, view={"type": "home", "blocks": [{"type": "divider"}]})
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    with started(options) as (workspace, _):
        maria = workspace.person()
        assert [message["text"] for message in maria.dm()] == ["hello", "look"]
        assert maria.download(file_id) == b"kept"
        home = maria.home()
        assert home
        assert home["blocks"][0]["type"] == "divider"


def test_what_was_kept_can_be_forgotten(manifest: Path, tmp_path: Path) -> None:
    options = ["--manifest", str(manifest), "--state", str(tmp_path / "state.json")]
    with started(options) as (workspace, variables):
        post(workspace, variables, "hello")
    with started([*options, "--reset"]) as (workspace, _):
        assert workspace.person().dm() == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--manifest", "nowhere.yml"], "nowhere.yml"),
        (["--more-people", "-1"], "--more-people is -1"),
        (["--reset"], "--reset needs --state"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
    ],
)
def test_what_cannot_be_is_said_plainly(manifest: Path, options: list[str], word: str) -> None:
    named = options if "--manifest" in options else ["--manifest", str(manifest), *options]
    ended = subprocess.run(command(*named), cwd=stand_in.ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 99}', '{"version": 1, "files": 5}'])
def test_a_state_that_is_none_of_ours_is_refused(manifest: Path, tmp_path: Path, content: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(content)
    ended = subprocess.run(
        command("--manifest", str(manifest), "--state", str(state)),
        cwd=stand_in.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, str(state) in ended.stderr) == (1, True)
    assert state.read_text() == content


def test_the_document_names_every_method_and_every_option() -> None:
    text = (stand_in.ROOT / "docs" / "workspace.md").read_text(encoding="utf-8")
    methods = text[text.index("The methods:") : text.index("Every other")]
    assert set(re.findall(r"`([\w.]+)`", methods)) == set(dispatch.METHODS) == set(dispatch.specifications())
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    options = set(re.findall(r"--[a-z-]+", parser.format_help()))
    assert options - set(re.findall(r"--[a-z-]+", text)) == set()
