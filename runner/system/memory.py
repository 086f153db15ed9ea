"""Keeps a process small that runs for months."""

import gc


def freeze_garbage() -> None:
    """Have the search for garbage leave alone all that is in memory now, once a process has all that it runs with.

    Among 2,000 scripts a search takes 40 ms, in which nobody is answered. And Python looks through everything only when
    a quarter has been added to what has lasted so far: beside all that was imported, that is megabytes of garbage. The
    search here, which finds next to nothing to look at, begins that count anew.
    """
    gc.freeze()
    gc.collect()
