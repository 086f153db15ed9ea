"""What a script may use: memory and processors; held to that by its control group, or as far as we can."""

import fcntl
import os
import resource
from typing import Any

from runner.supervision.cgroups import Group


class ResourceLimits:
    """The limits of one script: ``before`` its start all is set that holds then, ``data_bytes`` is set with it."""

    def __init__(self, order: dict[str, Any], group: Group | None) -> None:
        self._group = group
        self._memory_bytes: int | None = order["memory_bytes"]
        self._cpus: int | None = order["cpus"]
        self._keeps_secrets = bool(order["masked"])
        self._lock_file: str = order["processors"]
        self._locks = -1
        self._is_memory_held = self._is_time_held = False

    def before(self) -> None:
        """What holds from the first instruction on."""
        if self._keeps_secrets:  # no crash writes them to the disk, unless the script asks for that
            self._core = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, self._core[1]))
        if self._memory_bytes is not None and self._group is not None:
            self._is_memory_held = self._group.limit_memory(self._memory_bytes)
        if self._cpus is not None:
            self._is_time_held = self._group is not None and self._group.limit_time(self._cpus)
            if not self._is_time_held:
                self._pin(self._cpus)

    @property
    def data_bytes(self) -> int | None:
        """What each process by itself may have of memory, where nothing holds all of them together to their limit."""
        return None if self._is_memory_held else self._memory_bytes

    def after(self) -> None:
        """Our own part of the limits is given back."""
        if self._keeps_secrets:
            resource.setrlimit(resource.RLIMIT_CORE, self._core)
        if self._locks >= 0:
            os.sched_setaffinity(0, self._usual)
        if self._group is not None and (self._is_memory_held or self._is_time_held):
            self._group.leave_it_to_its_limits()

    def close(self) -> None:
        """Let other jobs have the processors."""
        if self._locks >= 0:
            os.close(self._locks)

    def _pin(self, count: int) -> None:
        self._usual = os.sched_getaffinity(0)
        self._locks = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.sched_setaffinity(0, _processors(self._locks, count))


def _processors(locks: int, count: int) -> list[int]:
    """So many processors that no other job was given, as long as there are enough.

    Each is one byte of a file, locked by who has it.
    """
    there = sorted(os.sched_getaffinity(0))
    chosen: list[int] = []
    for processor in there:
        if len(chosen) < count and _take(locks, processor):
            chosen.append(processor)
    others = [processor for processor in there if processor not in chosen]
    return chosen + others[: count - len(chosen)]


def _take(locks: int, processor: int) -> bool:
    try:
        fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, processor)
    except OSError:
        return False
    return True
