"""Starts the stand-in workspace in a process of its own, with the repository's manifest or one made for a test.

The process is forked from one that has imported the stand-in: there are hundreds of them, and Python is slow to start.
What `python -m bot.workspace` and `scriptrunner workspace` do besides is tested with the commands themselves.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from tests.support.slack.forked_stand_in import serve
from tests.support.slack.person import Workspace

ROOT = Path(__file__).parents[3]
PAGE_SECRET = "page-secret"
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
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.workspace.__main__"])
_START_SECONDS, _STOP_SECONDS = 30, 10


def page_address(url: str, person_id: str = "") -> str:
    """Where somebody opens the page of the stand-in at this address."""
    fragment = f"#{person_id}" if person_id else ""
    return f"{url}/?secret={PAGE_SECRET}{fragment}"


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
    """A stand-in for an app with such a manifest."""
    manifest = folder / "manifest.yml"
    write_manifest(manifest, scopes=scopes, events=events, app_home=app_home)
    with running_workspace(*options, manifest=manifest) as workspace:
        yield workspace


@contextmanager
def running_workspace(*options: str, manifest: Path = ROOT / "manifest.yml", port: int = 0) -> Iterator[Workspace]:
    """A stand-in that serves for as long as the block lasts, and then has to end well."""
    words = ("--manifest", str(manifest), "--port", str(port), *options)
    reader, writer = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=serve, args=(words, str(ROOT), SECRETS | {"WORKSPACE_SECRET": PAGE_SECRET}, writer))
    process.start()
    writer.close()
    try:
        with reader, os.fdopen(os.dup(reader.fileno())) as said:
            assert reader.poll(_START_SECONDS), "the stand-in says nothing"
            line = said.readline()
        assert line.startswith("workspace http://"), line
        yield Workspace(line.split()[1])
    finally:
        process.terminate()
        process.join(_STOP_SECONDS)
        exit_code = process.exitcode
        process.close()
        assert exit_code == 0
