"""What became of an attempt that no runner has watched lately: it runs, has ended, or never began."""

from dataclasses import dataclass

from runner.executors import Attempt, EndedBy, Outcome
from runner.executors.registry import Executors
from runner.files import Results
from runner.jobs import Job
from runner.system.boot import BootRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinder:
    """Looks for attempts that ran when a runner stopped or was killed, or whose start met with trouble."""

    results: Results
    executors: Executors
    boot: BootRecord

    def find(self, job: Job) -> Attempt | Outcome:
        """The attempt, alive to be watched, or how it ended; OSError or NotSeen where that cannot be seen now."""
        found: Attempt | Outcome = Outcome(ended_by=EndedBy.NEVER_BEGAN)
        if self.results.was_made(job.id):
            found = self.executors.find(job, records=self.results.records(job.id))
        if self.boot.is_new and isinstance(found, Outcome) and found.ended_by is EndedBy.NEVER_BEGAN:
            return Outcome(ended_by=EndedBy.UNKNOWN)  # it may have run: its records were not on the disk yet
        return found
