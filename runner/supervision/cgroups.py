"""Control groups of version 2, where the runner may make some: each holds a whole job, wherever its processes go.

See the kernel's Documentation/admin-guide/cgroup-v2.rst. Where none is writable nothing here fails: a job is then held
together by who descends from whom, and limited process by process.
"""

import os
from contextlib import suppress

LEAF = "scriptrunner"  # where the runner itself is, so that the group around it may have limits: DelegateSubgroup=
_PREFIX = "scriptrunner-job-"
_CONTROLLERS = ("memory", "cpu", "pids")
_PERIOD_MICROSECONDS = 100_000
_PART_OF_ALL_PROCESSES = 4
_MOST_PROCESSES = ("/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max")
_READ_BYTES = 65_536


class GroupHome:
    """The folder in which jobs get their groups, and the group that we are in ourselves."""

    def __init__(self, base: str, own: str) -> None:
        self.base = base
        self.own = own

    def tidy(self) -> None:
        """Remove groups in which nothing is: nobody was left to do so when their supervisors were killed."""
        for group in self.groups_of(_PREFIX):
            group.remove()

    def groups_of(self, prefix: str) -> "list[Group]":
        """The groups that are there and have such a name."""
        try:
            names = os.listdir(self.base)
        except OSError:
            return []
        return [Group(f"{self.base}/{name}", self.own) for name in names if name.startswith(prefix)]

    def groups(self) -> "Groups":
        """The groups that one supervisor is going to make."""
        return Groups(self, f"{_PREFIX}{os.urandom(8).hex()}-")


class Groups:
    """The groups that one supervisor makes, one for each job, of names that no others ever have."""

    def __init__(self, home: GroupHome, prefix: str) -> None:
        self._home = home
        self._prefix = prefix
        self._most_processes = _most_processes() // _PART_OF_ALL_PROCESSES
        self._made = 0
        self._last: Group | None = None

    def next(self) -> "Group | None":
        """Another group with this process in it, and none but that; None where it cannot be made."""
        self._made += 1
        before, self._last = self._last, Group(f"{self._home.base}/{self._prefix}{self._made}", self._home.own)
        if self._last.join():
            self._last.limit_processes(self._most_processes)
        else:
            self.leave()
        if before is not None:
            before.remove()
        return self._last

    def leave(self) -> None:
        """Go back to where we were before we had groups."""
        if self._last is not None:
            with suppress(OSError):
                self._last.leave()
            self._last.remove()
            self._last = None

    def kill(self) -> None:
        """Kill all that is in any of them; not to be called from inside."""
        for group in self._home.groups_of(self._prefix):
            group.kill()

    def remove(self) -> None:
        """Remove those in which nothing is left."""
        for group in self._home.groups_of(self._prefix):
            group.remove()


class Group:
    """One job's group; its supervisor is in it too, so that the script begins there, until there is reason to leave."""

    def __init__(self, path: str, home: str) -> None:
        self.path = path
        self._home = home

    def join(self) -> bool:
        """Make it, and put this process with whatever it starts from now on into it; whether that went well."""
        try:
            os.mkdir(self.path)
        except OSError:
            return False
        return _try_write(f"{self.path}/cgroup.procs", "0")

    def leave(self) -> None:
        """Take this process out of the group, and out of its limits."""
        _write(f"{self._home}/cgroup.procs", "0")

    def limit_processes(self, most: int) -> None:
        """Keep it from filling the machine's table of processes."""
        with suppress(OSError):
            _write(f"{self.path}/pids.max", str(most))

    def limit_memory(self, size_bytes: int) -> bool:
        """Let it have so much memory and no swap; whether the kernel holds it to that."""
        with suppress(OSError):  # a kernel without swap
            _write(f"{self.path}/memory.swap.max", "0")
        return _try_write(f"{self.path}/memory.max", str(size_bytes))

    def limit_time(self, count: int) -> bool:
        """Give it the time of so many processors, on any of them; whether the kernel holds it to that."""
        return _try_write(f"{self.path}/cpu.max", f"{count * _PERIOD_MICROSECONDS} {_PERIOD_MICROSECONDS}")

    def leave_it_to_its_limits(self) -> None:
        """Leave it, and have the kernel kill all that is left in it where it needs more memory than it may have."""
        with suppress(OSError):
            self.leave()
            _write(f"{self.path}/memory.oom.group", "1")

    def has_met_its_memory_limit(self) -> bool:
        """Whether the kernel killed something of it for the group's own limit, and not for the machine's."""
        events = _numbers(f"{self.path}/memory.events")
        return events.get("oom", 0) > 0 and events.get("oom_kill", 0) > 0

    def peak_memory_bytes(self) -> int | None:
        """The most memory it had at once; None where the kernel does not count it."""
        try:
            return int(_read(f"{self.path}/memory.peak"))
        except (OSError, ValueError):
            return None

    def processor_seconds(self) -> float | None:
        """The processor time of all that ever was in it; None where the kernel does not count it."""
        used = _numbers(f"{self.path}/cpu.stat").get("usage_usec")
        return None if used is None else used / 1_000_000

    def kill(self) -> None:
        """Kill all that is in it at once, however it forks; not to be called from inside."""
        with suppress(OSError):  # Linux 5.14
            _write(f"{self.path}/cgroup.kill", "1")

    def remove(self) -> None:
        """Remove it, where nothing is in it."""
        with suppress(OSError):
            os.rmdir(self.path)


def home() -> GroupHome | None:
    """Where jobs can have groups; None where there is no such place.

    Controllers are handed on only where no process is in the group above, as the kernel demands: in the root of all
    groups, in a container, whose processes we move aside, or where we were started in a group of their own, as systemd
    does with ``DelegateSubgroup=scriptrunner``. Elsewhere groups hold jobs together and do not limit them.
    """
    own = _own()
    if own is None:
        return None
    base = os.path.dirname(own) if os.path.basename(own) == LEAF else own
    if not os.access(base, os.W_OK):
        return None
    if base == own and _is_root_of_a_container(own):
        own = _moved_aside(base) or own
    for name in _CONTROLLERS:
        with suppress(OSError):
            _write(f"{base}/cgroup.subtree_control", f"+{name}")
    return GroupHome(base, own)


def limits_memory() -> bool:
    """Whether the kernel holds all processes of a job together to its limit of memory, in the group that it gets."""
    place = home()
    if place is None:
        return False
    try:
        return "memory" in _read(f"{place.base}/cgroup.subtree_control").split()
    except OSError:
        return False


def _most_processes() -> int:
    return min(int(_read(path)) for path in _MOST_PROCESSES)


def _own() -> str | None:
    """The folder of the group that we are in."""
    try:
        paths = [line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::")]
        mounts = [line.split() for line in _read("/proc/self/mountinfo").splitlines() if " - cgroup2 " in line]
    except OSError:
        return None
    for mount in mounts:  # proc_pid_mountinfo(5): the fourth word is what of the hierarchy is mounted, then where
        for path in paths:
            below = os.path.relpath(path, mount[3])
            if not below.startswith(".."):
                return os.path.normpath(f"{mount[4]}/{below}")
    return None


def _is_root_of_a_container(own: str) -> bool:
    """The root of all groups has no type, that of a namespace has."""
    return "0::/\n" in _read("/proc/self/cgroup") and os.path.exists(f"{own}/cgroup.type")


def _moved_aside(base: str) -> str | None:
    """Move all processes of the base into a group below it; where that is."""
    leaf = f"{base}/{LEAF}"
    try:
        with suppress(FileExistsError):
            os.mkdir(leaf)
        while pids := _read(f"{base}/cgroup.procs").split():
            for pid in pids:
                with suppress(ProcessLookupError):
                    _write(f"{leaf}/cgroup.procs", pid)
    except OSError:
        return None
    return leaf


def _numbers(path: str) -> dict[str, int]:
    try:
        return {name: int(number) for name, number in (line.split() for line in _read(path).splitlines())}
    except (OSError, ValueError):
        return {}


def _read(path: str) -> str:
    """The whole of a small file of the kernel's, which tells no size."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = b""
        while part := os.read(file, _READ_BYTES):
            content += part
        return os.fsdecode(content)
    finally:
        os.close(file)


def _try_write(path: str, text: str) -> bool:
    try:
        _write(path, text)
    except OSError:
        return False
    return True


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
