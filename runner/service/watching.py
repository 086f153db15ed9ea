"""Who besides its requester is told how a job has ended, and what they see of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from runner.errors import ScriptRunnerError
from runner.jobs import Job, Requester, Watcher
from runner.messages.reports import Report
from runner.service.permissions import Permissions
from runner.store import WatcherStore
from runner.system.clock import Clock

_log = logging.getLogger(__name__)
MOST_WATCHERS = 20
"""Whom one job can be shared with."""


def seen_by_watchers(report: Report) -> Report:
    """What those see of a job's end whom it was shared with: all but how to fetch its results."""
    return replace(report, retrieval=None)


def check_count(watchers: Sequence[Watcher]) -> None:
    """ScriptRunnerError where a job would be shared with more than may be."""
    if len(watchers) > MOST_WATCHERS:
        raise ScriptRunnerError(f"A job can be shared with {MOST_WATCHERS} people and channels at most.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchingService:
    """Shares jobs; whoever may see a job may share it."""

    permissions: Permissions
    watchers: WatcherStore
    clock: Clock
    wake: Callable[[], object]

    def of(self, person: Requester, job_id: int) -> tuple[Job, list[Watcher]]:
        """The job and whom it is shared with; Refused where it is not there or not for this person, alike."""
        return self.permissions.visible(person, job_id), self.watchers.of(job_id)

    def share(self, person: Requester, job_id: int, watchers: Sequence[Watcher]) -> tuple[Job, list[Watcher]]:
        """Share a job with these and nobody else; the job, and who among them is new.

        They are told how it ends; at once where it has ended. Refused as in ``of``, ScriptRunnerError where they are
        more than may be.
        """
        check_count(watchers)
        job = self.permissions.visible(person, job_id)
        new = self.watchers.replace(job.id, watchers, now=self.clock())
        _log.info("job %d shared with %d more by %s", job.id, len(new), person.user_id)
        self.wake()
        return job, new
