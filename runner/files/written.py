"""What a job has written: the files that can be fetched, and what is left out, with the reason."""

import heapq
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.files import private
from runner.files.linked import InnerLinks, Inode, inode_of
from runner.files.private import File

MOST_LOOKED_AT = 500_000  # entries: some two seconds
_MOST_DEFERRED = 100_000  # files with several names
_MOST_NAMED = 1_000
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ELSEWHERE = "it has a name outside of the folder"
_UNREADABLE = "it may not be read"
_TOO_DEEP = f"more than {private.MAX_DEPTH} folders deep"

Order = Callable[[File], tuple[Any, ...]]
"""What the files are sorted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something in a job's folder that is not served; ``name`` is its path from there."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a job has written: the first files, and how many there are, or more where ``are_more``.

    ``left_out`` are the first by name of ``left_out_count`` others.
    """

    files: Sequence[File] = ()
    count: int = 0
    are_more: bool = False
    left_out: Sequence[LeftOut] = ()
    left_out_count: int = 0


def by_name(file: File) -> tuple[object, ...]:
    """The usual order."""
    return (file.name,)


def written(
    folder: int,
    *,
    at_most: int | None,
    order: Order = by_name,
    ours: Collection[Inode] = (),
    log_name: str | None = None,
) -> Written:
    """What is written below an open folder, the first so many, without what is ours and a log of that name."""
    found = _Survey(folder, ours, log_name)
    first = heapq.nsmallest(at_most or MOST_LOOKED_AT, found.files(), key=order)
    left_out = sorted(found.left_out, key=lambda each: each.name)
    return Written(
        files=first,
        count=found.count,
        are_more=found.are_more,
        left_out=left_out[:at_most],
        left_out_count=found.left_out_count,
    )


@dataclass(slots=True)
class _Survey:
    """One walk through a job's folder."""

    folder: int
    ours: Collection[Inode]
    log_name: str | None
    count: int = 0
    are_more: bool = False
    left_out: list[LeftOut] = field(default_factory=list)
    left_out_count: int = 0

    def files(self) -> Iterator[File]:
        """The files that can be fetched; the rest is noted. Files with several names come last: all are known then."""
        links = InnerLinks()
        deferred: list[tuple[str, os.stat_result]] = []
        for number, (name, status) in enumerate(private.walk(self.folder, depth=private.MAX_DEPTH)):
            self.are_more = number == MOST_LOOKED_AT
            if self.are_more:
                break
            if name == self.log_name or inode_of(status) in self.ours:
                continue
            if reason := self._reason(name, status):
                self._leave_out(name, reason)
            elif private.is_file(status) and status.st_nlink > 1 and len(deferred) < _MOST_DEFERRED:
                links.count(status)
                deferred.append((name, status))
            elif private.is_file(status):
                yield self._counted(name, status)
        for name, status in deferred:
            if links.hold(status):
                yield self._counted(name, status)
            else:
                self._leave_out(name, _ELSEWHERE)

    def _reason(self, name: str, status: os.stat_result) -> str:
        """Why something can never be fetched; empty where it can, or what is in it."""
        is_folder = private.is_folder(status)
        if not (is_folder or private.is_file(status)):
            return _KINDS.get(stat.S_IFMT(status.st_mode), "no file")
        if not self._may_read(name, status, os.R_OK | os.X_OK if is_folder else os.R_OK):
            return _UNREADABLE
        return _TOO_DEEP if is_folder and name.count("/") >= private.MAX_DEPTH else ""

    def _may_read(self, name: str, status: os.stat_result, wanted: int) -> bool:
        if status.st_uid == os.geteuid() and status.st_mode >> 6 & wanted == wanted:
            return True
        return os.access(name, wanted, dir_fd=self.folder, effective_ids=True)

    def _counted(self, name: str, status: os.stat_result) -> File:
        self.count += 1
        return private.file_of(name, status)

    def _leave_out(self, name: str, reason: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < _MOST_NAMED:
            self.left_out.append(LeftOut(name=name, reason=reason))
