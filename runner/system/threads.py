"""Work that is done beside the caller's own, as long as the machine takes threads."""

import threading
from collections.abc import Callable


def run_aside(work: Callable[[], None], *, name: str) -> None:
    """Do the work in a daemon thread of that name; in the calling one where the machine takes no more threads.

    Whoever waits for what comes of it then waits longer, instead of for ever. No lock is held that the work takes.
    """
    try:
        threading.Thread(target=work, name=name, daemon=True).start()
    except RuntimeError:  # a table of processes that is full, or a limit of the service's
        work()
