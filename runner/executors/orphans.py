"""Ends what a supervisor that was killed leaves running, where its fork server was killed too and could not."""

import os
from pathlib import Path
from typing import Any

from runner.supervision import processes
from runner.supervision.cgroups import Group


def end_orphans(beginning: dict[str, Any]) -> None:
    """Kill what belongs to the attempt that begins with this record: by its group, or by the variables it was given.

    A process that changed its own environment and has no group is not found.
    """
    if beginning["group"] is not None:
        group = Group(beginning["group"], home="")
        group.kill()
        group.remove()
    marks = {os.fsencode(mark) for mark in beginning["marks"]}
    if marks:
        with processes.in_front():
            processes.kill_all(lambda: _marked(marks))


def _marked(marks: set[bytes]) -> list[processes.Process]:
    return [process for process, _ in processes.everything() if marks <= _variables(process[0])]


def _variables(pid: int) -> set[bytes]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:  # it has ended, or is somebody else's
        return set()
