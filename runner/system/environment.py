"""The environment that a process is started with: taken to where no other process reads it, and handed on unseen.

What stands in it stays readable in ``/proc/PID/environ`` (proc_pid_environ(5)) for every process of the same user,
whatever becomes of ``os.environ``. It imports little: each entry point calls it before all else.
"""

import ctypes
import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from runner.supervision import handover, processes

_HANDLE = "SCRIPTRUNNER_ENVIRONMENT_HANDLE"
_NEEDED_AT_START = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|TZ|TMPDIR|GLIBC_TUNABLES|(PYTHON|LC_|LD_|MALLOC_).*"
)  # by Python and the C library
_PLACES = slice(50 - 3, 51 - 3 + 1)  # of env_start and env_end in proc_pid_stat(5), behind the process's id and name


def withdraw() -> None:
    """Have no other process of this user look into this one, and leave nothing in the environment that it began with.

    The variables are in ``os.environ`` afterwards, with those that were handed over. No memory is dumped at a crash.
    To be called before there are threads; what happens before it, some 20 ms after execve(2), is open to all.
    """
    processes.set_option(processes.PR_SET_DUMPABLE, 0)
    _take_what_was_handed_over()
    _erase_first_environment()


@contextmanager
def handed_over(environment: Mapping[str, str]) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """What to start a process of ours with that is to have these variables: what others may see, and open handles.

    The rest waits in a socket, which cannot be opened through ``/proc/PID/fd``, until the process has withdrawn.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        open_to_all = {name: value for name, value in environment.items() if _NEEDED_AT_START.fullmatch(name)}
        unseen = {name: value for name, value in environment.items() if name not in open_to_all}
        content = handover.in_memory(json.dumps(unseen).encode())
        try:
            socket.send_fds(ours, [b"."], [content])
        finally:
            os.close(content)
        yield open_to_all | {_HANDLE: str(theirs.fileno())}, (theirs.fileno(),)


def _take_what_was_handed_over() -> None:
    handle = os.environ.pop(_HANDLE, None)
    if handle is None:
        return
    with socket.socket(fileno=int(handle)) as source:
        _, handles = handover.received(source, 1)
    for content in handles:
        os.environ.update(handover.read(content))
        os.close(content)


def _erase_first_environment() -> None:
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = map(int, fields[_PLACES])
    variables = dict(os.environb)
    ctypes.CDLL(None).clearenv()
    for name, value in variables.items():
        os.putenv(name, value)  # now they are copies
    ctypes.memset(start, 0, end - start)
