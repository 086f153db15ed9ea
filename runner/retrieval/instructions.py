"""What people are told to type to fetch results and to bring inputs, with the passwords of the built-in server."""

from dataclasses import dataclass, field
from datetime import datetime

from runner.files import Inbox, Results
from runner.jobs import Job, Requester, Retrieval
from runner.retrieval.commands import fetch, upload
from runner.retrieval.logins import Logins
from runner.retrieval.settings import RetrievalSettings
from runner.system.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadInstructions:
    """How a person brings input files: a command and, for the built-in server, a password and its end."""

    command: str
    password: str | None = field(default=None, repr=False)
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Writes the commands; each is for the eyes of the one person it is for."""

    logins: Logins
    settings: RetrievalSettings
    results: Results
    inbox: Inbox
    clock: Clock

    def retrieval(self, job: Job) -> Retrieval:
        """How the job's requester fetches its results."""
        login = self.logins.job_login(job)
        results, served = self.results, self.settings.server
        folder = results.folder(job.id) if served else results.named_folder(job.id)
        command = fetch(login=login, settings=self.settings, folder=folder)
        return Retrieval(command=command, password=login.password if served else None)

    def upload(self, person: Requester) -> UploadInstructions:
        """How this person brings files; their own folder, which lets them log in, is made where it is absent."""
        login = self.logins.upload_login(person.user_id, self.clock())
        command = upload(login=login, settings=self.settings, folder=self.inbox.own_folder(person))
        if not self.settings.server:
            return UploadInstructions(command=command)
        return UploadInstructions(command=command, password=login.password, valid_until=login.valid_until)
