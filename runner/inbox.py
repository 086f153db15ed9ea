"""The folder people bring input files to: its top is everybody's, each person's own folder is theirs alone."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner import folders
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.option_values import is_unicode
from runner.wording import visible

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
OWN = "~/"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file that can be chosen as an input; ``reference`` is ``name``, or ``~/name`` in the person's own folder."""

    reference: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox folder."""

    folder: Path

    def own_folder(self, requester: Requester) -> Path:
        """The person's own folder, made when absent."""
        return folders.make_private(self._place(requester.user_id))

    def files(self, requester: Requester) -> list[InboxFile]:
        """What this person can choose, newest first."""
        shared = _files(self.folder, prefix="")
        own = _files(self._place(requester.user_id), prefix=OWN)
        return sorted((*shared, *own), key=lambda file: (file.modified_at, file.reference), reverse=True)

    def path(self, requester: Requester, reference: str) -> Path:
        """Where the file is that this person means; ScriptRunnerError where it is not there or not a plain file."""
        return self._found(requester, reference)[0]

    def file(self, requester: Requester, reference: str) -> InboxFile:
        """The file that this person means; ScriptRunnerError as for its path."""
        _, status = self._found(requester, reference)
        modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return InboxFile(reference=reference, size_bytes=status.st_size, modified_at=modified_at)

    def _found(self, requester: Requester, reference: str) -> tuple[Path, os.stat_result]:
        own = reference.startswith(OWN)
        folder, name = (
            (self._place(requester.user_id), reference.removeprefix(OWN)) if own else (self.folder, reference)
        )
        try:
            if "/" in name or name.startswith("."):
                raise FileNotFoundError(name)
            with folders.opened(folder) as handle:
                status = folders.status(handle, name)
                os.close(folders.open_file(handle, name))
        except (OSError, ValueError):  # ValueError: NUL, which no name holds
            where = "your own inbox folder" if own else "the inbox"
            raise ScriptRunnerError(f"“{visible(name)}” is not in {where} any more; choose another file.") from None
        return folder / name, status

    def owners(self) -> Iterator[str]:
        """The user ids of those who have a folder of their own."""
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if _USER_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                    yield entry.name

    def _place(self, user_id: str) -> Path:
        if not _USER_ID.fullmatch(user_id):
            raise ScriptRunnerError(f"“{visible(user_id)}” is not a Slack user id: those begin with U or W.")
        return self.folder / user_id


def _files(folder: Path, *, prefix: str) -> list[InboxFile]:
    try:
        with folders.opened(folder) as handle:
            found = list(folders.files(handle, deep=False))
    except OSError:
        return []
    return [
        InboxFile(reference=prefix + file.name, size_bytes=file.size_bytes, modified_at=file.modified_at)
        for file in found
        if not file.name.startswith(".") and is_unicode(file.name)
    ]
