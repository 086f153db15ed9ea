"""Whether jobs may start, as far as the disks go; and what is said where they may not."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from runner.errors import StoreError
from runner.files import DiskSpace, in_plain_words
from runner.store import QueueStore

_log = logging.getLogger(__name__)
_MORE_ROOM = 1.1  # than is kept free, until jobs start again: who waits at the mark is told once
_TRIED_BYTES = 4096


class DiskGate:
    """Closed where less is left of a disk than is kept free, or where something could not be written until it can.

    ``tell_admins`` owes them a message once a job waits, and says whether that is done. ``folders`` are tried every
    ``pause`` where a disk does not tell by itself: its quota may be used up.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        space: DiskSpace,
        queue: QueueStore,
        *,
        runner: str,
        folders: Sequence[Path],
        pause: timedelta,
        tell_admins: Callable[[datetime], bool],
    ) -> None:
        self._space = space
        self._queue = queue
        self._runner = runner
        self._folders = folders
        self._tell_admins = tell_admins
        self._pause = pause.total_seconds()
        self._trouble: str | None = None
        self._tried_at = 0.0
        self._told: str | None = ""
        self._must_tell_admins = False

    def is_open(self, now: datetime) -> bool:
        """Whether jobs may start; what has changed is kept for all who ask why jobs wait."""
        found = self._found()
        with suppress(StoreError):  # tried again when it is asked next
            if found != self._told:
                self._tell(found, now)
            if found is not None and self._must_tell_admins:
                self._must_tell_admins = not self._tell_admins(now)
        return found is None

    def close(self, trouble: str) -> None:
        """Have no job start before something can be written again."""
        self._trouble = trouble
        self._tried_at = time.monotonic()

    def _found(self) -> str | None:
        """Why no job may start, if none may."""
        try:
            shortage = self._space.shortage()
            if shortage is None and self._told:
                roomy = DiskSpace(self._space.folders, int(self._space.free_space_bytes * _MORE_ROOM))
                shortage = self._told if roomy.shortage() and self._trouble is None else None
        except OSError as error:
            return in_plain_words(error)
        if shortage is None and self._trouble is not None:
            self._try_again()
        return shortage or self._trouble

    def _try_again(self) -> None:
        if time.monotonic() - self._tried_at < self._pause:
            return
        self._tried_at = time.monotonic()
        try:
            for folder in self._folders:
                _try_to_write(folder / f".trial-{self._runner}")
        except OSError as error:
            self._trouble = in_plain_words(error)
        else:
            self._trouble = None

    def _tell(self, found: str | None, now: datetime) -> None:
        if found is None:
            if self._queue.end_shortage(runner=self._runner):
                _log.info("jobs start again: there is room on the disk")
        else:
            if self._queue.note_shortage(found, runner=self._runner, now=now):
                _log.error("no job starts: %s", found)
            self._must_tell_admins = True
        self._told = found


def _try_to_write(path: Path) -> None:
    """Write a little, in a folder of its own as a job has; OSError where that cannot be."""
    path.mkdir(mode=0o700, exist_ok=True)
    file = path / "file"
    try:
        with file.open("wb") as trial:
            trial.write(bytes(_TRIED_BYTES))
            trial.flush()
            os.fsync(trial.fileno())
    finally:
        file.unlink(missing_ok=True)
        path.rmdir()
