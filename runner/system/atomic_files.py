"""Writes files that appear whole or not at all, that nobody else can read, and that are on the disk by then.

What supervisors write, and the stand-in for Slack, is written without this: both import nothing from here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

PRIVATE = 0o600


def create(path: Path, content: bytes, *, draft: Path | None = None, mode: int = PRIVATE) -> None:
    """Write a new file, with this mode whatever the umask; FileExistsError where anything has its name, a link too.

    Until it is whole it is ``draft``, by default a hidden file beside it.
    """
    with _drafted(path, content, draft=draft, mode=mode) as whole:
        os.link(whole, path)


def replace(path: Path, content: bytes) -> None:
    """Write a private file in the place of what has its name, if anything: a link itself, not what it leads to."""
    with _drafted(path, content) as whole:
        whole.replace(path)


def open_new(path: Path | str, *, folder: int | None = None, mode: int = PRIVATE) -> int:
    """A handle to write and read a new file, with this mode whatever the umask; FileExistsError where there is one.

    ``folder`` is a handle of the folder that the path starts from.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=folder)  # follows no link
    try:
        os.fchmod(handle, mode)
    except BaseException:
        os.close(handle)
        raise
    return handle


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _drafted(path: Path, content: bytes, *, draft: Path | None = None, mode: int = PRIVATE) -> Iterator[Path]:
    """A draft with the content, for what happens within to give it its name; it is gone afterwards in any case."""
    draft = draft or path.with_name(f".{path.name}.{token_hex(8)}")
    handle = open_new(draft, mode=mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)
