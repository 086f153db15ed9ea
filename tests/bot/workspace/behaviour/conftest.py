"""The same app in both of Slack's SDKs, over both transports, each in front of a stand-in of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.slack import stand_in
from tests.support.slack.person import Person, Workspace, wait_for

HERE = Path(__file__).parent
SCOPES = ("commands", "chat:write", "users:read", "im:history", "files:read", "files:write", "reactions:write")
COMMANDS = {
    "python": [sys.executable, str(HERE / "bolt_app.py")],
    "javascript": ["node", str(HERE / "javascript" / "bolt_app.js")],
}
# Node reads a hundred files before it begins, and the machine may be busy.
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A stand-in and the app that it serves, in one language and by one transport."""

    workspace: Workspace
    language: str
    is_http: bool

    def person(self, number: int = 0) -> Person:
        """One of the members, the same at each call."""
        members = [one["id"] for one in self.workspace.people() if one["kind"] == "member"]
        return self.workspace.person(members[number])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(
    scope="module",
    params=[(language, is_http) for language in COMMANDS for is_http in (False, True)],
    ids=lambda value: f"{value[0]}-{'http' if value[1] else 'socket'}",
)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    language, is_http = request.param
    port = free_port()
    options = ["--more-people", "20", *(["--request-url", f"http://127.0.0.1:{port}/slack/events"] if is_http else [])]
    with stand_in.running(tmp_path_factory.mktemp("site"), *options, scopes=SCOPES) as workspace:
        environment = os.environ | stand_in.SECRETS | {"SLACK_API_URL": workspace.api_url}
        environment |= {"PORT": str(port)} if is_http else {}
        with app_process(COMMANDS[language], environment):
            if is_http:
                wait_for(lambda: workspace.post("/control/verify", {}).get("url_verification"), START_SECONDS)
            else:
                workspace.wait_for_app(START_SECONDS)
            yield Site(workspace, language, is_http)


@pytest.fixture
def second_app(site: Site) -> Iterator[None]:
    """One more process of the app, as one runs two so that one connection is always there."""
    environment = os.environ | stand_in.SECRETS | {"SLACK_API_URL": site.workspace.api_url}
    before = site.workspace.connections()
    with app_process(COMMANDS[site.language], environment):
        wait_for(lambda: site.workspace.connections() > before, START_SECONDS, what="connected")
        yield
    wait_for(lambda: site.workspace.connections() == before, what="without the second app")


@contextmanager
def app_process(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """A process of the app, which has to live until its end is asked for."""
    process = subprocess.Popen(command, env=environment)
    try:
        yield
        assert process.poll() is None, f"the app ended by itself with {process.returncode}"
    finally:
        process.kill()
        process.wait(timeout=10)
