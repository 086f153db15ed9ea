"""The fork server: has a supervisor ready for each order, and ends what a killed supervisor leaves running.

Run as a program of its own (``python -I -S fork_server.py``). Orders come by the socket on its standard input, and
whoever stands ready takes the next one. Once the runner has gone there are no more orders, and the server stays as long
as its supervisors do. ``executors/fork_server.py`` is the other side, ``handover.py`` what they say to each other.
"""

import errno
import fcntl
import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner.supervision import cgroups, handover, processes, roles
from runner.supervision.notices import NoticeKind, Notices

WITHOUT_GROUPS = "--without-groups"
NO_PROCESS_MILLISECONDS = 100  # until we try again to have one


def main() -> int:
    """Serve the runner, or play the part that we were forked for."""
    signal.pthread_sigmask(signal.SIG_BLOCK, processes.WATCHED)
    os.umask(0o077)
    processes.set_option(processes.PR_SET_DUMPABLE, 0)  # a crash of ours writes no memory with secrets to the disk
    processes.set_option(processes.PR_SET_CHILD_SUBREAPER, 1)
    processes.set_option(processes.PR_SET_NAME, b"sr-server")
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # what the runner's starter left open is not for scripts
    runner = socket.socket(fileno=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3))
    roles.let_go_of(0)
    server = Server(runner)
    gc.disable()
    gc.freeze()  # what is here now is shared with all supervisors as long as nobody touches it
    try:
        server.serve()
    except Forked as forked:
        return forked.work()
    return 0


class Forked(BaseException):
    """This is a new process, and ``work`` is what it has to do."""

    def __init__(self, work: Callable[[], int]) -> None:
        super().__init__()
        self.work = work


class Server:
    """Has supervisors for one runner."""

    def __init__(self, runner: socket.socket) -> None:
        self._runner = runner
        self._home = None if WITHOUT_GROUPS in sys.argv else cgroups.home()
        if self._home is not None:
            self._home.tidy()
        self._notices = Notices()
        self._woken, self._waking = socket.socketpair()
        self._supervisors: dict[int, cgroups.Groups | None] = {}
        self._idle: set[int] = set()

    def serve(self) -> None:
        """See that a supervisor is idle until there is no runner, and stay until there is no supervisor."""
        self._waking.setblocking(False)  # noqa: FBT003  # the library's own
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        is_served = True
        while is_served:
            if not self._idle:
                self._stand_ready()
            is_served = self._serve_next()
        self._outlive_the_runner()

    def _stand_ready(self) -> None:
        """Have a supervisor that has no order yet, where there is a process left for it."""
        groups = None if self._home is None else self._home.groups()
        with suppress(OSError):
            pid = self._fork(lambda: self._supervise(groups))
            self._supervisors[pid] = groups
            self._idle.add(pid)

    def _supervise(self, groups: cgroups.Groups | None) -> int:
        self._notices.send_only()
        return roles.supervise(self._runner, self._notices, groups)

    def _serve_next(self) -> bool:
        """Wait for something to do, and do it; False once the runner has gone."""
        watched = select.poll()
        watched.register(self._woken, select.POLLIN)
        watched.register(self._notices, select.POLLIN)
        watched.register(self._runner, select.POLLRDHUP if self._idle else select.POLLRDHUP | select.POLLIN)
        for descriptor, happened in watched.poll(None if self._idle else NO_PROCESS_MILLISECONDS):
            if descriptor == self._woken.fileno():
                self._woken.recv(4096)
                self._take_leave()
            elif descriptor == self._notices.fileno():
                self._hear()
            elif happened & (select.POLLRDHUP | select.POLLHUP):
                return False
            else:
                self._stand_ready()  # there may be a process left for one since we tried last
                if not self._idle:
                    self._refuse()
        return True

    def _hear(self) -> None:
        kind, pid = self._notices.receive()
        match kind:
            case NoticeKind.BUSY:
                self._idle.discard(pid)
            case NoticeKind.IDLE if pid in self._supervisors:
                self._idle.add(pid)

    def _refuse(self) -> None:
        """Answer an order that nobody can take, because there is no process left."""
        taken = handover.take(self._runner, is_waiting=False)
        if taken is not None:
            taken.refuse(errno.EAGAIN)

    def _fork(self, work: Callable[[], int]) -> int:
        pid = os.fork()
        if pid:
            return pid
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        self._woken.close()
        self._waking.close()
        raise Forked(work)

    def _take_leave(self) -> None:
        """Take note of what has ended; what a supervisor that did not end well leaves running has become our child."""
        left: list[cgroups.Groups] = []
        is_sweep_needed = False
        for pid, status, _ in processes.reap():
            is_sweep_needed = is_sweep_needed or status != 0 or pid not in self._supervisors
            groups = self._supervisors.pop(pid, None)
            if status and groups is not None:
                left.append(groups)
            self._idle.discard(pid)
        if is_sweep_needed:
            self._end_leftovers(left)

    def _end_leftovers(self, left: list[cgroups.Groups]) -> None:
        """Kill what is no supervisor of ours; we come again when the first of it has ended."""
        for groups in left:
            groups.kill()
        with processes.in_front():
            processes.kill_all(lambda: processes.descendants(os.getpid(), sparing=self._supervisors))
        for groups in left:
            groups.remove()

    def _outlive_the_runner(self) -> None:
        """Stay until all supervisors have ended, so that what a killed one leaves running is still ended."""
        roles.let_go_of(1, 2)
        while select.select([self._notices], [], [], 0)[0]:
            self._hear()
        self._take_leave()
        if self._supervisors.keys() - self._idle:
            handover.say_that_we_stay(self._runner)
        self._runner.close()
        while processes.has_children():
            select.select([self._woken], [], [])
            self._woken.recv(4096)
            self._take_leave()


if __name__ == "__main__":
    os._exit(main())
