"""What a manifest wants and the stand-in does not play is told when it starts."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from bot.workspace import manifest, wanted
from tests.support.slack import stand_in


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[str]]:
    def tell(*, scopes: list[str], events: list[str], user_scopes: Sequence[str] = ()) -> list[str]:
        document = stand_in.MANIFEST | {
            "oauth_config": {"scopes": {"bot": scopes, "user": list(user_scopes)}},
            "settings": {"event_subscriptions": {"bot_events": events}},
        }
        path = tmp_path / "manifest.yml"
        path.write_text(yaml.safe_dump(document))
        return list(wanted.not_played(manifest.read(path)))

    return tell


def test_events_and_scopes_that_are_not_played_are_named(told: Callable[..., list[str]]) -> None:
    assert told(
        scopes=["chat:write", "pins:write", "channels:history"],
        events=["message.im", "team_join"],
        user_scopes=["search:read"],
    ) == [
        "The manifest wants the event team_join, which this workspace never sends.",
        "The manifest wants the scope pins:write, for which this workspace has no method.",
        "The manifest wants the scope search:read for people, and this workspace gives only the bot a token.",
    ]


def test_nothing_is_told_of_what_is_played(told: Callable[..., list[str]]) -> None:
    scopes = ["commands", "chat:write", "chat:write.public", "users:read.email", "app_mentions:read", "reactions:read"]
    assert told(scopes=scopes, events=["app_home_opened", "app_mention", "reaction_added"]) == []
    assert list(wanted.not_played(manifest.read(stand_in.ROOT / "manifest.yml"))) == []


def test_it_is_said_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    stand_in.write_manifest(path, scopes=("chat:write",), events=("team_join",), app_home={})
    command = [sys.executable, "-m", "bot.workspace", "--manifest", str(path), "--port", "0"]
    with subprocess.Popen(
        command, cwd=stand_in.ROOT, env=os.environ | stand_in.SECRETS, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        line = process.stderr.readline()
        process.terminate()
    assert "The manifest wants the event team_join, which this workspace never sends." in line
