"""Who may log in to the SSH server, and what each user name gives access to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.files import Inbox, InboxLimits, Results
from runner.jobs import Job
from runner.retrieval.logins import Logins, named_job, named_person
from runner.system.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One folder, with the passwords that open it, to read or to bring files to, within ``limits`` if there are any."""

    passwords: tuple[str, ...] = field(repr=False)
    folder: Path
    owner: str
    """The person's Slack user id: what they may have at once is counted over all user names of theirs."""
    ours: Sequence[Path] = ()
    """What has a name among the results of the job besides its own elsewhere, such as its log."""
    writable: bool = False
    max_size_bytes: int = 0
    limits: InboxLimits | None = None


AccountLookup = Callable[[str], Account | None]
"""Finds the account of a user name, None where there is none; called in threads, and may read the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """All accounts of an installation: one for each job that has results, one for each person who was told of theirs.

    ``find_job`` gives the job of a number, None where there is none.
    """

    find_job: Callable[[int], Job | None]
    results: Results
    inbox: Inbox
    logins: Logins
    max_upload_bytes: int
    clock: Clock

    def account(self, user: str) -> Account | None:
        """What a user name gives access to now; None where nobody can log in by it."""
        job_id, user_id = named_job(user), named_person(user)
        if job_id is not None:
            return self._of_job(job_id)
        return None if user_id is None else self._of_person(user_id)

    def _of_job(self, job_id: int) -> Account | None:
        job = self.find_job(job_id)
        if job is None or not self.results.exists(job_id):
            return None
        return Account(
            passwords=(self.logins.job_login(job).password,),
            folder=self.results.folder(job_id),
            ours=self.results.ours(job_id),
            owner=job.requester.user_id,
        )

    def _of_person(self, user_id: str) -> Account | None:
        """Folders are made when their owners are told the password: nobody else has one."""
        if user_id not in set(self.inbox.owners()):
            return None
        return Account(
            passwords=self.logins.upload_passwords(user_id, self.clock()),
            folder=self.inbox.folder / user_id,
            owner=user_id,
            writable=True,
            max_size_bytes=self.max_upload_bytes,
            limits=self.inbox.limits,
        )
