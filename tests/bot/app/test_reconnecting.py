"""The bot comes back by itself, whatever becomes of its connection to Slack."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.app.connection import close
from tests.support.machine.command import Command, slack
from tests.support.machine.installation import Form, free_port
from tests.support.slack.person import MARIA, Workspace, wait_for
from tests.support.slack.stand_in import SECRETS


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path, dict(SECRETS))
    command.write()
    command.script("quick.sh", "#!/bin/sh\n")
    return command


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with slack(tmp_path) as workspace:
        yield workspace


def submits(workspace: Workspace) -> bool:
    person = workspace.person(MARIA)
    if person.views():
        person.close(everything=True)
    return Form(person, "quick.sh").submit() > 0


def sockets(workspace: Workspace) -> list[str]:
    """What became of connections so far."""
    return [entry["verdict"] for entry in workspace.log() if entry["kind"] == "socket"]


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
def test_bot_connects_anew_when_slack_ends_the_connection(command: Command, workspace: Workspace, reason: str) -> None:
    command.environment["SLACK_API_URL"] = workspace.api_url
    with command.running("bot"):
        workspace.wait_for_app(30)
        assert submits(workspace)

        workspace.disconnect(reason)

        wait_for(lambda: workspace.connections() == 1, 30, what="connected anew")
        assert submits(workspace)


def test_bot_connects_anew_when_slack_warns_that_it_will_end_the_connection(
    command: Command, workspace: Workspace
) -> None:
    command.environment["SLACK_API_URL"] = workspace.api_url
    with command.running("bot"):
        workspace.wait_for_app(30)

        workspace.disconnect("warning")

        wait_for(
            lambda: sockets(workspace) == ["opened", "opened", "closed"], 30, what="the new one open, the old closed"
        )
        assert submits(workspace)


def test_bot_that_is_told_to_stop_while_it_connects_anew_closes_both_connections(workspace: Workspace) -> None:
    app = App(client=WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url))
    connection = SocketModeHandler(app, SECRETS["SLACK_APP_TOKEN"])
    connection.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    workspace.wait_for_app(30)
    client = connection.client
    assert client.current_session
    with client.current_session.sock_send_lock:  # whoever closes the old connection waits for it
        workspace.disconnect("link_disabled")
        wait_for(lambda: sockets(workspace).count("opened") == 2, 30, what="the new one open")
        closing = threading.Thread(target=close, args=(connection,))
        closing.start()
        wait_for(lambda: client.closed, what="on its way")
    closing.join(30)

    parts = (client.current_session_runner, client.current_app_monitor, client.message_processor)
    assert [part.is_alive() for part in parts] == [False] * 3
    wait_for(lambda: workspace.connections() == 0, what="without the bot")


def test_bot_that_stops_does_not_wait_for_a_listener_that_answers_meanwhile(workspace: Workspace) -> None:
    app = App(client=WebClient(token=SECRETS["SLACK_BOT_TOKEN"], base_url=workspace.api_url))
    connection = SocketModeHandler(app, SECRETS["SLACK_APP_TOKEN"])
    at_work, is_closed = threading.Event(), threading.Event()

    @app.command("/jobs")
    def answer_late(ack: Callable[[], None]) -> None:
        at_work.set()
        is_closed.wait(30)
        ack()

    connection.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    workspace.wait_for_app(30)
    acting = threading.Thread(target=workspace.person(MARIA).command, args=("/jobs",))
    acting.start()
    assert at_work.wait(30)
    closing = threading.Thread(target=close, args=(connection,))
    closing.start()
    wait_for(lambda: workspace.connections() == 0, what="without the bot")
    is_closed.set()
    closing.join(30)
    acting.join(30)

    assert not [thread for thread in threading.enumerate() if thread.name == "closing"]


def test_bot_comes_back_when_slack_was_away(command: Command, tmp_path: Path) -> None:
    port = free_port()
    command.environment["SLACK_API_URL"] = f"http://127.0.0.1:{port}/api/"
    with ExitStack() as running:
        with slack(tmp_path, port=port) as before:
            bot = running.enter_context(command.running("bot"))
            before.wait_for_app(30)
        wait_for(lambda: "reconnect to the server" in command.log, 60, what="trouble seen")

        with slack(tmp_path, port=port) as after:
            after.wait_for_app(60)

            assert submits(after)
            assert bot.poll() is None
