"""Which limits of jobs this machine does not let the runner enforce, in words for ``doctor``."""

from pathlib import Path

from runner.system.beats import holds_memory

_MEMORY = (
    "a script's memory limit holds for each of its processes, not for all of them together: the runner can make no "
    "control group with the memory controller here; under systemd 254 or newer with Delegate=yes and "
    "DelegateSubgroup=scriptrunner it can"
)


def unenforced(runner_beat: Path) -> str | None:
    """What is not enforced, as the runner that runs has found; None where all is, or none runs."""
    return None if holds_memory(runner_beat) else _MEMORY
