"""What else the machine does while something is measured: on a busy one all times are too long."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_LOOK_SECONDS = 1.0
_IDLE_SHARE = 0.1
_BUSY = (0, 1, 2, 5, 6, 7)  # user, nice, system, irq, softirq, steal: proc_stat(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How many processors others kept busy while we did nothing, and how many processes were ready to run."""

    processors: float
    load: float

    @property
    def is_busy(self) -> bool:
        """Whether others had more than a tenth of all processors."""
        return self.processors > _IDLE_SHARE * (os.cpu_count() or 1)

    def __str__(self) -> str:
        found = f"others kept {self.processors:.1f} of {os.cpu_count()} processors busy, load {self.load:.1f}"
        return f"{found}: all times are too long" if self.is_busy else found


def look() -> Surroundings:
    """Do nothing for a while, and see what others do."""
    before, began = _busy_ticks(), time.monotonic()
    time.sleep(_LOOK_SECONDS)
    used = (_busy_ticks() - before) / os.sysconf("SC_CLK_TCK")
    return Surroundings(processors=used / (time.monotonic() - began), load=os.getloadavg()[0])


def _busy_ticks() -> int:
    fields = [int(field) for field in Path("/proc/stat").read_text().split(maxsplit=11)[1:11]]
    return sum(fields[place] for place in _BUSY)
