"""Finds what is to be sent of a job: which results its script shares, and the content of each."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from runner.files import (
    MOST_CONSIDERED,
    MOST_LOG_BYTES,
    Results,
    SentFile,
    SharingSettings,
    opened_log,
    opened_result,
    share,
    sharing_order,
    zipped,
)
from runner.jobs import FileKind, Job, OwedFile
from runner.system.text import clipped, visible

_TITLE_LENGTH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """The files of jobs as they are on the disk; ``find`` gives a job by its number, None where it is gone."""

    find: Callable[[int], Job | None]
    results: Results
    settings: SharingSettings

    def shared(self, job: Job) -> Sequence[str]:
        """The names of the results that its script shares, as far as they fit the settings."""
        order = sharing_order(job.share, job.outputs, self.settings)
        found = self.results.files(job.id, at_most=MOST_CONSIDERED, order=order)
        return [file.name for file in share(found.files, job.share, self.settings).sent]

    def opened(self, file: OwedFile, go_on: Callable[[], None]) -> AbstractContextManager[SentFile]:
        """The content of a file that is owed; NotToSend where there is none."""
        match file.kind:
            case FileKind.LOG:
                return opened_log(self.results, file.job_id, size_bytes=file.size_bytes or MOST_LOG_BYTES)
            case FileKind.ALL:
                return zipped(self.results, file.job_id, max_bytes=self.settings.max_size, go_on=go_on)
            case FileKind.RESULT | FileKind.SHARED:
                return opened_result(self.results, file.job_id, file.name, max_bytes=self.settings.max_file_size)


def title(file: OwedFile) -> str:
    """What a file is called where it is shown."""
    match file.kind:
        case FileKind.LOG:
            return f"Log of job {file.job_id}"
        case FileKind.ALL:
            return f"All results of job {file.job_id}"
        case FileKind.RESULT | FileKind.SHARED:
            return clipped(visible(file.name), _TITLE_LENGTH)


def comment(job: Job, files: Sequence[OwedFile]) -> str:
    """What is said above the files of one message."""
    what = title(files[0]) if files[0].kind in (FileKind.LOG, FileKind.ALL) else f"Results of job {job.id}"
    return f"{what}: {clipped(visible(job.title), _TITLE_LENGTH)}"
