"""What a user name of the SSH server gives access to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One folder, with the passwords that open it, to read or to bring files to."""

    passwords: tuple[str, ...] = field(repr=False)
    folder: Path
    writable: bool = False
    max_size_bytes: int = 0


Accounts = Callable[[str], Account | None]
"""Finds the account of a user name, None where there is none; called in threads, and may read the database."""
