"""The folders of jobs: the outbox that holds a job's results, and the control folder beside it that only we use."""

import heapq
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from runner.files import private
from runner.files.private import File
from runner.system.text import ATTEMPT_LINE

_TAIL_BYTES = 16_384
_MOST_LOOKED_AT = 500_000  # entries: some two seconds
_OURS = re.compile(r"[1-9][0-9]{0,18}(~[0-9a-f]{8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a job has written: the first files by name, and how many there are, or more where ``are_more``."""

    files: Sequence[File]
    count: int
    are_more: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """Where each job's results (``<outbox>/12``) and its supervisor's records (``<control>/12``) are."""

    root: Path
    control: Path

    def make(self, job_id: int, *, attempt: int) -> None:
        """Make both folders of a job, private.

        Before the first attempt they are new: what an older database's job of that number left is set aside. Another
        finds them as the one before left them. Records come first: see ``was_made``.
        """
        for folder in (self.records(job_id), self.folder(job_id)):
            if not private.ensure_private(folder) and attempt == 1:
                folder.rename(folder.with_name(f"{job_id}~{token_hex(4)}"))
                private.make_private(folder)

    def was_made(self, job_id: int) -> bool:
        """Whether anything of the job can have begun: neither folder is there before."""
        return self.records(job_id).exists() or self.folder(job_id).exists()

    def folder(self, job_id: int) -> Path:
        """The job's working directory and outbox folder."""
        return self.root / str(job_id)

    def records(self, job_id: int) -> Path:
        """The job's control folder."""
        return self.control / str(job_id)

    def log(self, job_id: int) -> Path:
        """The file that takes the script's output; it lies among the results, to be fetched with them."""
        return self.folder(job_id) / log_name(job_id)

    def divide_log(self, job_id: int, *, attempt: int) -> None:
        """Say in the job's log, if there is one, where another attempt begins: on a line of its own."""
        appending = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with suppress(OSError), private.opened(self.folder(job_id)) as folder:
            log = os.open(log_name(job_id), appending, dir_fd=folder)
            try:
                size = os.fstat(log).st_size
                before = b"\n" if size and os.pread(log, 1, size - 1) != b"\n" else b""
                os.write(log, before + f"{ATTEMPT_LINE % attempt}\n".encode())
            finally:
                os.close(log)

    def files(self, job_id: int, *, at_most: int | None = None) -> Written:
        """What the job has written besides its log, the first so many by name; nothing where its folder is gone."""
        count, are_more = 0, False

        def counted() -> Iterator[File]:
            nonlocal count, are_more
            for number, found in enumerate(private.walk(folder, depth=private.MAX_DEPTH)):
                are_more = number == _MOST_LOOKED_AT
                if are_more:
                    return
                file = private.as_file(*found)
                if file is not None and file.name != log_name(job_id):
                    count += 1
                    yield file

        try:
            with private.opened(self.folder(job_id)) as folder:
                first = heapq.nsmallest(at_most or _MOST_LOOKED_AT, counted(), key=lambda file: file.name)
        except OSError:
            return Written(files=[], count=0)
        return Written(files=first, count=count, are_more=are_more)

    def log_tail(
        self, job_id: int, *, at_most_lines: int = 30, without: Callable[[bytes], bool] = lambda _: False
    ) -> str:
        r"""The last lines of the job's log, undecodable bytes shown as ``\xNN``; empty where there is none."""
        try:
            with private.opened(self.folder(job_id)) as folder:
                content = _tail(private.open_file(folder, log_name(job_id)))
        except OSError:
            return ""
        kept = b"".join(line for line in content.splitlines(keepends=True) if not without(line.rstrip(b"\r\n")))
        return "\n".join(kept.decode(errors="backslashreplace").splitlines()[-at_most_lines:])

    def exists(self, job_id: int) -> bool:
        """Whether the job's results are still there."""
        return self.folder(job_id).is_dir()

    def remove(self, name: str) -> None:
        """Delete both folders of that name with all in them, never through a link."""
        for parent in (self.root, self.control):
            with suppress(FileNotFoundError), private.opened(parent) as handle:
                private.remove_tree(handle, name)

    def names(self) -> set[str]:
        """The names of all folders of jobs: a job's number, or for what was set aside the number and more."""
        return {name for parent in (self.root, self.control) for name in _listed(parent) if _OURS.fullmatch(name)}

    def modified_at(self, name: str) -> datetime | None:
        """When the folders of that name or a file in them were last changed; None where there are none any more."""
        moments = [moment for parent in (self.root, self.control) for moment in _moments(parent, name)]
        return max(moments, default=None)


def log_name(job_id: int) -> str:
    """The name of a job's log among its results."""
    return f"job-{job_id}.log"


def _tail(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        start = max(0, os.fstat(handle).st_size - _TAIL_BYTES)
        file.seek(start)
        content = file.read(_TAIL_BYTES)
    return content[content.find(b"\n") + 1 :] if start else content


def _listed(parent: Path) -> list[str]:
    try:
        return [entry.name for entry in parent.iterdir()]
    except FileNotFoundError:
        return []


def _moments(parent: Path, name: str) -> Iterator[datetime]:
    with suppress(OSError), private.opened(parent) as handle:
        yield datetime.fromtimestamp(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mtime, UTC)
    with suppress(OSError), private.opened(parent / name) as handle:
        yield from (file.modified_at for file in private.files(handle, at_most=None))
