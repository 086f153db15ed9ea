"""How much is left of the disks that ScriptRunner writes to, and how much of that stays free for the database."""

import errno
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import ScriptRunnerError
from runner.system.text import size

DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
"""What says that a disk takes nothing, whoever writes to it."""

_PLAIN_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk takes no more from ScriptRunner (its quota is used up)",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk is faulty",
}
_SMALL_DISK = 10  # times what is kept free; of a smaller disk this part is
_LEAST_FILES, _FILES_KEPT = 1000, 100  # free inodes: so many, or this part of a small disk's


def in_plain_words(error: OSError) -> str:
    """What went wrong with a disk, as people say it."""
    return _PLAIN_WORDS.get(error.errno or 0) or error.strerror or str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system that we write to, as it is now; ``holds`` says what of ours is there.

    ``free_files`` is None where it makes room for as many as fit.
    """

    holds: tuple[str, ...]
    path: Path
    device: int
    size_bytes: int
    free_bytes: int
    kept_bytes: int
    free_files: int | None = None
    kept_files: int = 0
    is_read_only: bool = False

    @property
    def missing_bytes(self) -> int:
        """How much is to be given back until what is kept free is free again."""
        return max(0, self.kept_bytes - self.free_bytes)

    @property
    def shortage(self) -> str | None:
        """Why it takes nothing more, in words that tell nobody how full it is; None where it does."""
        if self.is_read_only:
            return "the disk is read-only"
        if self.missing_bytes:
            return f"the disk is nearly full: the last {size(self.kept_bytes)} of it are kept free (disk.free_space)"
        if self.free_files is not None and self.free_files < self.kept_files:
            return "the disk is nearly full: there is no room for many more files"
        return None


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The disks under these folders, of each of which so much stays free."""

    folders: Mapping[str, Path]
    free_space_bytes: int

    def disks(self) -> list[Disk]:
        """Each disk once; one whose folders are not there yet is that of the nearest folder above."""
        holds: dict[int, list[str]] = {}
        paths: dict[int, Path] = {}
        for name, folder in self.folders.items():
            place = next((path for path in (folder, *folder.parents) if path.is_dir()), Path("/"))
            device = place.stat().st_dev
            holds.setdefault(device, []).append(name)
            paths.setdefault(device, place)
        return [
            _told(os.statvfs(paths[device]), self.free_space_bytes, holds=names, path=paths[device], device=device)
            for device, names in holds.items()
        ]

    def shortage(self) -> str | None:
        """Why no more is to be written, in words; None where all is well. OSError where a disk cannot be asked."""
        return next((disk.shortage for disk in self.disks() if disk.shortage), None)

    def check(self, handle: int, *, more_bytes: int = 0) -> None:
        """ScriptRunnerError where so much more on the disk of this open file would take what is kept free."""
        found = _told(os.fstatvfs(handle), self.free_space_bytes)
        if found.is_read_only or found.free_bytes - more_bytes < found.kept_bytes:
            words = found.shortage or f"the disk has not so much room: {size(found.kept_bytes)} of it are kept free"
            raise ScriptRunnerError(f"No file can be taken in now: {words}.")


def _told(
    found: os.statvfs_result, kept_bytes: int, *, holds: Iterable[str] = (), path: Path = Path(), device: int = 0
) -> Disk:
    size_bytes = found.f_blocks * found.f_frsize
    return Disk(
        holds=tuple(holds),
        path=path,
        device=device,
        size_bytes=size_bytes,
        free_bytes=found.f_bavail * found.f_frsize,
        kept_bytes=min(kept_bytes, size_bytes // _SMALL_DISK),
        free_files=found.f_favail if found.f_files else None,
        kept_files=min(_LEAST_FILES, found.f_files // _FILES_KEPT),
        is_read_only=bool(found.f_flag & os.ST_RDONLY),
    )
