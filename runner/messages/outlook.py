"""What is to be expected of a job: its place, when it starts and ends, and what keeps it from that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from runner.jobs import Job, Pause
from runner.scheduling import Forecast, NearLimit
from runner.system.text import size

_TOLD_FROM = 0.8  # of what may be taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A job that runs or waits, its place, 0 where it runs or is held, and what can be foreseen of it, if anything.

    ``obstacle`` is what keeps one that waits from starting now, in words, empty where only others come first.
    """

    job: Job
    place: int
    forecast: Forecast | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How long a script's jobs ran lately: the middle half of ``run_count`` successful runs."""

    shortest: timedelta
    longest: timedelta
    run_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsUse:
    """What a person's results take of the disk, what they may take, and what those of one job may."""

    size_bytes: int
    max_bytes: int
    max_bytes_of_job: int

    @property
    def is_nearly_full(self) -> bool:
        """Whether its owner should think of it."""
        return self.size_bytes >= self.max_bytes * _TOLD_FROM

    def __str__(self) -> str:
        """``1.2 GB of the 200.0 GB that they may``."""
        return f"{size(self.size_bytes)} of the {size(self.max_bytes)} that they may"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is to be expected of a job, or of one that somebody would ask for now.

    ``place`` is its place among those that wait, from 1; 0 where it waits no longer, or is held. ``paused`` says why no
    job starts, or none of its requester's, if that is so; then, and where too much comes before to tell, nothing is
    forecast. ``obstacle`` is what keeps a job that waits from starting now, in words, empty where only others come
    first, or it is held or put off. ``expected``, ``results`` and ``limit`` are told of jobs that are not asked for
    yet: the last where their script and requester have little room left for another. So is whether ``is_memory_held``,
    which says that all processes of a job together have no more memory than its script's limit.
    """

    place: int
    paused: Pause | None = None
    forecast: Forecast | None = None
    obstacle: str = ""
    expected: Expected | None = None
    results: ResultsUse | None = None
    is_memory_held: bool = True
    limit: NearLimit | None = None


def expected_of(runtimes: Sequence[timedelta]) -> Expected | None:
    """How long a job is going to run, as the past runs of its script say; None where there are none."""
    if not runtimes:
        return None
    ordered = sorted(runtimes)
    middle = ordered[len(ordered) // 4 : -(len(ordered) // 4) or None]
    return Expected(shortest=middle[0], longest=middle[-1], run_count=len(ordered))
