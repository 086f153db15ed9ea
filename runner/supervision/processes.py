"""The processes below one: finding, signalling and ending them, however they try to get away."""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 4, 15, 36  # prctl(2)
LOOK = signal.SIGURG  # that there is something new for a supervisor; whoever does not know this ignores it
WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO, LOOK)
RESET = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}  # what Python and our starters ignore is ours alone
_ROUNDS = 10
_READ_BYTES = 65_536
_CHILDREN = "/proc/{}/task/{}/children"
_prctl = ctypes.CDLL(None).prctl

Process = tuple[int, int]
"""A process id, and the time the process started, in clock ticks since the machine did: no other one has both."""


def set_option(option: int, value: int | bytes) -> None:
    """Change what prctl(2) can of this process; a name has 15 bytes at most."""
    _prctl(option, value, 0, 0, 0)


def next_signal(deadline: float | None) -> int | None:
    """The next signal that arrives, or None when the deadline passed."""
    if deadline is None:
        return signal.sigwaitinfo(WATCHED).si_signo
    received = signal.sigtimedwait(WATCHED, max(0.0, deadline - time.monotonic()))
    return None if received is None else received.si_signo


def forget_signals() -> None:
    """Take no notice of what has arrived so far."""
    while signal.sigtimedwait(WATCHED, 0) is not None:
        pass


def reap() -> Iterator[tuple[int, int, resource.struct_rusage]]:
    """Take leave of every child that has ended: its process id, its wait status, and what it and its own used."""
    with suppress(ChildProcessError):
        while (ended := os.wait4(-1, os.WNOHANG))[0]:
            yield ended


def has_children() -> bool:
    """Whether any child is left; ended ones that were not reaped count."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since the machine did; None where there is none."""
    status = _status(pid)
    return None if status is None else status[1]


def everything() -> Iterator[tuple[Process, int]]:
    """All processes, each with its parent's id."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (status := _status(int(entry))) is not None:
            parent, started = status
            yield (int(entry), started), parent


def descendants(root: int, *, sparing: Collection[int] = ()) -> list[Process]:
    """All processes below the root, parents first, but for those spared and what is below them."""
    below = _children if os.path.exists(_CHILDREN.format(root, root)) else _children_by_parent()
    found = [process for process in below(root) if process[0] not in sparing]
    for pid, _ in found:
        found.extend(below(pid))
    return found


def living(processes: Iterable[Process]) -> list[Process]:
    """Those of the processes that have not ended: the others nobody has taken leave of yet."""
    return [(pid, started) for pid, started in processes if _state(pid) not in (None, b"Z", b"X")]


def send(processes: Iterable[Process], *numbers: int) -> None:
    """Send signals to these processes and to none that has got the id of one of them since."""
    for pid, started in processes:
        with suppress(OSError):  # it has ended, or is not ours to signal
            handle = os.pidfd_open(pid)
            try:
                if start_time(pid) == started:
                    for number in numbers:
                        signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


def kill_all(find: Callable[[], Iterable[Process]]) -> None:
    """Kill all that is found, also what forks as fast as it can: what is stopped first forks no more.

    There may be more afterwards, where some were faster.
    """
    stopped: set[Process] = set()
    for _ in range(_ROUNDS):
        fresh = set(find()) - stopped
        if not fresh:
            break
        send(fresh, signal.SIGSTOP)
        stopped |= fresh
    send(stopped, signal.SIGKILL)


def kill_children() -> None:
    """Kill our children, faster than they can become others: until we take leave of them no id is anybody else's."""
    own = os.getpid()
    with suppress(OSError):
        for child in _content(_CHILDREN.format(own, own)).split():
            os.kill(int(child), signal.SIGKILL)


@contextmanager
def in_front() -> Iterator[None]:
    """Be served before whatever keeps all processors busy, where the system lets us."""
    usual = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setscheduler(0, *usual)


def _children(pid: int) -> Iterator[Process]:
    """The children of a process now, as its threads have them (proc_tid_children(5))."""
    with suppress(OSError):  # it has ended
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in map(int, _content(_CHILDREN.format(pid, thread)).split()):
                if (status := _status(child)) is not None:
                    yield child, status[1]


def _children_by_parent() -> Callable[[int], Iterable[Process]]:
    """The children of a process where the kernel does not tell (CONFIG_PROC_CHILDREN): all, by who their parent is."""
    children: dict[int, list[Process]] = {}
    for process, parent in everything():
        children.setdefault(parent, []).append(process)
    return lambda pid: children.get(pid, ())


def _status(pid: int) -> tuple[int, int] | None:
    """The parent and the start time; None where there is no such process."""
    fields = _fields(pid)
    return None if fields is None else (int(fields[1]), int(fields[19]))


def _state(pid: int) -> bytes | None:
    """The letter of its state; None where there is no such process."""
    fields = _fields(pid)
    return None if fields is None else fields[0]


def _fields(pid: int) -> list[bytes] | None:
    """What the kernel says of a process, from its state on (proc_pid_stat(5)); None where there is none."""
    try:
        return _content(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    except OSError:
        return None


def _content(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = b""
        while part := os.read(file, _READ_BYTES):
            content += part
        return content
    finally:
        os.close(file)
