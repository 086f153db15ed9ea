"""A real server of the stand-in in a process of its own, and real Bolt apps that connect to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.support.slack import stand_in
from tests.support.slack.person import Person, Workspace
from tests.support.slack.sockets import stop

BOT_TOKEN = stand_in.SECRETS["SLACK_BOT_TOKEN"]
APP_TOKEN = stand_in.SECRETS["SLACK_APP_TOKEN"]


@pytest.fixture
def start_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Workspace]]:
    """Starts servers; the manifest's `scopes`, `events` and `app_home`, and options, differ where a test needs it."""
    with ExitStack() as running:

        def start(*options: str, **manifest: Any) -> Workspace:
            folder = tmp_path_factory.mktemp("workspace")
            return running.enter_context(stand_in.running(folder, *options, **manifest))

        yield start


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
        handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
        Person(workspace).wait_for(lambda: workspace.connections() > before, what="connected")
        return handler

    yield start
    for handler in handlers:
        stop(handler)


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
