"""The runner's side of the fork server: one small process that sees to it that a supervisor is there for each order.

Where it was killed the next order starts another; the supervisors live on in any case.
"""

import os
import select
import socket
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from runner.supervision import fork_server, handover, processes
from runner.supervision.handover import SupervisorLine


class NoAnswer(Exception):
    """Whether a supervisor has taken the order, and which, did not reach us."""


class ForkServer:
    """Has supervisors; started with the first order. For one thread."""

    def __init__(self, *, uses_groups: bool = True) -> None:
        self._options = () if uses_groups else (fork_server.WITHOUT_GROUPS,)
        self._socket: socket.socket | None = None
        self._process = -1
        self._staying: list[int] = []
        self._say_farewell: Callable[[], bool | None] = lambda: False

    def supervise(self, order: Mapping[str, Any]) -> SupervisorLine:
        """Hand over the order; the line to its supervisor. OSError where there can be none, else NoAnswer."""
        if self._socket is not None and select.select([self._process], [], [], 0)[0]:  # it was killed
            self.close()
        try:
            line = handover.hand_over(self._socket or self._start(), order, serving=self._process)
        except ConnectionError:
            line = None  # just now
        if line is None:
            self.close()
            raise NoAnswer
        return line

    def close(self) -> None:
        """Let the server end, which it does with its last supervisor; the next order starts another."""
        if self._socket is not None:
            self._socket = None
            if self._say_farewell():
                self._staying.append(self._process)
        self._staying = [process for process in self._staying if not _reap(process, os.WNOHANG)]

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-X", "utf8", fork_server.__file__, *self._options],
                {},
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)],
                setsid=True,
                setsigmask=processes.WATCHED,
            )
        self._process = os.pidfd_open(pid)
        self._socket = ours
        self._say_farewell = weakref.finalize(self, _end_server, ours, self._process)
        return ours


def _end_server(server: socket.socket, process: int) -> bool:
    """Tell it that there will be no more orders, and wait for its end where it does not stay."""
    with server:
        is_ending = handover.end_orders(server, serving=process)
    return not (is_ending and _reap(process, 0))


def _reap(process: int, options: int) -> bool:
    with suppress(ChildProcessError):  # where our own starter ignored SIGCHLD
        if os.waitid(os.P_PIDFD, process, os.WEXITED | options) is None:
            return False
    os.close(process)
    return True
