"""Walks the folder of scripts and reads the beginnings of its files."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.supervision.first_line import HEAD_BYTES

MAX_READ = 256 * 1024  # bytes of a file in which annotations are looked for
MAX_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What changes when a file does."""

    modified: int
    changed: int
    size: int
    inode: int
    mode: int


def walk(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """The files below the folder that might be scripts, at most MAX_FILES, with their stamps.

    ScriptRunnerError where the folder itself cannot be read.
    """
    pending, found = [""], 0
    while pending:
        group = pending.pop()
        for entry in _listed(folder, group):
            if entry.name.startswith("."):
                continue
            name = f"{group}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append(f"{name}/")
            elif stamp := _stamp(entry):
                yield name, stamp
                found += 1
                if found == MAX_FILES:
                    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The first MAX_READ bytes of a file, up to the last whole line."""

    content: bytes

    @property
    def head(self) -> bytes:
        """What Linux looks at to start it."""
        return self.content[:HEAD_BYTES]

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 becomes U+FFFD."""
        return self.content.decode("utf-8", "replace")


def beginning(path: Path) -> Beginning:
    """The beginning of a file; OSError where it cannot be read or is a link."""
    with _opened(path) as file:
        content = file.read(MAX_READ + 1)
    if len(content) > MAX_READ:
        content = content[:MAX_READ].rpartition(b"\n")[0]
    return Beginning(content=content)


def read(path: Path) -> str:
    """The text of a file's beginning; OSError where it cannot be read or is a link."""
    return beginning(path).text


def digest(path: Path) -> str:
    """The SHA-256 of the whole file, in hexadecimal; OSError where it cannot be read or is a link."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BufferedReader:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _listed(folder: Path, group: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder / group) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if group:
            return []  # removed while we looked, or shut to us: nothing there can be run
        raise ScriptRunnerError(f"The scripts folder {folder} cannot be read: {error.strerror}.") from error


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    """None for what cannot be a script: special files, and links to anything but an executable file."""
    try:
        status = entry.stat(follow_symlinks=False)
        target = entry.stat() if stat.S_ISLNK(status.st_mode) else status
    except OSError:
        return None  # removed while we looked, or a link to nothing
    is_link = target is not status
    if not stat.S_ISREG(target.st_mode) or (is_link and not target.st_mode & 0o111):
        return None
    return Stamp(
        modified=status.st_mtime_ns,
        changed=status.st_ctime_ns,
        size=status.st_size,
        inode=status.st_ino,
        mode=status.st_mode,
    )
