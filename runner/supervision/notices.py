"""What supervisors tell the fork server: who has an order and who has none, and who needs a filter."""

import errno
import os
import socket
import struct
from contextlib import suppress
from enum import IntEnum

from runner.supervision.handover import received

_NOTICE = "!ii"  # a kind and a process id
_NUMBER = "!i"  # the answer to who asks for a filter: errno, or 0


class NoticeKind(IntEnum):
    """What a notice is about."""

    BUSY = 0
    IDLE = 1
    FILTER = 2
    """With two handles: the order's, and the filter's end of its line."""


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

    def receive(self) -> tuple[int, int, list[int]]:
        """The next notice: its kind, who it is from, and what came with it."""
        message, handles = received(self._receiving, struct.calcsize(_NOTICE))
        kind, pid = struct.unpack(_NOTICE, message)
        return kind, pid, handles

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

    def filter_for(self, order: int) -> socket.socket:
        """Have the server make a filter for this order; the line to it. OSError where it cannot."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._sending, [struct.pack(_NOTICE, NoticeKind.FILTER, 0)], [order, theirs.fileno()])
        answer = ours.recv(struct.calcsize(_NUMBER))
        number = struct.unpack(_NUMBER, answer)[0] if answer else errno.EAGAIN
        if number:
            raise OSError(number, os.strerror(number))
        return ours

    def _send(self, kind: NoticeKind, pid: int) -> bool:
        try:
            self._sending.send(struct.pack(_NOTICE, kind, pid))
        except OSError:
            return False
        return True


def answer(line: int, number: int) -> None:
    """Tell who asked for a filter whether there is one."""
    with suppress(OSError):
        os.write(line, struct.pack(_NUMBER, number))
