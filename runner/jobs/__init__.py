"""What a job is, what becomes of it and what is owed to its requester: values alone, pure."""

from runner.jobs.job import (
    TRANSITIONS,
    UNFINISHED,
    AttemptRecord,
    Ending,
    Job,
    JobOptions,
    NotifyRule,
    Pause,
    Progress,
    Requester,
    Retries,
    State,
    ToldValue,
    Usage,
    check_transition,
)
from runner.jobs.job_filter import JobFilter
from runner.jobs.notification import ENDS, OWN, Event, Notification, Trouble
from runner.jobs.owed_file import END_BATCH, SHARED_AFTER, STDOUT, FileKind, OwedFile, UnsentFile, WantedFile
from runner.jobs.preferences import Preferences, QuietHours, Topic, topic_of
from runner.jobs.preset import LAST, MAX_NAME, MAX_PRESETS, Preset
from runner.jobs.retention import WEEK, extension
from runner.jobs.retrieval import Retrieval
from runner.jobs.steps import Step, StepStatus
from runner.jobs.watcher import Watcher
from runner.jobs.words import STATE_SIGNS, STATE_WORDS, grantable, outcome

__all__ = [
    "ENDS",
    "END_BATCH",
    "LAST",
    "MAX_NAME",
    "MAX_PRESETS",
    "OWN",
    "SHARED_AFTER",
    "STATE_SIGNS",
    "STATE_WORDS",
    "STDOUT",
    "TRANSITIONS",
    "UNFINISHED",
    "WEEK",
    "AttemptRecord",
    "Ending",
    "Event",
    "FileKind",
    "Job",
    "JobFilter",
    "JobOptions",
    "Notification",
    "NotifyRule",
    "OwedFile",
    "Pause",
    "Preferences",
    "Preset",
    "Progress",
    "QuietHours",
    "Requester",
    "Retries",
    "Retrieval",
    "State",
    "Step",
    "StepStatus",
    "ToldValue",
    "Topic",
    "Trouble",
    "UnsentFile",
    "Usage",
    "WantedFile",
    "Watcher",
    "check_transition",
    "extension",
    "grantable",
    "outcome",
    "topic_of",
]
