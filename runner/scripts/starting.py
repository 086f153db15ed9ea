"""What would keep a script from starting: its first line, or on this machine a program that it names."""

import os
from pathlib import Path

from runner.supervision import first_line, startable
from runner.supervision.first_line import StartFault


def flaw(path: Path, head: bytes) -> StartFault | None:
    """What keeps a file that begins like this from being started, whatever programs there are; None for nothing."""
    found = first_line.flaw(head)
    return None if found is None or startable.is_registered(str(path), head) else found


def lacking(path: Path) -> str | None:
    """What this machine lacks to start a file that begins well, fit to follow its name; None for nothing.

    OSError where the file cannot be read.
    """
    return startable.obstacle(str(path), os.get_exec_path())


def lacking_program(program: str, folder: Path) -> str | None:
    """What this machine lacks to start a program that is named as ChoicesFrom names it; None for nothing."""
    words = startable.absent(str(folder / program) if "/" in program else program, os.get_exec_path())
    if words is not None or "/" not in program:
        return words
    try:
        return lacking(folder / program)
    except OSError:
        return None  # it may be executed without being read
