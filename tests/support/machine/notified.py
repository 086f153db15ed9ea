"""The other end of sd_notify(3): a socket as systemd's, and what a process has said to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.system.wakeup import short_address


class Notified:
    """A socket file, and all messages that have come so far, each as its lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._messages: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with short_address(path) as address:
            self._socket.bind(address)

    def messages(self) -> list[dict[str, str]]:
        with suppress(BlockingIOError):
            while True:
                lines = self._socket.recv(8192).decode().splitlines()
                self._messages.append(dict(line.split("=", 1) for line in lines))
        return self._messages

    def count(self, name: str, value: str = "1") -> int:
        """How many messages have said so."""
        return sum(message.get(name) == value for message in self.messages())

    def statuses(self) -> list[str]:
        return [message["STATUS"] for message in self.messages() if "STATUS" in message]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def notified(folder: Path) -> Iterator[Notified]:
    made = Notified(folder / "notified")
    try:
        yield made
    finally:
        made.close()
