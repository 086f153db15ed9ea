"""The steps in which a script says that it works."""

from dataclasses import dataclass
from enum import StrEnum


class StepStatus(StrEnum):
    """How far a step is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as the script tells it, not yet escaped."""

    title: str
    status: StepStatus = StepStatus.RUNNING
    details: str = ""
