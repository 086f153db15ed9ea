"""The folders of jobs: the outbox that holds a job's results, its log beside that, and the records that only we use."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from runner.files import private
from runner.files.linked import Inode, inode_of
from runner.files.published import publish
from runner.files.written import Order, Written, by_name, written
from runner.system.terminal import rendered
from runner.system.text import ATTEMPT_LINE

LISTING, CHECKSUMS = "results.json", "SHA256SUMS"
_LOGS = ".logs"  # in the outbox: a log is linked among the results in the end, which other disks do not let us
_TAIL_BYTES = 65_536  # many lines are redrawn, and nothing of that is shown
_OURS = re.compile(r"[1-9][0-9]{0,18}(~[0-9a-f]{8})?")


@dataclass(frozen=True, slots=True)
class Results:
    """Where each job's results (``<outbox>/12``), its log and its supervisor's records (``<control>/12``) are.

    The log is on the disk of the results but not among them while the script runs: nothing that it does in its folder
    reaches the log, or finds it in its way.
    """

    root: Path
    control: Path

    def make(self, job_id: int, *, attempt: int) -> None:
        """Make the folders of a job, private.

        Before the first attempt they are new: what an older database's job of that number left is set aside. Another
        finds them as the one before left them. Records come first: see ``was_made``.
        """
        logs = self._log_folders(job_id) if attempt > 1 else [self.aside(job_id)]
        for folder in (self.records(job_id), *logs, self.folder(job_id)):
            if not private.ensure_private(folder) and attempt == 1:
                folder.rename(folder.with_name(f"{job_id}~{token_hex(4)}"))
                private.make_private(folder)

    def was_made(self, job_id: int) -> bool:
        """Whether anything of the job can have begun: neither folder is there before."""
        return self.records(job_id).exists() or self.folder(job_id).exists()

    def folder(self, job_id: int) -> Path:
        """The job's working directory and outbox folder."""
        return self.root / str(job_id)

    def named_folder(self, job_id: int) -> Path:
        """The job's folder by the name ``job-12``, which is a link that is made here where the folder is there.

        The folder itself where no such link can be. For who fetches by other servers than ours: ``scp -r`` calls what
        it makes by the last part of what is asked for, in both of its protocols.
        """
        link, target = self.root / _link_name(str(job_id)), str(job_id)
        if not self.exists(job_id):
            return link
        with suppress(OSError):
            with suppress(FileExistsError):
                link.symlink_to(target)
            if link.readlink() == Path(target):
                return link
        return self.folder(job_id)

    def records(self, job_id: int) -> Path:
        """The job's control folder."""
        return self.control / str(job_id)

    def aside(self, job_id: int) -> Path:
        """The folder, on the same disk, of what is ours and linked among the results once the job has ended."""
        return self.root / _LOGS / str(job_id)

    def ours(self, job_id: int) -> Sequence[Path]:
        """What may be in that folder: the log, and what lists the results with their checksums, last the listing."""
        return [self.aside(job_id) / name for name in (log_name(job_id), CHECKSUMS, LISTING)]

    def unlisted(self) -> Iterator[int]:
        """The numbers of jobs, ended or not, whose results are not listed, or not among these yet."""
        for job_id in sorted(int(name) for name in _listed(self.root / _LOGS) if name.isdecimal()):
            if self.exists(job_id) and not _is_published(self.aside(job_id) / LISTING):
                yield job_id

    def log(self, job_id: int) -> Path:
        """The file that takes the script's output."""
        folders = self._log_folders(job_id)
        return (folders[0] if folders and folders[0].exists() else self.folder(job_id)) / log_name(job_id)

    def publish_log(self, job_id: int, *, is_folder_made: bool = False) -> None:
        """Have a job that has ended keep its log among its results, under a name that is free there.

        Nothing where it is there, or has no folder to be in, unless another is made for it.
        """
        log = self.log(job_id)
        if is_folder_made and log.exists():
            with suppress(OSError):
                private.ensure_private(self.folder(job_id))
        with suppress(OSError), private.opened(self.folder(job_id)) as folder:
            publish(log, folder)

    def divide_log(self, job_id: int, *, attempt: int) -> None:
        """Say in the job's log, if there is one, where another attempt begins: on a line of its own."""
        appending = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        path = self.log(job_id)
        with suppress(OSError), private.opened(path.parent) as folder:
            log = os.open(path.name, appending, dir_fd=folder)
            try:
                size = os.fstat(log).st_size
                before = b"\n" if size and os.pread(log, 1, size - 1) != b"\n" else b""
                os.write(log, before + f"{ATTEMPT_LINE % attempt}\n".encode())
            finally:
                os.close(log)

    def files(self, job_id: int, *, at_most: int | None = None, order: Order = by_name) -> Written:
        """What the job has written, without its log and what lists its results, the first so many, usually by name.

        Nothing where its folder is gone.
        """
        ours = frozenset(inode for path in self.ours(job_id) if (inode := _inode(path)) is not None)
        is_log_apart = _inode(self.aside(job_id) / log_name(job_id)) is not None
        try:
            with private.opened(self.folder(job_id)) as folder:
                log = None if is_log_apart else log_name(job_id)
                return written(folder, at_most=at_most, order=order, ours=ours, log_name=log)
        except OSError:
            return Written()

    def missing(self, job_id: int, names: Iterable[str]) -> Sequence[str]:
        """Those of these names that nothing in the job's folder has; none where the folder is gone."""
        try:
            with private.opened(self.folder(job_id)) as folder:
                return [name for name in dict.fromkeys(names) if not _is_there(folder, name)]
        except OSError:
            return ()

    def log_tail(
        self, job_id: int, *, at_most_lines: int = 30, without: Callable[[bytes], bool] = lambda _: False
    ) -> str:
        r"""The last lines of the job's log as a terminal would have left them; empty where there is none.

        Undecodable bytes are shown as ``\xNN``.
        """
        try:
            content = _tail(self.open_log(job_id))
        except OSError:
            return ""
        kept = b"".join(line for line in content.splitlines(keepends=True) if not without(line.rstrip(b"\r\n")))
        shown = rendered(kept.decode(errors="backslashreplace"))
        return "\n".join(shown.removesuffix("\n").split("\n")[-at_most_lines:])

    def open_log(self, job_id: int) -> int:
        """A read handle of the job's log; OSError where there is none."""
        path = self.log(job_id)
        with private.opened(path.parent) as folder:
            return private.open_file(folder, path.name, is_served=private.is_file)

    def exists(self, job_id: int) -> bool:
        """Whether the job's results are still there."""
        return self.folder(job_id).is_dir()

    def holds_anything(self, job_id: int) -> bool:
        """Whether the job has written anything, besides its log and what lists its results."""
        ours = {inode for path in self.ours(job_id) if (inode := _inode(path)) is not None}
        try:
            with private.opened(self.folder(job_id)) as folder:
                return any(
                    inode_of(status) not in ours and name != log_name(job_id)
                    for name, status in private.everything(folder)
                )
        except OSError:
            return False

    def remove(self, name: str) -> None:
        """Delete the folders of that name with all in them, never through a link, and what else they were called."""
        for parent in self._parents:
            with suppress(FileNotFoundError), private.opened(parent) as handle:
                private.remove_tree(handle, name)
        link = self.root / _link_name(name)
        with suppress(FileNotFoundError):
            if link.is_symlink():
                link.unlink()

    def names(self) -> set[str]:
        """The names of all folders of jobs: a job's number, or for what was set aside the number and more."""
        return {name for parent in self._parents for name in _listed(parent) if _OURS.fullmatch(name)}

    def modified_at(self, name: str) -> datetime | None:
        """When the folders of that name or a file in them were last changed; None where there are none any more."""
        moments = [moment for parent in self._parents for moment in _moments(parent, name)]
        return max(moments, default=None)

    @property
    def _parents(self) -> tuple[Path, ...]:
        return self.root, self.root / _LOGS, self.control

    def _log_folders(self, job_id: int) -> Sequence[Path]:
        """The folder for the log; none for a job that began when logs lay among the results, and does still."""
        folder = self.aside(job_id)
        is_of_before = not folder.exists() and (self.folder(job_id) / log_name(job_id)).exists()
        return () if is_of_before else (folder,)


def _link_name(name: str) -> str:
    return f"job-{name}"


def log_name(job_id: int) -> str:
    """The name of a job's log."""
    return f"job-{job_id}.log"


def _inode(path: Path) -> Inode | None:
    with suppress(OSError):
        return inode_of(path.lstat())
    return None


def _is_there(folder: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _is_published(path: Path) -> bool:
    with suppress(OSError):
        return path.lstat().st_nlink > 1
    return False


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
