"""How busy this machine is: its processors and its memory."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")  # proc(5): lines such as “MemAvailable:   123 kB”


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLoad:
    """How many processes want a processor, over the last minute, and of how many; memory is 0 where it is not known."""

    load: float
    cpus: int
    free_memory_bytes: int
    memory_bytes: int


def machine_load(meminfo: Path = _MEMINFO) -> MachineLoad:
    """As it is now."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for line in meminfo.read_text().splitlines():
            name, _, rest = line.partition(":")
            number = rest.split()[:1]
            if number and number[0].isdecimal():
                found[name] = int(number[0]) * 1024
    return MachineLoad(
        load=os.getloadavg()[0],
        cpus=os.cpu_count() or 1,
        free_memory_bytes=found.get("MemAvailable", 0),
        memory_bytes=found.get("MemTotal", 0),
    )
