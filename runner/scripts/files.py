"""Walks the folder of scripts and reads the beginnings of its files."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.scripts import foreign
from runner.supervision.first_line import HEAD_BYTES

MAX_READ = 256 * 1024  # bytes of a file in which annotations are looked for
MAX_SOUGHT = 8 * 1024**2  # bytes behind those in which annotations are sought that are not read
MAX_FILES = 10_000
_CHUNK_BYTES = 1024**2
_MOST_PASSED_OVER = 100  # folders that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What changes when a file does."""

    modified: int
    changed: int
    size: int
    inode: int
    mode: int


@dataclass(kw_only=True)
class Walk:
    """What was found below a folder: the files that might be scripts, by name, with their stamps.

    ``passed_over`` are folders, at most 100, that look like somebody else's though their names do not say so, with what
    they are taken for. ``is_cut`` where there are more than MAX_FILES files.
    """

    stamps: dict[str, Stamp] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


def walk(folder: Path) -> Walk:
    """Look for files below the folder; ScriptRunnerError where the folder itself cannot be read."""
    found, pending = Walk(), [""]
    while pending and not found.is_cut:
        group = pending.pop()
        entries = _listed(folder, group)
        if group and _is_passed_over(found, group, entries):
            continue
        for entry in entries:
            name = f"{group}{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(f"{name}/")
            elif stamp := _stamp(entry):
                found.is_cut = len(found.stamps) == MAX_FILES
                if found.is_cut:
                    break
                found.stamps[name] = stamp
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The first MAX_READ bytes of a file, up to the last whole line; ``is_all`` where nothing follows.

    ``head`` is what Linux looks at to start it.
    """

    content: bytes
    head: bytes
    is_all: bool

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 becomes U+FFFD."""
        return self.content.decode("utf-8", "replace")


def beginning(path: Path) -> Beginning:
    """The beginning of a file; OSError where it cannot be read or is a link."""
    with _opened(path) as file:
        content = file.read(MAX_READ + 1)
    is_all = len(content) <= MAX_READ
    lines = content if is_all else content[:MAX_READ].rpartition(b"\n")[0]
    return Beginning(content=lines, head=content[:HEAD_BYTES], is_all=is_all)


def line_beyond(path: Path, beginning: Beginning, wanted: re.Pattern[bytes]) -> int | None:
    """The number of the first line behind the beginning that matches; None for none in the next MAX_SOUGHT bytes.

    What follows a NUL is no text, and not looked at. OSError where the file cannot be read.
    """
    if beginning.is_all or b"\0" in beginning.head or b"\0" in beginning.content:
        return None
    line = beginning.content.count(b"\n") + 1
    with _opened(path) as file:
        file.seek(len(beginning.content))
        rest, sought, is_text = b"", 0, True
        while is_text and sought < MAX_SOUGHT and (chunk := file.read(_CHUNK_BYTES)):
            sought += len(chunk)
            text, nul, _ = (rest + chunk).partition(b"\0")
            is_text = not nul
            if found := wanted.search(text):
                return line + text.count(b"\n", 0, found.start())
            line += text.count(b"\n")
            rest = text.rpartition(b"\n")[2][-_CHUNK_BYTES:]
    return None


def read(path: Path) -> str:
    """The text of a file's beginning; OSError where it cannot be read or is a link."""
    return beginning(path).text


def digest(path: Path) -> str:
    """The SHA-256 of the whole file, in hexadecimal; OSError where it cannot be read or is a link."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BufferedReader:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _is_passed_over(found: Walk, group: str, entries: list[os.DirEntry[str]]) -> bool:
    name, content = group[:-1].rpartition("/")[2], [entry.name for entry in entries]
    kind = foreign.taken_for(name, content)
    if kind is not None and len(found.passed_over) < _MOST_PASSED_OVER:
        found.passed_over[group[:-1]] = kind
    return foreign.is_foreign(name, content)


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
