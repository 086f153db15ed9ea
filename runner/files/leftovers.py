"""Drafts that were left where whoever wrote them was killed, or the disk was full: nobody gives them a name."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from runner.files import private

_DRAFT = re.compile(r"attempt-\d+\.state\.\d+|\..+\.[0-9a-f]{16}|probe")
"""Of a supervisor's records, of what is written in one go (``runner/system/atomic_files.py``), and what is tried."""


def drafts(folder: Path, *, is_old: Callable[[datetime], bool]) -> Iterator[str]:
    """The names of drafts in a folder that were written long ago and that nobody holds a lock on."""
    with suppress(OSError), private.opened(folder) as handle:
        for name, status in private.everything(handle):
            written_at = datetime.fromtimestamp(status.st_mtime, UTC)
            if _DRAFT.fullmatch(name) and is_old(written_at) and not _is_locked(handle, name):
                yield name


def _is_locked(folder: int, name: str) -> bool:
    """Whether somebody holds it; what cannot be opened is left alone too."""
    try:
        handle = private.open_file(folder, name)
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
