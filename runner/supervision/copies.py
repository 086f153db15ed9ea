"""Keeps a copy of each script that runs: what runs is what was hashed, whatever becomes of the script's file.

A script finds beside its copy, and in all folders above, what lies beside its file: links to everything in each folder
on the way there. So ``$(dirname "$0")/../lib.sh`` and Python's imports lead where they always led.

Copies lie below ``<device>-<inode of the script's folder>/<name>/``: in the folder of that name there is, for each
content, ``<SHA-256>/`` with the path of the script below it, and for each state of the file a link that tells the
SHA-256. A lock of that folder is held while anything in it is made or removed.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20
_ROUNDS = 5
_SETTLED_NANOSECONDS = 2 * 10**9
"""How long ago something must have changed so that another change is sure to have another time: FAT counts by 2 s."""


class Copy:
    """The copy of a script that is to run: where it is, and the SHA-256 of its content in hexadecimal."""

    def __init__(self, path: str, digest: str) -> None:
        self.path = path
        self.digest = digest


def copy_of(script: str, rules: dict[str, Any]) -> Copy:
    """A copy of the script as it is now; OSError where there can be none, or by the rules it is not to be run.

    The rules: ``folder``, where copies are kept; ``refused_mode``, the bits of a mode that keep a script from running;
    ``owners``, whose scripts run.
    """
    source = _opened(script)
    try:
        _check(script, os.fstat(source), rules)
        with _locked(_place(script, rules["folder"])) as place:
            return _known(script, source, place) or _made(script, source, place)
    finally:
        os.close(source)


def _opened(script: str) -> int:
    try:
        return os.open(script, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, f"{script} is a link, and links are not followed") from None
        raise


def _check(script: str, status: os.stat_result, rules: dict[str, Any]) -> None:
    mode = stat.S_IMODE(status.st_mode)
    shown = f"{script} (mode {mode:04o})"
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EACCES, f"{script} is not a file")
    if mode & rules["refused_mode"]:
        is_anybody = mode & rules["refused_mode"] & stat.S_IWOTH
        who, bit = ("everybody", "o") if is_anybody else ("its group", "g")
        raise OSError(errno.EPERM, f"{shown} can be changed by {who}; mend it with: chmod {bit}-w {script}")
    if rules["owners"] is not None and status.st_uid not in rules["owners"]:
        raise OSError(errno.EPERM, f"{shown} can be changed by its owner, the user {status.st_uid}")
    if not mode & 0o111:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def _place(script: str, copies: str) -> str:
    folder = os.stat(os.path.dirname(script))
    place = f"{copies}/{folder.st_dev}-{folder.st_ino}/{os.path.basename(script)}"
    os.makedirs(place, exist_ok=True)
    return place


@contextmanager
def _locked(place: str) -> Iterator[str]:
    lock = os.open(place, _FOLDER)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place
    finally:
        os.close(lock)


def _known(script: str, source: int, place: str) -> Copy | None:
    """The copy that was made of this state of the file, if there is one still."""
    try:
        digest = os.readlink(f"{place}/{_state(os.fstat(source))}")
        return _mirrored(script, digest, place)
    except FileNotFoundError:
        return None


def _made(script: str, source: int, place: str) -> Copy:
    """A new copy, on the disk; OSError where the file does not stay the same for as long as that takes."""
    draft = f"{place}/draft"
    for _ in range(_ROUNDS):
        before = _state(os.fstat(source))
        with suppress(FileNotFoundError):
            os.unlink(draft)
        digest = _copied(source, draft)
        after = os.fstat(source)
        if _state(after) == before:
            path = f"{place}/{digest}{script}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            is_settled = os.stat(draft).st_ctime_ns - after.st_ctime_ns > _SETTLED_NANOSECONDS
            os.replace(draft, path)
            if is_settled:
                _remember(before, digest, place)
            return _mirrored(script, digest, place)
    raise OSError(errno.EBUSY, f"{script} is being changed all the time")


def _copied(source: int, draft: str) -> str:
    import hashlib  # noqa: PLC0415  # most supervisors need none, and it is larger than all else of them

    computed = hashlib.sha256()
    copy = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        place = 0
        while chunk := os.pread(source, _CHUNK_BYTES, place):
            computed.update(chunk)
            place += len(chunk)
            while chunk:
                chunk = chunk[os.write(copy, chunk) :]
        os.fchmod(copy, 0o500)
        os.fsync(copy)
    finally:
        os.close(copy)
    return computed.hexdigest()


def _remember(state: str, digest: str, place: str) -> None:
    """Have other starts know the digest without hashing; what was known of earlier states is forgotten."""
    for name in os.listdir(place):
        if "-" in name:
            os.unlink(f"{place}/{name}")
    os.symlink(digest, f"{place}/{state}")


def _state(status: os.stat_result) -> str:
    return (
        f"{status.st_dev}-{status.st_ino}-{status.st_mode:o}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
    )


def _mirrored(script: str, digest: str, place: str) -> Copy:
    """The copy, with links around it to what lies around the script now; FileNotFoundError where there is none."""
    root = f"{place}/{digest}"
    os.utime(f"{root}{script}")  # when it was used last
    folder = os.path.dirname(script)
    while True:
        _mirror(folder, f"{root}{folder}")
        if folder == "/":
            return Copy(f"{root}{script}", digest)
        folder = os.path.dirname(folder)


def _mirror(folder: str, mirror: str) -> None:
    """Link to all that is in the folder, where it has changed since that was done."""
    changed = os.stat(folder).st_mtime_ns
    if os.stat(mirror).st_mtime_ns == changed:
        return
    there, linked = set(os.listdir(folder)), set(os.listdir(mirror))
    for name in linked - there:
        with suppress(OSError):  # what the script made there is the script's
            if os.path.islink(f"{mirror}/{name}"):
                os.unlink(f"{mirror}/{name}")
    for name in there - linked:
        os.symlink(f"{folder.rstrip('/')}/{name}", f"{mirror}/{name}")
    os.utime(mirror)
    if os.stat(mirror).st_mtime_ns - changed > _SETTLED_NANOSECONDS:
        os.utime(mirror, ns=(changed, changed))
