"""The start without Slack, or with tokens that it refuses: what will get better is waited for, the rest is told."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.machine.command import Command, slack
from tests.support.machine.installation import free_port
from tests.support.slack.faulty_proxy import Fault, between
from tests.support.slack.person import Workspace
from tests.support.slack.stand_in import SECRETS

CONNECTED = "bot connected by Socket Mode"
UP = "ScriptRunner is up and connected to Slack"


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path, dict(SECRETS))
    command.write()
    return command


@pytest.fixture
def workspace(here: Command) -> Iterator[Workspace]:
    with slack(here.folder) as workspace:
        here.environment["SLACK_API_URL"] = workspace.api_url
        yield workspace


def test_slack_that_is_away_is_waited_for_and_nothing_claims_to_be_up_before(here: Command) -> None:
    port = free_port()
    here.environment["SLACK_API_URL"] = f"http://127.0.0.1:{port}/api/"
    with ExitStack() as running:
        running.enter_context(here.running("up"))
        here.wait_for_log("Slack cannot be reached: ")
        here.wait_for_log("Connection refused>; next attempt in 2 s")
        before = here.log

        running.enter_context(slack(here.folder, port=port)).wait_for_app(30)

        here.wait_for_log(UP)
    assert CONNECTED not in before
    assert UP not in before
    assert "Traceback" not in here.log


def test_scripts_are_read_before_somebody_can_ask_for_one(here: Command, workspace: Workspace) -> None:
    here.script("quick.sh", "#!/bin/sh\n")
    with here.running("bot"):
        here.wait_for_log(CONNECTED)

    before, _, _ = here.log.partition(CONNECTED)
    assert "1 scripts read" in before


@pytest.mark.parametrize("command", ["bot", "up"])
def test_stops_at_once_while_it_waits_for_slack(here: Command, command: str) -> None:
    here.environment["SLACK_API_URL"] = f"http://127.0.0.1:{free_port()}/api/"
    with here.running(command) as process:
        here.wait_for_log("next attempt in 2 s")
        process.terminate()

        assert process.wait(5) == 0


def test_stops_at_once_while_slack_leaves_a_call_unanswered(here: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        here.environment["SLACK_API_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
        with here.running("bot") as bot:
            caller, _ = silent.accept()
            with caller:
                bot.terminate()

                assert bot.wait(5) == 0
    assert "Traceback" not in here.log


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.CUT_ANSWER, Fault.NO_JSON, Fault.UNAVAILABLE])
def test_slack_in_trouble_is_asked_again(here: Command, workspace: Workspace, fault: Fault) -> None:
    with between(workspace.api_url) as proxy:
        here.environment["SLACK_API_URL"] = proxy.url
        proxy.faults.extend([fault] * 2)
        with here.running("bot"):
            here.wait_for_log(CONNECTED)

    assert "next attempt in 1 s" in here.log
    assert "Traceback" not in here.log


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("error", ["ratelimited", "internal_error"])
def test_slack_that_asks_to_wait_is_asked_again(here: Command, workspace: Workspace, method: str, error: str) -> None:
    workspace.fail(method, error, times=1, retry_after=3)
    with here.running("bot"):
        here.wait_for_log(CONNECTED)

    pause = 3 if error == "ratelimited" else 1
    assert f"{error}; next attempt in {pause} s" in here.log


@pytest.mark.parametrize(
    ("method", "error", "words"),
    [
        ("auth.test", "invalid_auth", "Slack refuses SLACK_BOT_TOKEN: invalid_auth."),
        ("auth.test", "account_inactive", "Slack refuses SLACK_BOT_TOKEN: account_inactive."),
        ("apps.connections.open", "not_allowed_token_type", "Slack refuses SLACK_APP_TOKEN: not_allowed_token_type."),
        ("apps.connections.open", "missing_scope", "SLACK_APP_TOKEN lacks the scope "),
    ],
)
def test_refusal_for_good_ends_the_bot(
    here: Command, workspace: Workspace, method: str, error: str, words: str
) -> None:
    workspace.fail(method, error, times=9)

    done = here.run("bot", "--config", str(here.config))

    assert done.returncode == os.EX_CONFIG, "whoever keeps it running need not try again"
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_refusal_for_good_ends_up_before_it_says_that_it_is_up(here: Command, workspace: Workspace) -> None:
    workspace.fail("apps.connections.open", "invalid_auth", times=9)

    done = here.run("up", "--config", str(here.config))

    assert done.returncode == 1
    assert "Slack refuses SLACK_APP_TOKEN: invalid_auth." in done.stderr
    assert UP not in done.stdout


def test_websocket_that_does_not_open_is_no_connection(here: Command, workspace: Workspace) -> None:
    with between(workspace.api_url) as proxy, socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
        nobody.close()
        proxy.rewritten = (f"ws://127.0.0.1:{workspace.url.rpartition(':')[2]}", f"ws://127.0.0.1:{port}")
        here.environment["SLACK_API_URL"] = proxy.url
        with here.running("bot"):
            here.wait_for_log("Slack cannot be reached: its WebSocket does not open; next attempt in 1 s")
            before = here.log
            proxy.rewritten = None

            here.wait_for_log(CONNECTED)
    assert CONNECTED not in before


SWAPPED = {"SLACK_BOT_TOKEN": "xapp-canary", "SLACK_APP_TOKEN": "xoxb-canary"}
MISPLACED = [
    (
        SWAPPED,
        "SLACK_BOT_TOKEN holds an app-level token (xapp-…) where a bot's token (xoxb-…) belongs: it is swapped with",
    ),
    (
        SWAPPED,
        "SLACK_APP_TOKEN holds a bot's token (xoxb-…) where an app-level token (xapp-…) belongs: it is swapped with",
    ),
    ({"SLACK_BOT_TOKEN": "xoxp-canary"}, "SLACK_BOT_TOKEN holds a person's token (xoxp-…) where a bot's token"),
    ({"SLACK_BOT_TOKEN": "xapp-canary"}, "SLACK_BOT_TOKEN holds an app-level token (xapp-…) where a bot's token"),
    ({"SLACK_APP_TOKEN": "xoxb-canary"}, "SLACK_APP_TOKEN holds a bot's token (xoxb-…) where an app-level token"),
]


@pytest.mark.parametrize("command", ["bot", "up", "doctor"])
@pytest.mark.parametrize(("tokens", "words"), MISPLACED)
def test_token_in_the_wrong_place_is_named_without_asking_slack(
    here: Command, command: str, tokens: dict[str, str], words: str
) -> None:
    here.environment["SLACK_API_URL"] = f"http://127.0.0.1:{free_port()}/api/"

    done = here.run(command, "--config", str(here.config), **tokens)

    assert done.returncode == (os.EX_CONFIG if command == "bot" else 1)
    assert words in (done.stdout if command == "doctor" else done.stderr)
    assert "canary" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
