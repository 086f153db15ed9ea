"""What supervisors tell the fork server: who has an order and who has none."""

import socket
import struct
from enum import IntEnum

_NOTICE = "!ii"  # a kind and a process id


class NoticeKind(IntEnum):
    """What a notice is about."""

    BUSY = 0
    IDLE = 1


class Notices:
    """A socket that all supervisors send to, and the server receives from."""

    def __init__(self) -> None:
        self._receiving, self._sending = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def fileno(self) -> int:
        """The number of the receiving end."""
        return self._receiving.fileno()

    def send_only(self) -> None:
        """Be a supervisor's, which sees then when the server has ended."""
        self._receiving.close()

    def receive(self) -> tuple[int, int]:
        """The next notice: its kind, and who it is from."""
        kind, pid = struct.unpack(_NOTICE, self._receiving.recv(struct.calcsize(_NOTICE)))
        return kind, pid

    def close(self) -> None:
        """Be nobody's."""
        self._receiving.close()
        self._sending.close()

    def tell_busy(self, pid: int) -> None:
        """Tell that this supervisor has an order."""
        self._send(NoticeKind.BUSY, pid)

    def tell_idle(self, pid: int) -> bool:
        """Tell that this supervisor has none any more; whether the server is there, and sees to the next order."""
        return self._send(NoticeKind.IDLE, pid)

    def _send(self, kind: NoticeKind, pid: int) -> bool:
        try:
            self._sending.send(struct.pack(_NOTICE, kind, pid))
        except OSError:
            return False
        return True
