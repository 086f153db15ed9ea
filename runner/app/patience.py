"""How long the parts of an installation wait."""

from dataclasses import dataclass
from datetime import timedelta

from runner.scripts import ReadingPatience


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long parts wait before they look by themselves, try once more, or give up; tests have less of it."""

    poll: timedelta = timedelta(seconds=5)
    """After which time at the latest the worker looks for jobs, should a wake-up be lost."""
    after_trouble: timedelta = timedelta(seconds=1)
    """How long the worker rests before it tries once more what went wrong."""
    database: timedelta = timedelta(seconds=5)
    """How long a database is waited for that others write to."""
    reading: ReadingPatience | None = None
    """How long the scripts' folder is waited for; without, as long as its disk takes."""


USUAL_PATIENCE = Patience()
