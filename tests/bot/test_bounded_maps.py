"""What bot and runner remember of people, files and views is bounded in number and in age, whatever comes."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.listeners.form.view_updates import ViewUpdates
from bot.slack.files import SlackFile, SlackFiles
from bot.slack.identity import HomeWorkspace, Identities
from bot.slack.interaction import Interaction
from bot.slack.modals import TriggeredModal
from bot.slack.replies import Reply
from bot.slack.settings import SlackSettings
from runner.jobs import Requester
from runner.scripts import Catalogue, ChoiceLists
from tests.support.machine.alive import alive
from tests.support.machine.served import Quiet, serving

MANY = 100_000
HOUR = 3600.0


@dataclass
class Hand:
    """A monotonic clock that stands still until it is moved; in seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


class Members(Quiet, BaseHTTPRequestHandler):
    """Answers users.info: everybody who is asked for is a member."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        user_id = asked["user"][0]
        profile = {"email": f"{user_id}@example.com", "display_name": user_id}
        answer = json.dumps({"ok": True, "user": {"id": user_id, "team_id": "T1", "profile": profile}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def client() -> Iterator[WebClient]:
    with serving(Members) as url:
        yield WebClient(token="xoxb-test", base_url=f"{url}/api/")


def test_files_are_remembered_in_bounded_number_and_for_an_hour() -> None:
    hand, before = Hand(), alive(SlackFile)
    files = SlackFiles(hand)

    files.remember(SlackFile(id=f"F{number}", name="a", size_bytes=1) for number in range(MANY))
    assert alive(SlackFile) - before == 1_000

    hand.seconds += HOUR + 1
    files.remember([SlackFile(id="F", name="a", size_bytes=1)])
    assert alive(SlackFile) - before == 1


class _Stopped(Exception):
    """Ends an update before Slack is called."""


def test_views_are_remembered_in_bounded_number_and_for_a_day() -> None:
    hand = Hand()
    updates = ViewUpdates(hand)

    def stop(*_: object) -> Any:
        raise _Stopped

    def update(view_id: str) -> None:
        body = {"view": {"id": view_id, "hash": "1.x"}}
        client = WebClient()
        bolts = Ack()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
        ack = Reply(bolts, client, body, telling=stop, write=stop)
        modal = TriggeredModal(client, body)
        act = Interaction(body=body, client=client, ack=ack, respond=Respond(response_url=None), modal=modal)
        with suppress(_Stopped):
            updates.update(act, stop)

    open_view = _kind_of_what_is_kept(update)
    before = alive(open_view) - 1
    for number in range(10_000):
        update(f"V{number}")
    assert alive(open_view) - before == 1_000

    hand.seconds += 24 * HOUR + 1
    update("V")
    assert alive(open_view) - before == 1


def _kind_of_what_is_kept(update: Callable[[str], None]) -> type:
    """The class of what is remembered of a view, which is private to its module."""
    update("V")
    return vars(__import__(ViewUpdates.__module__, fromlist=["_OpenView"]))["_OpenView"]  # type: ignore[no-any-return]


def test_people_are_remembered_in_bounded_number_and_as_long_as_the_setting_says(client: WebClient) -> None:
    hand = Hand()
    settings = SlackSettings(identity_expiry=timedelta(minutes=10))
    identities = Identities(HomeWorkspace(team_id="T1"), settings, monotonic=hand, at_most=50)
    before = alive(Requester)

    for number in range(500):
        identities.requester(client, f"U{number}")
    assert alive(Requester) - before == 50

    hand.seconds += 11 * 60
    identities.requester(client, "U")
    assert alive(Requester) - before == 1


def test_lists_of_choices_are_kept_in_bounded_number(tmp_path: Path) -> None:
    path = tmp_path / "ask.sh"
    path.write_text(
        "#!/bin/sh\n##~~ word - any\n"
        "##~~ pick {type: choice, choices_from: {file: ./list, cache: 1h}, depends: [word]} - one\n"
    )
    path.chmod(0o755)
    (tmp_path / "list").write_text("a\n")
    script = Catalogue(tmp_path).script("ask.sh")
    pick = next(each for each in script.asked if each.name == "pick")
    lists = ChoiceLists(environment=())

    for number in range(3_000):
        assert lists.listed(script, pick, {"word": f"{number}"})  # type: ignore[arg-type]

    assert alive(type(lists.listed(script, pick, {"word": "0"})[0])) <= 1_000  # type: ignore[arg-type]
