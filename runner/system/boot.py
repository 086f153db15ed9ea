"""Whether the machine went down since the runner last worked: what was not on the disk by then is gone."""

from pathlib import Path

from runner.system import atomic_files

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # random(4): another one each time the machine starts


def boot_id() -> str:
    """What tells this start of the machine from all others."""
    return _BOOT_ID.read_text().strip()


class BootRecord:
    """Keeps in a file in which start of the machine this data folder's runner works."""

    def __init__(self, path: Path, boot: str) -> None:
        self._path = path
        self._boot = boot
        self.is_new = not path.exists() or path.read_text() != boot
        """Whether what ran when the runner last worked may have been cut off with nothing of it on the disk."""

    def take_note(self) -> None:
        """Remember that all that ran then is accounted for; on the disk when this returns."""
        atomic_files.replace(self._path, self._boot.encode())
        self.is_new = False
