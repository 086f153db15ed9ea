"""Which processes of jobs on this machine write to its disks, and how they are kept from it."""

import os
import resource
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_FOLDER = b"SCRIPTRUNNER_OUTPUT_DIR="
_BLOCK_BYTES = 512  # stat(2): st_blocks
_MAY_WRITE = 0o200  # of the link that proc_pid_fd(5) shows for an open file
_ROUNDS = 3


def by_folder() -> dict[Path, list[int]]:
    """The processes that were told their job's folder, by that; those of one that changed it are not found."""
    found: dict[Path, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (folder := _folder_of(entry)) is not None:
            found[folder].append(int(entry.name))
    return found


def written_elsewhere(folder: Path, processes: list[int]) -> dict[int, int]:
    """The bytes of files that the processes have open to write besides those in the folder, by the disk's device.

    Among them are files that have no name any more, which no walk through folders finds.
    """
    sizes = {
        (status.st_dev, status.st_ino): status.st_blocks * _BLOCK_BYTES
        for process in processes
        for name, status in _open_files(process)
        if status.st_nlink == 0 or not name.startswith(f"{folder}/")
    }
    found: dict[int, int] = defaultdict(int)
    for (device, _), size_bytes in sizes.items():
        found[device] += size_bytes
    return found


def forbid_writing(folder: Path) -> None:
    """Have no process of the job write to a file any more: what tries gets SIGXFSZ, or EFBIG (setrlimit(2))."""
    for _ in range(_ROUNDS):  # what was forked meanwhile has the limit, but for what was faster
        for process in by_folder().get(folder, ()):
            with suppress(OSError):  # it has ended, or is somebody else's
                resource.prlimit(process, resource.RLIMIT_FSIZE, (0, 0))


def _folder_of(process: Path) -> Path | None:
    try:
        variables = (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is somebody else's
        return None
    found = next((each for each in variables if each.startswith(_FOLDER)), None)
    return None if found is None else Path(os.fsdecode(found.removeprefix(_FOLDER)))


def _open_files(process: int) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files that a process may write to, with their names."""
    with suppress(OSError):
        for entry in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                status = entry.stat()
                if stat.S_ISREG(status.st_mode) and entry.lstat().st_mode & _MAY_WRITE:
                    yield str(entry.readlink()), status
