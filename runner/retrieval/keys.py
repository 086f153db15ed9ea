"""The secret files of an installation: made on first start, private, and refused where others can read them."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.errors import ConfigError
from runner.files import make_private
from runner.system import atomic_files

_AT_MOST_BYTES = 64 * 1024


def load_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file, made where there is none; safe between processes that start at once.

    Raises ConfigError where others can read the file, or it is a link or no file at all.
    """
    make_private(path.parent)
    if not os.path.lexists(path):
        with suppress(FileExistsError):  # the other process was first
            atomic_files.create(path, make())
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle))
        return file.read(_AT_MOST_BYTES)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"The key file {path} is not a regular file.")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConfigError(
            f"The key file {path} has mode {mode:04o}: others may have read it. Allow nobody else in with "
            f"“chmod 600 {path}”, or delete it so that a new one is made; passwords shown so far then stop working."
        )
