"""What a script's processes took of the machine, as far as the kernel tells whoever takes leave of them."""

import resource

_MARGIN_BYTES = 262_144


class UsedByProcesses:
    """Counts what ended processes used: each with those of its own that it took leave of itself (getrusage(2))."""

    def __init__(self) -> None:
        self.processor_seconds = 0.0
        self._largest_bytes = 0
        self._floor_bytes = 0

    def note_start(self) -> None:
        """To be called when the script has just been started.

        What a process was before exec counts as its own memory in the kernel's figures, and that was our own.
        """
        self._floor_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + _MARGIN_BYTES

    def add(self, used: resource.struct_rusage) -> None:
        """Count what one that has ended used."""
        self.processor_seconds += used.ru_utime + used.ru_stime
        self._largest_bytes = max(self._largest_bytes, used.ru_maxrss * 1024)

    @property
    def peak_memory_bytes(self) -> int | None:
        """The memory of the largest of them; None where it had less than we have ourselves, so that nobody knows."""
        return self._largest_bytes if self._largest_bytes > self._floor_bytes else None
