"""Who may do what with jobs: asked anew at each act."""

from dataclasses import dataclass, replace

from runner.errors import Refused, UnknownScript
from runner.jobs import Job, Requester
from runner.scripts import Script
from runner.settings import Settings
from runner.store import JobStore


class AccessSettings(Settings):
    """Who may do more than everybody: administrators see, cancel and rearrange all jobs, and pause the queue."""

    admins: tuple[str, ...] = ()
    """The e-mail addresses, as Slack knows them, of those who see everything of all jobs and may cancel them."""
    list_all_jobs: bool = True
    """Whether everybody sees which jobs others have, without what they entered: true or false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What people may do. ``operator`` is who works on the machine itself and could change everything there anyway."""

    access: AccessSettings
    jobs: JobStore
    operator: Requester | None = None

    def visible(self, person: Requester, job_id: int) -> Job:
        """The job; Refused where it is not there or not for this person, alike."""
        job = self.jobs.get(job_id)
        if job is None or not self.may_see(person, job):
            raise Refused(f"There is no job {job_id} that you may see.")
        return job

    def may_see(self, person: Requester, job: Job) -> bool:
        """Whether this person sees everything of the job, and may act on it."""
        return job.requester.user_id == person.user_id or self.is_admin(person)

    def may_see_script(self, person: Requester, name: str) -> bool:  # noqa: ARG002  # no rule is about scripts yet
        """Whether the script, or broken script, of that name is there for this person: every script is for all."""
        return True

    def check_script(self, person: Requester, script: Script) -> None:
        """UnknownScript where the script is not there for this person."""
        if not self.may_see_script(person, script.name):
            raise UnknownScript(script.name)

    def shown(self, person: Requester, job: Job) -> Job:
        """The job as this person may know of it: of others not what was entered, nor what their scripts said."""
        return job if self.may_see(person, job) else replace(job, values={}, reason=None, progress=None)

    def may_list_all(self, person: Requester) -> bool:
        """Whether this person sees which jobs others have."""
        return self.access.list_all_jobs or self.is_admin(person)

    def is_admin(self, person: Requester) -> bool:
        """Whether this person may do what all may not."""
        if person is self.operator:
            return True
        return person.email.casefold() in {email.casefold() for email in self.access.admins}

    def check_admin(self, person: Requester, what: str) -> None:
        """Refused where this person is no administrator."""
        if not self.is_admin(person):
            raise Refused(f"Only administrators may {what}.")
