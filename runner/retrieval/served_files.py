"""Which files of an account's folder are served: those that have no name anywhere else."""

import os
import threading
import time
from contextlib import suppress

from runner.files import MOST_LOOKED_AT, InnerLinks, inode_of, private
from runner.retrieval.accounts import Account

_KNOWN_SECONDS = 5.0
_PART_OF_THE_TIME = 20  # at most so much of it is spent on looking


class ServedFiles:
    """Tells by what a file is like whether it is served; for any thread.

    Of a file with several names it has to be known whether all of them lie in the folder, which is looked through for
    that, now and then only.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._links = InnerLinks()
        self._known_until = 0.0

    def __call__(self, status: os.stat_result) -> bool:
        """Whether it is."""
        if self._account.writable or not private.is_file(status) or status.st_nlink == 1:
            return private.is_single(status)
        with self._lock:
            if not self._links.hold(status) and time.monotonic() > self._known_until:
                self._look()
            return self._links.hold(status)

    def _look(self) -> None:
        began = time.monotonic()
        ours = []
        for path in self._account.ours:
            with suppress(OSError):
                ours.append(inode_of(path.lstat()))
        with private.opened(self._account.folder) as folder:
            self._links = InnerLinks.below(folder, at_most=MOST_LOOKED_AT, published=ours)
        now = time.monotonic()
        self._known_until = now + max(_KNOWN_SECONDS, _PART_OF_THE_TIME * (now - began))
