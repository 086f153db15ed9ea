"""The folders of jobs: the outbox that holds a job's results, and the control folder beside it that only we use."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner import folders
from runner.folders import File

_TAIL_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where each job's results (``<outbox>/12``) and its supervisor's records (``<control>/12``) are."""

    results: Path
    control: Path

    def make(self, job_id: int) -> None:
        """Make both folders of a job, private; they may be there from an attempt that never began."""
        folders.make_private(self.folder(job_id))
        folders.make_private(self.records(job_id))

    def folder(self, job_id: int) -> Path:
        """The job's working directory and outbox folder."""
        return self.results / str(job_id)

    def records(self, job_id: int) -> Path:
        """The job's control folder."""
        return self.control / str(job_id)

    def log(self, job_id: int) -> Path:
        """The file that takes the script's output; it lies among the results, to be fetched with them."""
        return self.folder(job_id) / log_name(job_id)

    def files(self, job_id: int) -> list[File]:
        """What the job has written besides its log, by name; empty where its folder is gone."""
        try:
            with folders.opened(self.folder(job_id)) as folder:
                found = [file for file in folders.files(folder) if file.name != log_name(job_id)]
        except OSError:
            return []
        return sorted(found, key=lambda file: file.name)

    def log_tail(self, job_id: int, *, at_most_lines: int = 30) -> str:
        r"""The last lines of the job's log, undecodable bytes shown as ``\xNN``; empty where there is none."""
        try:
            with folders.opened(self.folder(job_id)) as folder:
                content = _tail(folders.open_file(folder, log_name(job_id)))
        except OSError:
            return ""
        return "\n".join(content.decode(errors="backslashreplace").splitlines()[-at_most_lines:])

    def exists(self, job_id: int) -> bool:
        """Whether the job's results are still there."""
        return self.folder(job_id).is_dir()

    def modified_at(self, job_id: int) -> datetime:
        """When either folder of a job was last changed."""
        places = [place for place in (self.folder(job_id), self.records(job_id)) if place.exists()]
        return max(datetime.fromtimestamp(place.lstat().st_mtime, UTC) for place in places)

    def remove(self, job_id: int) -> None:
        """Delete both folders of a job with all in them, never through a link."""
        for parent in (self.results, self.control):
            with folders.opened(parent) as handle:
                folders.remove_tree(handle, str(job_id))

    def job_ids(self) -> Iterator[int]:
        """The numbers of all jobs that have a folder."""
        for parent in (self.results, self.control):
            yield from (int(entry.name) for entry in parent.iterdir() if entry.name.isascii() and entry.name.isdigit())


def log_name(job_id: int) -> str:
    """The name of a job's log among its results."""
    return f"job-{job_id}.log"


def _tail(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        start = max(0, os.fstat(handle).st_size - _TAIL_BYTES)
        file.seek(start)
        content = file.read(_TAIL_BYTES)
    return content[content.find(b"\n") + 1 :] if start else content
