"""What a process does that is to be the stand-in workspace; of little weight, for each such process imports it."""

import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection


def serve(words: Sequence[str], folder: str, secrets: dict[str, str], told: Connection) -> None:
    """Be `python -m bot.workspace` with these words, started in that folder; its output goes to ``told``."""
    from bot.workspace.__main__ import main  # noqa: PLC0415  # whoever forks has imported it

    sys.argv = ["bot.workspace", *words]
    os.environ.update(secrets)
    os.chdir(folder)
    os.dup2(told.fileno(), sys.stdout.fileno())
    told.close()
    sys.exit(main())
