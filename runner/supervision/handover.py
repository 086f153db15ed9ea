"""How an order gets from the runner to whoever stands ready to be its supervisor.

All go over one socket of packets that many wait at. Each is three handles: a file in memory with the order, which may
hold secrets and is on no disk, and a socket for the answer, which is the attempt's *line* from then on: the runner can
speak to the supervisor on it, and it closes when the attempt has ended, also where the supervisor was killed.
"""

import json
import os
import select
import signal
import socket
import struct
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from runner.supervision.processes import LOOK

_NUMBER = "!i"  # an answer: errno, or 0 and a handle of the supervisor's process
_TWO_HANDLES = "ii"
_ORDER, _STAYS, _STOP = b"o", b"s", b"x"


class SupervisorLine:
    """The runner's end of the line to a supervisor that works on its order; readable once the attempt has ended."""

    def __init__(self, line: socket.socket, process: int) -> None:
        self._line = line
        self._process = process
        self._let_go = weakref.finalize(self, _closed, line, process)  # where a runner leaves the attempt to the next

    def fileno(self) -> int:
        """The socket's number."""
        return self._line.fileno()

    def stop(self) -> None:
        """Have the supervisor end the script; nothing where the attempt has ended."""
        with suppress(OSError):
            self._line.send(_STOP)
            self.rouse()

    def rouse(self) -> None:
        """Have it look whether there is something new for it; it may have another order by now, and finds nothing."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, LOOK)

    def close(self) -> None:
        """Let go of it; the attempt goes on."""
        self._let_go()


def _closed(line: socket.socket, process: int) -> None:
    line.close()
    os.close(process)


def hand_over(server: socket.socket, order: Mapping[str, Any], *, serving: int) -> SupervisorLine | None:
    """Send an order; None where nobody answered, or there was no room for the answer.

    ``serving`` is a handle of the process that sees to it that somebody does. OSError where nobody can.
    """
    content = in_memory(json.dumps(order).encode())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with theirs:
            try:
                socket.send_fds(server, [_ORDER], [content, theirs.fileno()])
            finally:
                os.close(content)  # and theirs, before the answer: it brings a handle that may find no other room
        line = _answer(ours, serving)
    except OSError:
        ours.close()
        raise
    if line is None:
        ours.close()
    return line


def _answer(ours: socket.socket, serving: int) -> SupervisorLine | None:
    if not _wait_for_answer(ours, serving):
        return None
    answer, handles = received(ours, struct.calcsize(_NUMBER))
    number = struct.unpack(_NUMBER, answer)[0] if answer else 0
    if number:
        raise OSError(number, os.strerror(number))
    return SupervisorLine(ours, handles[0]) if handles else None


def _wait_for_answer(by: socket.socket, serving: int) -> bool:
    """Wait for an answer; False where the server was killed before there was one."""
    watched = select.poll()
    watched.register(by, select.POLLIN)
    watched.register(serving, select.POLLIN)
    return by.fileno() in dict(watched.poll())


def end_orders(server: socket.socket, *, serving: int) -> bool:
    """Say that there will be no more orders; whether the server ends, or stays with its supervisors."""
    with suppress(OSError):
        server.shutdown(socket.SHUT_WR)
        return not _wait_for_answer(server, serving) or server.recv(1) != _STAYS
    return True


def say_that_we_stay(runner: socket.socket) -> None:
    """Answer that."""
    with suppress(OSError):  # it has not asked, or not waited
        runner.send(_STAYS)


class Taken:
    """An order that was taken, and the supervisor's end of its line."""

    def __init__(self, content: int, line: socket.socket) -> None:
        self.content = content
        self._line = line

    def accept(self, process: int) -> None:
        """Tell the runner whose order it is now."""
        self._answer(0, [process])

    def refuse(self, number: int) -> None:
        """Tell the runner why nobody carries it out."""
        self._answer(number, [])
        self.close()

    def receive_stop(self) -> bool:
        """Whether the runner has said so."""
        with suppress(OSError):
            return self._line.recv(1, socket.MSG_DONTWAIT) == _STOP
        return False

    def is_watched(self) -> bool:
        """Whether the runner still has its end of the line."""
        watched = select.poll()
        watched.register(self._line, select.POLLRDHUP)
        return not watched.poll(0)

    def close(self) -> None:
        """Tell the runner that the attempt has ended."""
        self._line.close()
        if self.content >= 0:
            os.close(self.content)
            self.content = -1

    def _answer(self, number: int, handles: list[int]) -> None:
        with suppress(OSError):  # it was killed; its next life finds the attempt
            socket.send_fds(self._line, [struct.pack(_NUMBER, number)], handles)


def take(runner: socket.socket, *, is_waiting: bool = True) -> Taken | None:
    """The next order; None once there is no runner any more, or where there is none and we do not wait for it."""
    flags = 0 if is_waiting else socket.MSG_DONTWAIT
    with suppress(ConnectionError, BlockingIOError):
        while True:
            message, handles = received(runner, 1, flags)
            if not message:
                break
            if len(handles) == 2:
                return Taken(handles[0], socket.socket(fileno=handles[1]))
            for each in handles:  # we have no room for both: the runner sees that nobody has the other
                os.close(each)
    return None


def received(source: socket.socket, size: int, flags: int = 0) -> tuple[bytes, list[int]]:
    """A message of at most so many bytes, and the handles that came with it, two at most.

    CPython 3.11's socket.recv_fds takes flags and ignores them (gh-107898): what came with it would go on to scripts.
    """
    room = socket.CMSG_SPACE(struct.calcsize(_TWO_HANDLES))
    message, attached, _, _ = source.recvmsg(size, room, flags | socket.MSG_CMSG_CLOEXEC)
    handles = [handle for _, _, packed in attached for (handle,) in struct.iter_unpack("i", packed)]
    return message, handles


def read(content: int) -> dict[str, Any]:
    """What an order says."""
    size = os.fstat(content).st_size
    found = b""
    while part := os.pread(content, size, len(found)):
        found += part
    order: dict[str, Any] = json.loads(found)
    return order


def in_memory(content: bytes) -> int:
    """A file of that content on no disk; OSError where there is no handle or memory left for it."""
    place = os.memfd_create("scriptrunner")
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(place, left) :]
    except OSError:
        os.close(place)
        raise
    return place
