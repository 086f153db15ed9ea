"""Files of jobs that people have sent to them: asked for here, sent by the runner."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from runner.errors import Refused, ScriptRunnerError
from runner.files import File, Results, SharingSettings, refusal
from runner.jobs import FileKind, Job, Requester, Retrieval, WantedFile
from runner.service.logs import LogService
from runner.service.permissions import Permissions
from runner.store import Asked, FileStore
from runner.system.clock import Clock
from runner.system.text import quoted, size

_MOST_OFFERED = 90
_LONGEST_WORD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SendableResult:
    """A result that can be sent, by a ``key`` that is short whatever its name is."""

    key: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendableResults:
    """The first results of a job with a word in their names, by name, that can be sent, and how many besides cannot.

    ``all_bytes`` is how much all results take that go as one archive; None where they take too much, or are one.
    ``retrieval`` says how to fetch what cannot be sent.
    """

    job: Job
    word: str
    found: Sequence[SendableResult]
    too_large: int = 0
    all_bytes: int | None = None
    retrieval: Retrieval | None = None


class SendingService:
    """What is sent to people who ask for it: results to who asked for the job, logs to those who may see them.

    ``retrieve`` says how to fetch a job's results, ``wake`` tells the runner that there is something to send.
    """

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        permissions: Permissions,
        results: Results,
        files: FileStore,
        logs: LogService,
        settings: SharingSettings,
        retrieve: Callable[[Job], Retrieval],
        clock: Clock,
        wake: Callable[[], object],
    ) -> None:
        self._permissions = permissions
        self._results = results
        self._files = files
        self._logs = logs
        self._settings = settings
        self._retrieve = retrieve
        self._clock = clock
        self._wake = wake

    def send_log(self, person: Requester, job_id: int) -> Asked:
        """Have a job's log sent as it is now; raises as ``LogService.check_sendable``."""
        job, size_bytes = self._logs.check_sendable(person, job_id)
        return self._ask(person, job, WantedFile(kind=FileKind.LOG, size_bytes=size_bytes))

    def sendable(self, person: Requester, job_id: int, word: str = "") -> SendableResults:
        """The results that can be sent with this word in their names.

        Refused where the job is not there or not this person's: results are the requester's own.
        """
        job = self._of_requester(person, job_id)
        written = self._results.files(job.id)
        wanted = word[:_LONGEST_WORD].casefold()
        fitting = [file for file in written.files if not refusal(file, self._settings)]
        named = [file for file in fitting if wanted in file.name.casefold()]
        total = sum(file.size_bytes for file in written.files)
        may_be_one = len(written.files) > 1 and not written.are_more and 0 < total <= self._settings.max_size
        return SendableResults(
            job=job,
            word=wanted,
            found=[_sendable(file) for file in named[:_MOST_OFFERED]],
            too_large=len(written.files) - len(fitting),
            all_bytes=total if may_be_one else None,
            retrieval=self._retrieve(job) if job.state.is_final and len(fitting) < len(written.files) else None,
        )

    def send_all(self, person: Requester, job_id: int) -> Asked:
        """Have all results sent as one archive; ScriptRunnerError where they are too many bytes, or none."""
        found = self.sendable(person, job_id)
        if found.all_bytes is None:
            most = size(self._settings.max_size)
            raise ScriptRunnerError(f"All results of job {job_id} cannot be sent as one archive of at most {most}.")
        return self._ask(person, found.job, WantedFile(kind=FileKind.ALL))

    def send_result(self, person: Requester, job_id: int, key: str) -> Asked:
        """Have one result sent, by its key; ScriptRunnerError where it is not there any more or cannot be sent."""
        job = self._of_requester(person, job_id)
        file = next((file for file in self._results.files(job.id).files if _key(file) == key), None)
        if file is None:
            raise ScriptRunnerError(f"Job {job.id} has no such result any more.")
        if reason := refusal(file, self._settings):
            raise ScriptRunnerError(f"{quoted(file.name)} cannot be sent: {reason}.")
        return self._ask(person, job, WantedFile(kind=FileKind.RESULT, name=file.name))

    def _of_requester(self, person: Requester, job_id: int) -> Job:
        job = self._permissions.visible(person, job_id)
        if job.requester.user_id != person.user_id:
            raise Refused(f"The results of job {job.id} are sent only to {job.requester.name}, who asked for it.")
        return job

    def _ask(self, person: Requester, job: Job, wanted: WantedFile) -> Asked:
        asked = self._files.ask(job, wanted, by=person, batch=token_hex(8), now=self._clock())
        self._wake()
        return asked


def _sendable(file: File) -> SendableResult:
    return SendableResult(key=_key(file), name=file.name, size_bytes=file.size_bytes)


def _key(file: File) -> str:
    return sha256(os.fsencode(file.name)).hexdigest()[:32]
