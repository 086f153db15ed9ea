"""Whether the machine went down since the runner last worked: what was not on the disk by then is gone."""

import os
from pathlib import Path
from secrets import token_hex

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
        draft = self._path.with_name(f".{self._path.name}.{token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, self._boot.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.is_new = False
