"""Which jobs are meant: of whom, of which script, in which states, since when; pure."""

from dataclasses import dataclass
from datetime import datetime

from runner.jobs.job import State


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What all the jobs have that are meant; None is for what does not matter.

    ``since`` is when they were requested at the earliest.
    """

    user_id: str | None = None
    script: str | None = None
    states: frozenset[State] | None = None
    since: datetime | None = None
