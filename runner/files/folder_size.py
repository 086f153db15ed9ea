"""What a folder with all below it takes of its disk, counted a few entries at a time."""

from collections.abc import Generator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from runner.files import private

_BLOCK_BYTES = 512  # stat(2): st_blocks
_MOST_LINKED = 100_000  # files with several names that are remembered


class FolderSize:
    """Counts what the files of a folder take of the disk: holes take nothing, a file with several names counts once.

    Links are not followed. ``go_on`` until it is whole; so far it is the least that it can be.
    """

    def __init__(self, folder: Path) -> None:
        self.size_bytes = 0
        self.file_count = 0
        self.is_whole = False
        self._linked: set[tuple[int, int]] = set()
        self._steps = self._count(folder)

    def go_on(self, at_most: int) -> bool:
        """Count so many entries more; whether all are counted."""
        self.is_whole = self.is_whole or sum(1 for _ in islice(self._steps, at_most)) < at_most
        return self.is_whole

    def close(self) -> None:
        """Count no further."""
        self._steps.close()

    def _count(self, folder: Path) -> Generator[None]:
        with suppress(OSError), private.opened(folder) as handle:
            for _, status in private.walk(handle):
                if status.st_nlink == 1 or private.is_folder(status) or self._is_new(status.st_dev, status.st_ino):
                    self.size_bytes += status.st_blocks * _BLOCK_BYTES
                    self.file_count += not private.is_folder(status)
                yield

    def _is_new(self, device: int, inode: int) -> bool:
        if (device, inode) in self._linked:
            return False
        if len(self._linked) < _MOST_LINKED:
            self._linked.add((device, inode))
        return True
