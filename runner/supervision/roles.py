"""What the processes become that the fork server makes: a supervisor, which takes orders."""

import gc
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from runner.supervision import handover, processes
from runner.supervision.cgroups import Groups
from runner.supervision.notices import Notices
from runner.supervision.supervisor import Identity, carry_out

PATIENCE_SECONDS = 10  # that supervisors are kept after many jobs at once


def supervise(runner: socket.socket, notices: Notices, groups: Groups | None) -> int:
    """Carry out orders, one after the other: what a fork has to copy is copied once, not once for each job."""
    os.setsid()
    let_go_of(1, 2)
    processes.set_option(processes.PR_SET_CHILD_SUBREAPER, 1)
    processes.set_option(processes.PR_SET_NAME, b"sr-supervisor")
    gc.enable()
    _be_impatient(runner)
    identity = Identity()
    goes_on = True
    while goes_on:
        identity.group = None if groups is None else groups.next()
        taken = handover.take(runner)
        signal.alarm(0)
        if taken is None:
            break
        goes_on = _carry_out(taken, identity, notices) and notices.tell_idle(identity.pid)
        taken.close()  # now the runner knows, and whoever it tells that there are no more orders is not told of us
        signal.alarm(PATIENCE_SECONDS)
    if groups is not None:
        groups.leave()
    return 0


def _be_impatient(runner: socket.socket) -> None:
    """Have an alarm put an end to waiting, and to nothing else: what is read then is that there is no runner."""
    over, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other.close()
    signal.signal(signal.SIGALRM, lambda *_: os.dup2(over.fileno(), runner.fileno(), inheritable=False))


def let_go_of(*descriptors: int) -> None:
    """Put nothing in the place of what our starter gave us."""
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _carry_out(taken: handover.Taken, identity: Identity, notices: Notices) -> bool:
    order = handover.read(taken.content)
    with _complaining_in(order["complaints"]):
        notices.tell_busy(identity.pid)
        processes.forget_signals()
        taken.accept(identity.process)
        return carry_out(order, identity, taken)


@contextmanager
def _complaining_in(path: str) -> Iterator[None]:
    """What goes wrong in here is told in a file beside the records."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), 2)
        raise
