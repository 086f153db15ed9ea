"""Who may do what with jobs: asked anew at each act."""

import re
from dataclasses import dataclass, replace

from pydantic import field_validator

from runner.errors import Refused, UnknownScript
from runner.jobs import Job, Requester
from runner.scripts import Script
from runner.settings import Settings
from runner.store import JobStore
from runner.system.text import quoted

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_SMALL = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class AccessSettings(Settings):
    """Who may do more than everybody: administrators see, cancel and rearrange all jobs, and pause the queue."""

    admins: tuple[str, ...] = ()
    """The e-mail addresses or Slack user ids, as Slack knows them, of those who see and may cancel all jobs."""
    list_all_jobs: bool = True
    """Whether everybody sees which jobs others have, without what they entered: true or false."""

    @field_validator("admins")
    @classmethod
    def _are_people(cls, admins: tuple[str, ...]) -> tuple[str, ...]:
        for each in admins:
            if not _USER_ID.fullmatch(each) and each.count("@") != 1:
                raise ValueError(f"{quoted(each)} is neither an e-mail address nor a Slack user id")
        return admins


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
        return (
            job
            if self.may_see(person, job)
            else replace(job, values={}, told=(), outputs=(), reason=None, progress=None)
        )

    def may_list_all(self, person: Requester) -> bool:
        """Whether this person sees which jobs others have."""
        return self.access.list_all_jobs or self.is_admin(person)

    def is_admin(self, person: Requester) -> bool:
        """Whether this person may do what all may not."""
        if person is self.operator:
            return True
        return any(_is_meant(person, each) for each in self.access.admins)

    def check_admin(self, person: Requester, what: str) -> None:
        """Refused where this person is no administrator."""
        if not self.is_admin(person):
            raise Refused(f"Only administrators may {what}.")


def _is_meant(person: Requester, written: str) -> bool:
    """Whether a user id, or an e-mail address, is this person's.

    Of an address only the case of A to Z does not matter: with all of Unicode, other letters become those of somebody
    else's address, as the Kelvin sign becomes k.
    """
    if _USER_ID.fullmatch(written):
        return person.user_id == written
    return person.email.translate(_SMALL) == written.translate(_SMALL)
