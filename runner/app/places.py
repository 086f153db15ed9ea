"""Whether the places that the settings name can be folders at all; it looks only, and makes none."""

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from runner.app.config import Config
from runner.app.paths import Paths
from runner.errors import ConfigError

_OF_THE_KERNEL = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "devpts", "securityfs", "debugfs", "tracefs"})
_PATIENCE_SECONDS = 1.0  # a disk that takes long with the scripts keeps nobody from what needs no script


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a folder from being made or used, and where."""

    place: Path
    words: str

    def __str__(self) -> str:
        """``/dev/null is no folder``."""
        return f"{self.place} {self.words}"


def obstacle(folder: Path) -> Obstacle | None:
    """What stands in the way of a folder: something else of its name or above it, or a file system without files."""
    for place in (folder, *folder.parents):
        try:
            status = place.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # which using it will tell
            return None
        if not stat.S_ISDIR(status.st_mode):
            return Obstacle(place, "is no folder")
        is_kernels = place != folder and _file_system(status.st_dev) in _OF_THE_KERNEL
        return Obstacle(place, "takes no folders: it only shows what the kernel knows") if is_kernels else None
    return None


def check_places(config: Config) -> None:
    """ConfigError with every setting that names what cannot be a folder, one a line."""
    paths = Paths.of(config)
    database = paths.database_file
    places = {
        "data": paths.data,
        "inbox": paths.inbox,
        "outbox": paths.outbox,
        "database": paths.data if database is None else database.parent,
    }
    problems = {setting: obstacle(folder) for setting, folder in places.items()}
    problems["scripts"] = _soon(config.scripts)
    found: dict[Obstacle, str] = {}
    for setting, problem in problems.items():
        if problem is not None:  # what lies in the data folder has the same in its way
            folder = places.get(setting, config.scripts)
            words = f"{problem}" if problem.place == folder else f"{folder} cannot be used: {problem}"
            found.setdefault(problem, f"{setting}: {words}; name another or move it away")
    if found:
        raise ConfigError("\n".join(found.values()))


def _soon(folder: Path) -> Obstacle | None:
    """What stands in the way of a folder, where its disk answers soon."""
    found: list[Obstacle | None] = []
    looking = threading.Thread(target=lambda: found.append(obstacle(folder)), name="places", daemon=True)
    looking.start()
    looking.join(_PATIENCE_SECONDS)
    return found[0] if found else None


def _file_system(device: int) -> str:
    """The kind of the file system on a device, by proc_pid_mountinfo(5); empty where it is not known."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    fields = (mount.partition(" - ") for mount in mounts)
    return next((kind.split()[0] for mount, _, kind in fields if mount.split()[2] == number), "")
