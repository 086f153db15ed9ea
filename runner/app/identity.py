"""By which name a runner marks its jobs and messages as its own."""

import secrets
from contextlib import suppress
from pathlib import Path

from runner.system import atomic_files


def runner_name(path: Path) -> str:
    """The name in that file, made on first start and kept over restarts and changes of the machine's name."""
    if not path.exists():  # a draft that is not needed would stay where we are killed now
        with suppress(FileExistsError):
            atomic_files.create(path, f"runner-{secrets.token_hex(8)}".encode())
    return path.read_text()
