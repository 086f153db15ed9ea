"""Reminds people, once for each date, of the files that are to be deleted, before they are."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.files import OWN, Inbox, Results
from runner.store import Candidate, ExpiryStore
from runner.system.clock import Clock

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Owes each person one message about all their jobs whose files go ``ahead`` of now or that long after.

    So nobody is told more often than once in that time, however many jobs they have. What is told of too late is kept
    for that time from then on. ``keep`` is how long an input is kept.
    """

    expiry: ExpiryStore
    results: Results
    inbox: Inbox
    runner: str
    ahead: timedelta
    keep: timedelta
    clock: Clock

    def remind(self) -> int:
        """Owe what is to be told now; of how many jobs that is. StoreError where the database is away."""
        now = self.clock()
        people = self.expiry.people_to_remind(self.runner, before=now + self.ahead)
        return sum(self._remind(user_id, now) for user_id in people)

    def _remind(self, user_id: str, now: datetime) -> int:
        found = self.expiry.candidates(user_id, self.runner, before=now + 2 * self.ahead)
        with_files = [each.id for each in found if self._has_files(each)]
        told = self.expiry.remind(with_files, now=now, until=now + self.ahead) if with_files else 0
        self.expiry.pass_over(_without(found, with_files), now=now)
        if told:
            _log.info("%s reminded of the files of %d jobs", user_id, told)
        return told

    def _has_files(self, job: Candidate) -> bool:
        return self.results.holds_anything(job.id) or any(
            self._goes_with(job, reference) for reference in job.inputs if reference.startswith(OWN)
        )

    def _goes_with(self, job: Candidate, reference: str) -> bool:
        """Whether an input is there that goes when the job does, and not later."""
        brought_at = self.inbox.brought_at(job.user_id, reference)
        return brought_at is not None and brought_at + self.keep <= job.expires_at


def _without(found: Sequence[Candidate], job_ids: Sequence[int]) -> list[int]:
    known = frozenset(job_ids)
    return [each.id for each in found if each.id not in known]
