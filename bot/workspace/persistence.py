"""Keeps what was said and shown in a file, so that a workspace can go on where it was stopped."""

import asyncio
import json
import os
import shutil
import time
from collections import deque
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bot.workspace.errors import StateError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.files import SHARES_KEPT, Share, SnippetPreview, StoredFile
from bot.workspace.state.messages import Message
from bot.workspace.state.scheduled import ScheduledMessage
from bot.workspace.state.views import View
from bot.workspace.workspace import Workspace

VERSION = 1
SAVE_SECONDS = 1.0
SAVING_SHARE = 0.05
State = dict[str, Any]


class Keeping:
    """The state file and, beside it, a folder of the same name with `.files` that holds the files' bytes.

    Kept are messages that are not ephemeral, Home tabs and files; modals, triggers and response URLs are not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def reset(self) -> None:
        """Forgets everything that is kept."""
        self._path.unlink(missing_ok=True)
        shutil.rmtree(self._path.with_name(f"{self._path.name}.files"), ignore_errors=True)

    def load(self, workspace: Workspace) -> None:
        """Fills a new workspace with what is kept; StateError where the file is none of ours."""
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise StateError(f"{self._path}: {error}") from error
        if not isinstance(state, dict) or state.get("version") != VERSION:
            raise StateError(
                f"{self._path} is no state of this version; without it, or with --reset, everything begins anew"
            )
        try:
            _fill(workspace, state)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise StateError(
                f"{self._path} is damaged ({error!r}); without it, or with --reset, everything begins anew"
            ) from error

    def save(self, workspace: Workspace) -> None:
        """Writes the state, private to its owner, so that a crash in between leaves the one before.

        By itself, and unsynced: the stand-in imports nothing of ours, and plays a workspace that may be lost.
        """
        new = self._path.with_name(f"{self._path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
            target.write(json.dumps(_state(workspace)))
        new.replace(self._path)

    async def save_changes(self, workspace: Workspace) -> None:
        """Writes the state soon after each change, for as long as it is not cancelled.

        A large state is written less often, so that nobody waits for it longer than a small part of the time.
        """
        saved, pause = workspace.changes.version, SAVE_SECONDS
        while True:
            await asyncio.sleep(pause)
            if workspace.changes.version != saved:
                saved, began = workspace.changes.version, time.monotonic()
                self.save(workspace)
                pause = max(SAVE_SECONDS, (time.monotonic() - began) / SAVING_SHARE)


def _state(workspace: Workspace) -> State:
    return {
        "version": VERSION,
        "files": [_file(file) for file in workspace.files.all()],
        "conversations": [_conversation(one) for one in workspace.conversations.all()],
        "scheduled": [asdict(message) for message in workspace.scheduled.all()],
        "homes": [asdict(home) for home in workspace.views.homes()],
    }


def _file(file: StoredFile) -> State:
    kept = {name: getattr(file, name) for name in ("id", "name", "title", "size", "user", "created", "team_id")}
    shares = [asdict(share) for share in file.shares]
    beginning = asdict(file.beginning) if file.beginning else None
    kept |= {"alt_text": file.alt_text, "snippet_type": file.snippet_type, "beginning": beginning}
    return kept | {"is_known_to_app": file.is_known_to_app, "shares": shares}


def _conversation(conversation: Conversation) -> State:
    names = ("id", "name", "person_id", "has_app", "is_shared", "is_private", "creator", "created")
    messages = [_message(message) for message in conversation.messages.values() if message.only_for is None]
    return {name: getattr(conversation, name) for name in names} | {"messages": messages}


def _message(message: Message) -> State:
    names = (field.name for field in fields(Message) if field.name not in {"files", "only_for", "root"})
    return {name: getattr(message, name) for name in names} | {"files": [file.id for file in message.files]}


def _fill(workspace: Workspace, state: State) -> None:
    files = {}
    for kept in state["files"]:
        shares = deque((Share(**share) for share in kept.pop("shares")), maxlen=SHARES_KEPT)
        beginning = kept.pop("beginning", None)
        kept["beginning"] = SnippetPreview(**beginning) if beginning else None
        path = workspace.files.path_for(kept["id"])
        files[kept["id"]] = StoredFile(**kept, shares=shares, path=path, base_url=workspace.base_url)
        if path.exists():
            workspace.files.keep(files[kept["id"]])
        else:
            files[kept["id"]].is_deleted = True
    for kept in state["conversations"]:
        messages = kept.pop("messages")
        conversation = Conversation(**kept)
        for message in messages:
            attached = [files[file_id] for file_id in message.pop("files") if file_id in files]
            root = conversation.messages.get(message["thread_ts"])
            conversation.add(Message(**message, files=attached, root=root))
        workspace.conversations.put(conversation)
    for kept in state.get("scheduled", ()):  # states of before have none
        workspace.scheduled.add(ScheduledMessage(**kept))
    for kept in state["homes"]:
        workspace.views.put_home(View(**kept))
