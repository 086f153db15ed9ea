"""Gives files of ours a second name among a job's results: one that is free there, so that nothing is in its way."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath

_MOST_NAMES = 100


def publish(source: Path, folder: int) -> None:
    """Link the file into an open folder, unless it is there; OSError where that cannot be. No name free: nothing."""
    for name in _names(source.name):
        try:
            os.link(source, name, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            if _is_there(source, name, folder):
                return
        else:
            return


def published_name(source: Path, folder: int) -> str | None:
    """Which name the file has in an open folder; None where it has none there."""
    return next((name for name in _names(source.name) if _is_there(source, name, folder)), None)


def _names(name: str) -> Iterator[str]:
    """The names that it may have: ``job-12.log``, ``job-12.2.log``, ``job-12.3.log``."""
    yield name
    path = PurePath(name)
    yield from (f"{path.stem}.{number}{path.suffix}" for number in range(2, _MOST_NAMES))


def _is_there(source: Path, name: str, folder: int) -> bool:
    with suppress(OSError):
        return os.path.samestat(source.lstat(), os.stat(name, dir_fd=folder, follow_symlinks=False))
    return False
