"""Stands between runner and script: starts it, ends it in time, records how it ended; outlives the runner.

Run as a program of its own (``python -I -S supervisor.py``), it is a fork server: each order that comes by the socket
on its standard input becomes a supervisor, a child in a session of its own. It imports nothing but the standard library
and ``masking.py``, and stays small. See ``executors/forks.py`` and ``executors/local.py`` for the other side.

Its records are lines of JSON in the state file, which appears, locked and with its first line, in one step: that is the
moment the attempt has begun. While the supervisor lives it holds the lock. An order may hold secrets: nothing of it is
ever written down.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import stat
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from runner.masking import filter_output, is_all_written, tell_of_loss, through_filter

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36  # prctl(2)
LEFTOVER_GRACE_SECONDS = 2.0
WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
RESET = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}  # what Python and our starters ignore is ours alone
FULL_DISK_SECONDS = 1.0
LENGTH = "!I"  # before each order, its length in bytes
ERROR = "!i"  # the answer to an order: errno, or 0 and the supervisor's process handle beside it


def main() -> int:
    """Make a supervisor for each order, until the runner's end of the socket is closed."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    signal.signal(signal.SIGCHLD, lambda *_: reap(0))
    os.umask(0o077)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # a crash of ours writes no memory with secrets to the disk
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # what the runner's starter left open is not for scripts
    with socket.socket(fileno=0) as runner:
        while order := received(runner):
            work = fork(runner, json.loads(order))
            if work is not None:
                return work()
            del order  # a secret is forgotten when it has been handed on
    return 0


def received(runner: socket.socket) -> bytes:
    """The next order, empty where there is none; meanwhile we take leave of supervisors that have ended."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    try:
        (length,) = struct.unpack(LENGTH, whole(runner, struct.calcsize(LENGTH)))
        return whole(runner, length)
    except (struct.error, ConnectionError):
        return b""
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])


def whole(runner: socket.socket, length: int) -> bytes:
    """So many bytes; fewer where the runner has gone, which is no order."""
    content = b""
    while len(content) < length and (part := runner.recv(length - len(content))):
        content += part
    return content if len(content) == length else b""


def fork(runner: socket.socket, order: dict[str, Any]) -> Callable[[], int] | None:
    """Make the supervisor, with a filter where something is masked, and tell the runner; what to do in the children."""
    to_filter = to_supervisor = None
    try:
        if order["masked"]:
            to_filter, to_supervisor = socket.socketpair()
            if os.fork() == 0:
                runner.detach()  # redirect puts another in its place
                to_filter.close()
                return partial(hide, order, to_supervisor)
            to_supervisor.close()
        child = os.fork()
    except OSError as error:
        runner.sendall(struct.pack(ERROR, error.errno))
        return None
    if child == 0:
        runner.detach()  # redirect puts another in its place
        return partial(supervise, order, to_filter)
    process = os.pidfd_open(child)  # no other process can have the number: its end is not yet taken note of
    try:
        socket.send_fds(runner, [struct.pack(ERROR, 0)], [process])
    finally:
        os.close(process)
        if to_filter is not None:
            to_filter.close()
    return None


def hide(order: dict[str, Any], supervisor: socket.socket) -> int:
    """Be the filter between the script's output and the log."""
    os.setsid()
    redirect(order["complaints"])
    filter_output(supervisor, [encoded(text) for text in order["masked"]])
    return 0


def supervise(order: dict[str, Any], log_filter: socket.socket | None) -> int:
    """Carry out one order; 0 once how it ended is recorded."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    if log_filter is not None:
        leave_no_core()
    redirect(order["complaints"])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    state = begin(order["state"])
    if state is None:
        return 1
    ending = run(order, log_filter)
    if log_filter is not None and not is_all_written(log_filter):
        tell_of_loss(order["log"])
    while not is_recorded(state, ending):
        time.sleep(FULL_DISK_SECONDS)
    return 0


def leave_no_core() -> None:
    """Have a crash of the script write no memory with secrets to the disk, unless it asks for that."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def redirect(complaints: str) -> None:
    """Nothing to read, and what goes wrong in here goes to a file beside the records."""
    log = os.open(complaints, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


def begin(path: str) -> int | None:
    """Make the state file, locked; None where there is one: this attempt was given up before it began."""
    new = f"{path}.{os.getpid()}"
    state = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    fcntl.flock(state, fcntl.LOCK_EX)
    record(state, {"supervisor": os.getpid()})
    try:
        os.link(new, path)
    except FileExistsError:
        return None
    finally:
        os.unlink(new)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.fsync(folder)
    os.close(folder)
    return state


def run(order: dict[str, Any], log_filter: socket.socket | None) -> dict[str, Any]:
    """Start the script and stay until it and all its descendants have ended; say how."""
    try:
        os.chdir(order["folder"])
        script = spawn(order, log_filter)
    except UnicodeError:
        return {"error": "It was given what is no text"}  # their own words show it
    except (OSError, ValueError) as error:  # ValueError: a NUL, which no argument holds
        return {"error": getattr(error, "strerror", None) or str(error)}
    limit = TimeLimit(order["state"], order["timeout_seconds"])
    ended_by, status = watch(script, limit)
    if status is None:
        status = end_descendants(script, order["grace_seconds"])
    else:
        end_descendants(script, min(order["grace_seconds"], LEFTOVER_GRACE_SECONDS))
    code = os.waitstatus_to_exitcode(status)
    return {
        "ended_by": ended_by,
        "exit_code": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "timeout_seconds": limit.seconds,
    }


def spawn(order: dict[str, Any], log_filter: socket.socket | None) -> int:
    """Start the script in a session of its own, all output to the log, or to the filter that writes it."""
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    log = os.open(order["log"], appending, 0o600)
    given = standard_input(order["stdin"])
    argv = [encoded(word) for word in order["argv"]]
    environment = {encoded(name): encoded(value) for name, value in order["environment"].items()}
    if log_filter is not None:
        log = through_filter(log_filter, log)
    try:
        return os.posix_spawn(
            argv[0],
            argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, given, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=RESET,
        )
    finally:
        os.close(log)
        os.close(given)


def standard_input(source: dict[str, str] | None) -> int:
    """What the script reads: a file, a text, which is kept in memory alone, or nothing."""
    match source:
        case {"file": path}:
            return regular_file(path)
        case {"text": text}:
            return in_memory(encoded(text))
        case _:
            return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def regular_file(path: str) -> int:
    """The file itself, never what a link leads to; OSError for what is none, which is not even opened."""
    try:
        place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            kind = os.fstat(place).st_mode
            if not stat.S_ISREG(kind):
                raise OSError(errno.EINVAL, "a link, which is not followed" if stat.S_ISLNK(kind) else "not a file")
            return opened(place)
        finally:
            os.close(place)
    except OSError as error:
        raise OSError(error.errno, f"Its standard input cannot be read: {error.strerror}") from None


def in_memory(content: bytes) -> int:
    """A file of that content on no disk."""
    place = os.memfd_create("stdin")
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(place, left) :]
        return opened(place)
    finally:
        os.close(place)


def opened(place: int) -> int:
    """The same file, from its beginning, to be read only."""
    return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)


class TimeLimit:
    """How long the script may run, from now on; a file beside the state file gives it another limit meanwhile."""

    def __init__(self, state: str, seconds: float | None) -> None:
        self.seconds = seconds
        self._changed = f"{state}.limit"
        self._began = time.monotonic()

    @property
    def deadline(self) -> float | None:
        """When it is over, by the clock that nobody sets."""
        return None if self.seconds is None else self._began + self.seconds

    def read(self) -> None:
        """Take the limit that was written; one that cannot be read changes nothing."""
        try:
            with open(self._changed, encoding="ascii") as file:
                self.seconds = float(file.read())
        except (OSError, ValueError):
            return


def watch(script: int, limit: TimeLimit) -> tuple[str, int | None]:
    """Wait for the script's end, the time-out or the order to stop; the status is None where it still runs."""
    limit.read()  # what was written before we heard signals
    while True:
        received = next_signal(limit.deadline)
        status = reap(script)
        if status is not None:
            return "itself", status
        if received is None:
            return "timeout", None
        if received == signal.SIGUSR1:
            limit.read()
        if received == signal.SIGTERM:
            return "stop", None


def end_descendants(script: int, grace_seconds: float) -> int:
    """End every descendant, those that left the session too: TERM, the grace period, KILL; the script's wait status.

    As a child subreaper we inherit each orphan, so that none can get away by forking.
    """
    status = 0
    signal_all(signal.SIGTERM)
    signal_all(signal.SIGCONT)
    deadline = time.monotonic() + grace_seconds
    while has_children():
        is_late = time.monotonic() >= deadline
        if is_late:
            signal_all(signal.SIGKILL)
        next_signal(time.monotonic() + 0.05 if is_late else deadline)
        found = reap(script)
        status = status if found is None else found
    return status


def next_signal(deadline: float | None) -> int | None:
    """The next signal that arrives, or None when the deadline passed."""
    if deadline is None:
        return signal.sigwaitinfo(WATCHED).si_signo
    received = signal.sigtimedwait(WATCHED, max(0.0, deadline - time.monotonic()))
    return None if received is None else received.si_signo


def reap(script: int) -> int | None:
    """Take leave of every child that has ended; the script's wait status where it is among them."""
    status = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == script:
                status = ended[1]
    except ChildProcessError:
        pass
    return status


def has_children() -> bool:
    """Whether any descendant is left; ended ones that were not reaped count."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def signal_all(number: int) -> None:
    """Send the signal to every descendant."""
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def descendants(root: int) -> list[int]:
    """All processes below the root, parents first, from the parent ids in /proc (proc_pid_stat(5))."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    status = file.read()
            except OSError:
                continue
            parent = int(status.rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found = list(children.get(root, ()))
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def is_recorded(state: int, entry: dict[str, Any]) -> bool:
    """Record the entry; False where the disk is full, with nothing of it left."""
    size = os.fstat(state).st_size
    try:
        record(state, entry)
    except OSError:
        os.ftruncate(state, size)
        return False
    return True


def record(state: int, entry: dict[str, Any]) -> None:
    """Append one line to the state file, on the disk when this returns; OSError where it does not fit."""
    line = json.dumps(entry).encode() + b"\n"
    if os.write(state, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(state)


def encoded(word: str) -> bytes:
    """The bytes of an argument, the same in every locale."""
    return word.encode("utf-8", "surrogateescape")


if __name__ == "__main__":
    os._exit(main())
