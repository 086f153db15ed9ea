"""One connection that has logged in: whose it is, when it last did something and what it has open."""

from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from runner.retrieval.accounts import Account

_AT_MOST_OPEN = 64


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSession:
    """What the sessions of one connection share."""

    user: str
    address: str
    account: Account
    monotonic: Callable[[], float]
    used_at: float = field(init=False)
    open_files: int = field(default=0, init=False)
    open_sessions: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.touch()

    def touch(self) -> None:
        """Note that something is being done."""
        self.used_at = self.monotonic()

    def take_file(self) -> None:
        """Count a file about to be opened; SFTPFailure where too many are at once."""
        if self.open_files >= _AT_MOST_OPEN:
            raise asyncssh.SFTPFailure(f"At most {_AT_MOST_OPEN} files can be open at once.")
        self.open_files += 1

    def drop_file(self) -> None:
        """Count a file closed."""
        self.open_files -= 1
