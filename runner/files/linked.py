"""Files with several names (hard links): whether all of these lie below one folder, or some elsewhere."""

import os
import stat
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Self

from runner.files import private

_MOST_COUNTED = 100_000  # files with several names: more take too much memory

Inode = tuple[int, int]
"""The device and the number of a file, whatever its names are."""


class InnerLinks:
    """Counts the names that files have in one place. Of those in ``published`` one name elsewhere counts as well."""

    def __init__(self, published: Iterable[Inode] = ()) -> None:
        self._counts = Counter(published)

    @classmethod
    def below(cls, folder: int, *, at_most: int, published: Iterable[Inode] = ()) -> Self:
        """Those of the files below an open folder, as far as so many entries go."""
        found = cls(published)
        for _, status in islice(private.walk(folder), at_most):
            if private.is_file(status) and status.st_nlink > 1:
                found.count(status)
        return found

    def count(self, status: os.stat_result) -> None:
        """Count a name that was found there."""
        inode = inode_of(status)
        if inode in self._counts or len(self._counts) < _MOST_COUNTED:
            self._counts[inode] += 1

    def hold(self, status: os.stat_result) -> bool:
        """Whether all names of a file that is like this were found."""
        return stat.S_ISREG(status.st_mode) and self._counts[inode_of(status)] >= status.st_nlink


def inode_of(status: os.stat_result) -> Inode:
    """Which file that is."""
    return status.st_dev, status.st_ino
