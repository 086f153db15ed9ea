"""Between us and a command that answers at once or not at all: sees to it that nothing of it runs on.

Run as a program of its own (``python -I -S command.py``), with a socket as its standard input and an order on that. It
is a child subreaper, so whatever leaves the command's session is below it still. When the command has ended, or the
other end of the socket is closed, it ends all that is left. ``system/commands.py`` is the other side.
"""

import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
from typing import Any

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner.supervision import handover, processes

RESET = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}  # what Python ignores, and our starters
_PASSED_BY = (errno.ENOENT, errno.ENOTDIR)  # by execvp(3), which looks in the next folder of PATH


def main() -> int:
    """Carry out one order: answer with ``exit_code``, below 0 for a signal, or with ``errno`` and ``filename``."""
    processes.set_option(processes.PR_SET_CHILD_SUBREAPER, 1)
    processes.set_option(processes.PR_SET_NAME, b"sr-command")
    starter = socket.socket(fileno=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3))
    _, (content,) = handover.received(starter, 1)
    try:
        command = _start(handover.read(content))
    except OSError as error:
        _answer(starter, errno=error.errno, filename=error.filename)
        return 0
    for output in (1, 2):
        os.close(output)
    status = _ended(command, starter)
    if status is not None:
        _answer(starter, exit_code=os.waitstatus_to_exitcode(status))
    _end_all()
    return 0


def _start(order: dict[str, Any]) -> int:
    """Start the command in a session of its own; its process id. OSError where it cannot be started."""
    os.chdir(order["folder"])
    argv = [os.fsencode(word) for word in order["argv"]]
    environment = {os.fsencode(name): os.fsencode(value) for name, value in order["environment"].items()}
    folders = [b""] if b"/" in argv[0] else [os.fsencode(each) for each in os.get_exec_path(order["environment"])]
    refused = OSError(errno.ENOENT, os.strerror(errno.ENOENT), order["argv"][0])
    for folder in folders:
        try:
            return os.posix_spawn(
                os.path.join(folder, argv[0]),
                argv,
                environment,
                file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
                setsid=True,
                setsigmask=(),
                setsigdef=RESET,
            )
        except OSError as error:
            if error.errno not in _PASSED_BY:
                refused = OSError(error.errno, error.strerror, order["argv"][0])
    raise refused


def _answer(starter: socket.socket, **answer: int | str | None) -> None:
    try:
        starter.send(json.dumps(answer).encode())
    except OSError:
        return  # nobody waits any more


def _ended(command: int, starter: socket.socket) -> int | None:
    """Wait for the command's end; its wait status, or None where the starter has lost its patience, or ended."""
    handle = os.pidfd_open(command)
    watched = select.poll()
    watched.register(handle, select.POLLIN)
    watched.register(starter, select.POLLRDHUP)
    ready = dict(watched.poll())
    os.close(handle)
    return os.waitpid(command, 0)[1] if handle in ready else None


def _end_all() -> None:
    """Kill all that is below us until there is nothing more."""
    while processes.has_children():
        processes.kill_all(lambda: processes.descendants(os.getpid()))
        os.wait()


if __name__ == "__main__":
    sys.exit(main())
