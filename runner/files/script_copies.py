"""The copies of scripts that ran, as supervisors keep them (``runner/supervision/copies.py``); old ones are removed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from runner.files import private


class ScriptCopies:
    """The folder of copies: for each folder of scripts, and each script, a folder for each content that ran."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last_used(self) -> Iterator[tuple[str, str, datetime]]:
        """Each copy by its place below the folder, the script's file name, and when it was started last."""
        for copy in self._folder.glob("*/*/*"):
            if copy.is_dir() and not copy.is_symlink():
                yield str(copy.relative_to(self._folder)), copy.parent.name, _last_used(copy)

    def remove(self, name: str, *, last_used: datetime) -> None:
        """Remove the copy with the links around it, unless it was started since; OSError where that cannot be."""
        copy = self._folder / name
        with private.opened(copy.parent) as place:
            fcntl.flock(place, fcntl.LOCK_EX)  # a supervisor that starts it holds this
            if _last_used(copy) == last_used:
                private.remove_tree(place, copy.name)


def _last_used(copy: Path) -> datetime:
    newest = 0.0
    for folder, _, names in os.walk(copy):
        path = os.path.join(folder, copy.parent.name)  # noqa: PTH118  # os.walk's own
        if copy.parent.name in names:
            with suppress(FileNotFoundError):
                newest = max(newest, os.lstat(path).st_mtime)
    return datetime.fromtimestamp(newest, UTC)
