"""What a job is, what becomes of it and what is owed to its requester: values alone, pure."""

from runner.jobs.job import (
    TRANSITIONS,
    UNFINISHED,
    AttemptRecord,
    Ending,
    Job,
    JobOptions,
    Pause,
    Progress,
    Requester,
    Retries,
    State,
    ToldValue,
    Usage,
    check_transition,
)
from runner.jobs.notification import OWN, Event, Notification, Trouble
from runner.jobs.preset import LAST, MAX_NAME, MAX_PRESETS, Preset
from runner.jobs.retention import WEEK, extension
from runner.jobs.retrieval import Retrieval
from runner.jobs.words import STATE_SIGNS, STATE_WORDS, grantable, outcome

__all__ = [
    "LAST",
    "MAX_NAME",
    "MAX_PRESETS",
    "OWN",
    "STATE_SIGNS",
    "STATE_WORDS",
    "TRANSITIONS",
    "UNFINISHED",
    "WEEK",
    "AttemptRecord",
    "Ending",
    "Event",
    "Job",
    "JobOptions",
    "Notification",
    "Pause",
    "Preset",
    "Progress",
    "Requester",
    "Retries",
    "Retrieval",
    "State",
    "ToldValue",
    "Trouble",
    "Usage",
    "check_transition",
    "extension",
    "grantable",
    "outcome",
]
