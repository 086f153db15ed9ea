"""What the programs have in common that queue jobs of other systems; it needs nothing that these may not have."""

import sys
import time
from collections.abc import Callable


def feed(queue_one: Callable[[], object]) -> None:
    """Queue as many as each line of the standard input says, and tell when that began and ended."""
    for line in sys.stdin:
        began = time.monotonic()
        for _ in range(int(line)):
            queue_one()
        print(began, time.monotonic(), flush=True)
