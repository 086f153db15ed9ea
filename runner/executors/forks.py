"""The runner's side of the fork server: one small process that turns each order into a supervisor by a fork.

A fork takes a millisecond, the start of an interpreter ten or more. The server keeps nothing: it ends when the runner
does, its supervisors live on, and where it was killed the next order starts another.
"""

import json
import os
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress

from runner import supervisor


class NoAnswer(OSError):
    """Whether the fork server made a supervisor, and which, did not reach us."""


class ForkServer:
    """Makes supervisors; started with the first order. For one thread."""

    def __init__(self) -> None:
        self._server: socket.socket | None = None
        self._pid = 0

    def __del__(self) -> None:
        self.close()

    def supervise(self, order: Mapping[str, object]) -> int:
        """Hand over the order; the handle of the supervisor's process. NoAnswer, or OSError where it cannot be made."""
        server = self._server = self._server or self._start()
        written = json.dumps(order).encode()
        try:
            server.sendall(struct.pack(supervisor.LENGTH, len(written)) + written)
            answer, handles, _, _ = socket.recv_fds(server, struct.calcsize(supervisor.ERROR), 1)
        except OSError as error:
            self.close()
            raise NoAnswer(*error.args) from error
        if not answer:
            self.close()
            raise NoAnswer
        number = int(struct.unpack(supervisor.ERROR, answer)[0])
        if number:
            raise OSError(number, os.strerror(number))
        if not handles:
            raise NoAnswer  # we have no room for it (EMFILE): recvmsg(2) drops what does not fit
        return handles[0]

    def close(self) -> None:
        """Let the server end; the next order starts another."""
        if self._server is not None:
            self._server.close()
            self._server = None
            with suppress(ChildProcessError):  # where our own starter ignored SIGCHLD
                os.waitpid(self._pid, 0)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-X", "utf8", supervisor.__file__],
                {},
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)],
                setsid=True,
                setsigmask=supervisor.WATCHED,
            )
        return ours
