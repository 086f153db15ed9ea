"""Keeps a process small that runs for months."""

import gc

_BETWEEN_SEARCHES = 1
"""Full searches come after so many and one more of those that look at what is not quite new; Python's own number is 10.

What slack_sdk 3.47 makes of a view leaves some hundred functions behind that refer to themselves. Of 70,000 such
objects, with all they hold, a fifth is left by this.
"""


def freeze_garbage() -> None:
    """Have the search for garbage leave alone all that is in memory now, once a process has all that it runs with.

    Among 2,000 scripts a search takes 40 ms, in which nobody is answered. And Python looks through everything only when
    a quarter has been added to what has lasted so far: beside all that was imported, that is megabytes of garbage. The
    search here, which finds next to nothing to look at, begins that count anew. From then on searches cost little, and
    come the more often.
    """
    gc.freeze()
    gc.collect()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _BETWEEN_SEARCHES)
