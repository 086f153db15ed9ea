"""Wakes another process: a datagram on a Unix socket wakes the runner the moment there is something to do."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_log = logging.getLogger(__name__)


class WakeupSocket:
    """The runner's end: a socket file, 0600, to wait on; made anew where a former runner left one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        os.fchmod(self._socket.fileno(), 0o600)  # before bind, so that the file is never anything else (socket(7))
        path.unlink(missing_ok=True)
        with short_address(path) as address:
            self._socket.bind(address)

    def fileno(self) -> int:
        """The socket's number, readable once somebody woke us."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Forget all wake-ups so far."""
        with suppress(BlockingIOError):
            while self._socket.recv(16):
                pass

    def close(self) -> None:
        """Close the socket and remove its file."""
        self._socket.close()
        self._path.unlink(missing_ok=True)


def wake(path: Path) -> bool:
    """Wake the runner that listens there; whether one does.

    Where none does, nothing is lost: it looks by itself when it starts.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as wakeup_socket:
        try:
            with short_address(path) as address:
                wakeup_socket.sendto(b"!", address)
        except BlockingIOError:
            return True  # it was woken often already
        except OSError as error:
            _log.debug("no runner was woken at %s: %s", path, error)
            return False
    return True


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """The path by way of its folder's handle: a socket's address holds only 108 bytes (unix(7))."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
