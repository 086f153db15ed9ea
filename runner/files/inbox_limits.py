"""How much one person's inbox may hold, and how much it does."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from runner.errors import ScriptRunnerError
from runner.files.space import DiskSpace
from runner.system.text import size

_REMOVE = "Remove files that you need no longer, with sftp and its rm."
_TOLD_FROM = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxUse:
    """What one person's inbox holds, files on their way included, and what it may hold."""

    size_bytes: int
    file_count: int
    max_bytes: int
    max_files: int

    @property
    def is_nearly_full(self) -> bool:
        """Whether its owner should think of it."""
        return self.size_bytes >= self.max_bytes * _TOLD_FROM or self.file_count >= self.max_files * _TOLD_FROM

    def __str__(self) -> str:
        """``1.2 GB of 20.0 GB, and 14 of 1,000 files``."""
        files = f"{self.file_count:,} of {self.max_files:,} files"
        return f"{size(self.size_bytes)} of {size(self.max_bytes)}, and {files}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLimits:
    """How much a person's inbox may hold, on a disk of which some stays free."""

    max_bytes: int
    max_files: int
    space: DiskSpace

    def use(self, folder: int) -> InboxUse:
        """What the inbox holds whose folder is open."""
        sizes = [status.st_size for status in _statuses(folder).values() if stat.S_ISREG(status.st_mode)]
        return InboxUse(
            size_bytes=sum(sizes), file_count=len(sizes), max_bytes=self.max_bytes, max_files=self.max_files
        )

    def left_bytes(self, folder: int) -> int:
        """How much more it may hold."""
        return self.max_bytes - self.use(folder).size_bytes

    def check(self, folder: int, *, more_bytes: int, more_files: int) -> None:
        """ScriptRunnerError where so much more is too much."""
        found = self.use(folder)
        if found.file_count + more_files > self.max_files:
            raise self._too_many(found.file_count)
        self.check_left(more_bytes, self.max_bytes - found.size_bytes)
        self.space.check(folder, more_bytes=more_bytes)

    def check_files(self, folder: int, *, besides: str = "") -> None:
        """ScriptRunnerError where it may hold no more files, beside the one of that name."""
        count = len(_statuses(folder).keys() - {besides})
        if count >= self.max_files:
            raise self._too_many(count)

    def check_left(self, size_bytes: int, left_bytes: int) -> None:
        """ScriptRunnerError where something is larger than what is left."""
        if size_bytes > left_bytes:
            used = size(max(0, self.max_bytes - left_bytes))
            raise ScriptRunnerError(
                f"Your inbox may hold {size(self.max_bytes)} (disk.max_inbox); it holds {used}, and there is no room "
                f"for this. {_REMOVE}"
            )

    def _too_many(self, count: int) -> ScriptRunnerError:
        return ScriptRunnerError(
            f"Your inbox may hold {self.max_files:,} files (disk.max_inbox_files); it holds {count:,}. {_REMOVE}"
        )


def _statuses(folder: int) -> dict[str, os.stat_result]:
    """What lies in the folder, drafts too, which are as long as the room that they have claimed."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found[entry.name] = entry.stat(follow_symlinks=False)
    return found
