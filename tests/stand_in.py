"""Starts the stand-in workspace in a process of its own, with a manifest made for a test."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from person import Workspace

ROOT = Path(__file__).parents[1]
SECRETS = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_APP_TOKEN": "xapp-test", "SLACK_SIGNING_SECRET": "signing-secret"}
SCOPES = ("commands", "chat:write", "users:read", "users:read.email", "im:write", "im:history")
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


def write_manifest(path: Path, *, scopes: Sequence[str], events: Sequence[str], app_home: dict[str, bool]) -> None:
    manifest = deepcopy(MANIFEST)
    manifest["features"]["app_home"] |= app_home
    manifest["oauth_config"]["scopes"]["bot"] = list(scopes)
    manifest["settings"]["event_subscriptions"]["bot_events"] = list(events)
    path.write_text(yaml.safe_dump(manifest))


@contextmanager
def running(
    folder: Path, *options: str, scopes: Sequence[str] = SCOPES, events: Sequence[str] = EVENTS, **app_home: bool
) -> Iterator[Workspace]:
    """A stand-in that serves for as long as the block lasts, and then has to end well."""
    manifest = folder / "manifest.yml"
    write_manifest(manifest, scopes=scopes, events=events, app_home=app_home)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.workspace", "--manifest", str(manifest), "--port", "0", *options],
        cwd=ROOT,
        env=os.environ | SECRETS,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line.startswith("workspace http://"), line
            yield Workspace(line.split()[1])
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
