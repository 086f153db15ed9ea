"""Private folders, and walking and deleting by directory handles that never follow a link."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex

PRIVATE_FOLDER = 0o700
MAX_DEPTH = 64
_DEEPEST = 512  # folders in folders: what a script hides further down is not counted
Served = Callable[[os.stat_result], bool]
"""Which regular files are served, by what they are like; that of nothing else is ever true."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A regular file below some folder; ``name`` is its path from there."""

    name: str
    size_bytes: int
    modified_at: datetime


def make_private(path: Path) -> Path:
    """Make the folder with its parents where absent, 0700 whatever the umask, and return it."""
    ensure_private(path)
    return path


def ensure_private(path: Path) -> bool:
    """Make the folder as ``make_private`` does; False where there is one already, or something else of that name."""
    try:
        try:
            path.mkdir(mode=PRIVATE_FOLDER)
        except FileNotFoundError:
            make_private(path.parent)
            path.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:
        return False
    path.chmod(PRIVATE_FOLDER)
    return True


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A handle of the folder itself: OSError where the last part of the path is a link or no folder."""
    handle = os.open(path, _FOLDER)
    try:
        yield handle
    finally:
        os.close(handle)


def files(folder: int, *, deep: bool = True, at_most: int | None = 10_000) -> Iterator[File]:
    """The regular files below an open folder, in no order.

    Links, special files and files with several names are left out, and so is what lies deeper than MAX_DEPTH. Looks at
    ``at_most`` entries, folders included, so that no script can make this last.
    """
    depth = MAX_DEPTH if deep else 0
    for name, status in islice(walk(folder, depth=depth), at_most):
        if (file := as_file(name, status)) is not None:
            yield file


def as_file(name: str, status: os.stat_result) -> File | None:
    """What ``walk`` found, where it is a regular file with one name."""
    return file_of(name, status) if is_single(status) else None


def file_of(name: str, status: os.stat_result) -> File:
    """A regular file that is like this."""
    return File(name=name, size_bytes=status.st_size, modified_at=datetime.fromtimestamp(status.st_mtime, UTC))


def walk(folder: int, *, depth: int = _DEEPEST) -> Iterator[tuple[str, os.stat_result]]:
    """All that lies below an open folder, in no order: its path from there and what it is like, links as themselves.

    Goes so many folders down, and takes no more memory where a folder has many files. What changes meanwhile may be
    left out.
    """
    pending = [""]
    while pending:
        place = pending.pop()
        for name, status in _entries(folder, place):
            path = f"{place}{name}"
            if stat.S_ISDIR(status.st_mode) and path.count("/") < depth:
                pending.append(f"{path}/")
            yield path, status


def is_file(status: os.stat_result) -> bool:
    """Whether it is a regular file, whatever names it has."""
    return stat.S_ISREG(status.st_mode)


def is_single(status: os.stat_result) -> bool:
    """Whether it is a regular file with one name."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def is_folder(status: os.stat_result) -> bool:
    """Whether it is one itself, and no link to one."""
    return stat.S_ISDIR(status.st_mode)


def open_file(folder: int, name: str, *, is_served: Served = is_single) -> int:
    """A read handle of a regular file below an open folder, no part of whose path is a link, where it is served.

    OSError where there is none; never blocks on a FIFO.
    """
    *parents, last = name.split("/")
    if not all(part not in ("", ".", "..") for part in (*parents, last)):
        raise FileNotFoundError(name)
    with _descended(folder, parents) as place:
        handle = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    if not is_served(os.fstat(handle)):
        os.close(handle)
        raise FileNotFoundError(name)
    return handle


def status(folder: int, name: str, *, is_served: Served = is_single) -> os.stat_result:
    """What a folder, or a file that is served, is like below an open folder; "" is the folder itself.

    OSError for links, special files and others that are not served, and where some part of the path is a link.
    """
    if not name:
        return os.fstat(folder)
    *parents, last = name.split("/")
    if not all(part not in ("", ".", "..") for part in (*parents, last)):
        raise FileNotFoundError(name)
    with _descended(folder, parents) as place:
        found = os.stat(last, dir_fd=place, follow_symlinks=False)
    if not (is_folder(found) or is_served(found)):
        raise FileNotFoundError(name)
    return found


def entries(folder: int, name: str = "", *, is_served: Served = is_single) -> list[tuple[str, os.stat_result]]:
    """The folders, and the files that are served, directly in ``name`` below an open folder; sorted by name."""
    return [entry for entry in everything(folder, name) if is_folder(entry[1]) or is_served(entry[1])]


def everything(folder: int, name: str = "") -> list[tuple[str, os.stat_result]]:
    """All that lies directly in ``name`` below an open folder, links and special files too; sorted by name."""
    with _descended(folder, [part for part in name.split("/") if part]):
        pass  # so that a missing folder is an OSError rather than an empty one
    return sorted(_entries(folder, name), key=lambda entry: entry[0])


def remove_tree(parent: int, name: str) -> None:
    """Remove the folder or file ``name`` of an open folder with all below it; links are removed, not followed.

    Goes into folders that were shut (chmod 000), and needs the same few handles and no recursion at any depth: folders
    in folders are moved to the top before their turn comes.
    """
    try:
        _unlock(parent, name)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        os.unlink(name, dir_fd=parent)
        return
    with _descended(parent, [name]) as top:
        while names := os.listdir(top):
            for each in names:
                _dissolve(top, each)
    os.rmdir(name, dir_fd=parent)


def _dissolve(top: int, name: str) -> None:
    try:
        _unlock(top, name)
    except NotADirectoryError:
        os.unlink(name, dir_fd=top)
        return
    with _descended(top, [name]) as folder:
        for each in os.listdir(folder):
            try:
                _unlock(folder, each)
            except NotADirectoryError:
                os.unlink(each, dir_fd=folder)
            else:
                os.rename(each, f".{token_hex(16)}", src_dir_fd=folder, dst_dir_fd=top)
    os.rmdir(name, dir_fd=top)


def _unlock(parent: int, name: str) -> None:
    """Let the owner into a folder again; NotADirectoryError for anything else, links included."""
    handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if os.fstat(handle).st_mode & PRIVATE_FOLDER != PRIVATE_FOLDER:
            os.chmod(f"/proc/self/fd/{handle}", PRIVATE_FOLDER)  # fchmod(2) refuses such a handle
    finally:
        os.close(handle)


@contextmanager
def _descended(folder: int, parts: list[str]) -> Iterator[int]:
    place = os.dup(folder)
    try:
        for part in parts:
            deeper = os.open(part, _FOLDER, dir_fd=place)
            os.close(place)
            place = deeper
        yield place
    finally:
        os.close(place)


def _entries(folder: int, place: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with _descended(folder, [part for part in place.split("/") if part]) as handle, os.scandir(handle) as found:
            for entry in found:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield entry.name, status
    except OSError:
        return  # removed or replaced while we looked: not there any more
