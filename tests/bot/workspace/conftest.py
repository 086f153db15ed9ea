"""A real server of the stand-in in a process of its own, and real Bolt apps that connect to it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from person import Person, Workspace
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

ROOT = Path(__file__).parents[3]
BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
SIGNING_SECRET = "signing-secret"

SCOPES = ("commands", "chat:write", "users:read", "users:read.email", "im:write")
EVENTS = ("app_home_opened", "message.im")
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Test App"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "bot_user": {"display_name": "Test App"},
        "slash_commands": [
            {"command": "/go", "description": "Goes", "usage_hint": "[where]"},
            {"command": "/escaped", "description": "Goes", "should_escape": True},
        ],
        "shortcuts": [
            {"name": "Use it", "type": "message", "callback_id": "use", "description": "Uses the message"},
            {"name": "Begin", "type": "global", "callback_id": "begin", "description": "Begins"},
        ],
    },
    "oauth_config": {"scopes": {}},
    "settings": {
        "event_subscriptions": {},
        "interactivity": {"is_enabled": True},
    },
}


@pytest.fixture
def start_workspace(tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Starts servers; the manifest's `scopes`, `events` and `app_home`, and options, differ where a test needs it."""
    processes: list[subprocess.Popen[str]] = []

    def start(
        *options: str, scopes: Sequence[str] = SCOPES, events: Sequence[str] = EVENTS, **app_home: bool
    ) -> Workspace:
        manifest = yaml.safe_load(yaml.safe_dump(MANIFEST))
        manifest["features"]["app_home"] |= app_home
        manifest["oauth_config"]["scopes"]["bot"] = list(scopes)
        manifest["settings"]["event_subscriptions"]["bot_events"] = list(events)
        path = tmp_path / f"manifest-{len(processes)}.yml"
        path.write_text(yaml.safe_dump(manifest))
        command = [sys.executable, "-m", "bot.workspace", "--manifest", str(path), "--port", "0"]
        secrets = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET}
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=os.environ | secrets,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("workspace http://"), line
        return Workspace(line.split()[1])

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        assert process.wait(timeout=10) == 0
        assert process.stdout
        process.stdout.close()


@pytest.fixture
def workspace(start_workspace: Callable[..., Workspace]) -> Workspace:
    return start_workspace()


@pytest.fixture
def maria(workspace: Workspace) -> Person:
    return workspace.person()


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=BOT_TOKEN, base_url=workspace.api_url)


@pytest.fixture
def app(client: WebClient) -> App:
    """A Bolt app that is not connected yet: a test adds its listeners, then calls `connect`."""
    return App(client=client)


@pytest.fixture
def connect(workspace: Workspace) -> Iterator[Callable[[App], SocketModeHandler]]:
    """Connects an app by Socket Mode and waits until the workspace has it."""
    handlers: list[SocketModeHandler] = []

    def start(app: App) -> SocketModeHandler:
        before = workspace.connections()
        handler = SocketModeHandler(app, APP_TOKEN)
        handlers.append(handler)
        handler.connect()
        Person(workspace).wait_for(lambda: workspace.connections() > before, what="connected")
        return handler

    yield start
    for handler in handlers:
        stop(handler)


def stop(handler: SocketModeHandler) -> None:
    """Closes the app's connection at once.

    slack_sdk 3.47 waits in close() for a lock that its reader holds while nothing comes: seconds, or for ever.
    """
    handler.client.auto_reconnect_enabled = False
    session = handler.client.current_session
    if session.sock is not None:
        with suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)
    handler.close()


@pytest.fixture
def form() -> Callable[..., dict[str, Any]]:
    """A modal; without blocks with one required text field `b`/`a`."""

    def make(*blocks: dict[str, Any], **rest: Any) -> dict[str, Any]:
        return {
            "type": "modal",
            "callback_id": "form",
            "title": {"type": "plain_text", "text": "A form"},
            "submit": {"type": "plain_text", "text": "Go"},
            "blocks": list(blocks) or [input_block("b", "plain_text_input")],
            **rest,
        }

    return make


@pytest.fixture
def field() -> Callable[..., dict[str, Any]]:
    """An input block around an element with the action_id `a`."""
    return input_block


def input_block(block_id: str, kind: str, *, block: dict[str, Any] | None = None, **element: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": f"Label of {block_id}"},
        "element": {"type": kind, "action_id": "a", **element},
        **(block or {}),
    }
