"""Who is let in: whoever has the secret of the address that is printed, and nobody else on this machine."""

import http.client
import shutil
import subprocess

import pytest

from tests.support.slack.person import MARIA, Workspace
from tests.support.slack.stand_in import PAGE_SECRET

ROUTES = [
    ("GET", "/"),
    ("GET", "/people"),
    ("POST", "/people/reset"),
    ("GET", f"/people/{MARIA}/state"),
    ("GET", f"/people/{MARIA}/events"),
    ("POST", f"/people/{MARIA}/messages"),
    ("POST", f"/people/{MARIA}/commands"),
    ("POST", f"/people/{MARIA}/actions"),
    ("POST", f"/people/{MARIA}/files?name=a"),
    ("GET", f"/people/{MARIA}/files/F1"),
    ("GET", "/control/log"),
    ("POST", "/control/faults"),
    ("DELETE", "/control/faults"),
    ("POST", "/control/disconnect"),
    ("POST", "/control/verify"),
    ("GET", "/journal"),
    ("GET", "/journal/events"),
    ("GET", "/static/main.js"),
    ("GET", "/no/such/route"),
]


def ask(workspace: Workspace, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(workspace.url.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=" ".join)
def test_nothing_is_shown_or_done_without_the_secret(workspace: Workspace, method: str, path: str) -> None:
    port = workspace.url.rpartition(":")[2]
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Cookie": f"workspace_{port}=wrong"},
        {"Cookie": f"workspace_1={PAGE_SECRET}"},
    ):
        assert ask(workspace, method, path, **headers).status == 401


def test_address_that_is_printed_lets_a_browser_in_and_leaves_no_secret_in_its_address(workspace: Workspace) -> None:
    answer = ask(workspace, "GET", workspace.page.removeprefix(workspace.url))

    cookie = str(answer.headers["Set-Cookie"])
    assert (answer.status, answer.headers["Location"], answer.headers["Referrer-Policy"]) == (303, "/", "no-referrer")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    for path in ("/", "/people", "/static/main.js"):
        assert ask(workspace, "GET", path, Cookie=cookie.partition(";")[0]).status == 200


@pytest.mark.parametrize("path", ["/?secret=", "/?secret=wrong", "/?secret=%ff", "/?secret=%C3%A9"])
def test_wrong_secret_in_the_address_is_refused_and_gives_no_cookie(workspace: Workspace, path: str) -> None:
    answer = ask(workspace, "GET", path)

    assert (answer.status, answer.headers["Set-Cookie"]) == (401, None)


@pytest.mark.needs_root
def test_other_user_of_the_machine_gets_nothing_done(workspace: Workspace) -> None:
    for path, options in (
        (f"/people/{MARIA}/commands", ["-d", '{"channel": "general", "text": "/go"}']),
        (f"/people/{MARIA}/state", []),
        ("/control/log", []),
        ("/api/users.list", []),
        ("/api/chat.postMessage", ["-d", "channel=general&text=x"]),
        ("/api/chat.postMessage", ["-H", "Authorization: Bearer xoxb-1", "-d", "channel=general&text=x"]),
        ("/socket", []),
        ("/socket?ticket=1", []),
    ):
        command = [str(shutil.which("curl")), "--silent", "--noproxy", "*", *options, workspace.url + path]
        done = subprocess.run(
            command, user=65534, group=65534, extra_groups=[], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0
        assert "ok" not in done.stdout or '"ok": false' in done.stdout, (path, done.stdout)
    kinds = {entry["kind"] for entry in workspace.log()}
    assert not {"slash_commands", "chat.postMessage ok"} & kinds
