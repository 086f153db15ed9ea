"""Between jobs and their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from runner.jobs import Ending, Job, JobOptions, Progress, Requester, State, Step, StepStatus, ToldValue, Usage, Watcher
from runner.scheduling import moved_at
from runner.system.text import readable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a submission brings; ``submission`` is unique to it, so that one delivered twice makes one job.

    ``inputs`` are the inbox references among the values: cleanup keeps their files while the job is not finished.
    ``outputs`` are the names of what the script is to write, ``watchers`` are told of its end beside its requester.
    """

    submission: str
    script: str
    title: str
    values: Mapping[str, str]
    inputs: Sequence[str]
    requester: Requester
    told: Sequence[ToldValue] = ()
    outputs: Sequence[str] = ()
    watchers: Sequence[Watcher] = ()
    script_digest: str | None = None
    options: JobOptions = field(default_factory=JobOptions)


def new_row(new: NewJob, *, now: datetime) -> dict[str, object]:
    """The row of a job that is queued now."""
    person = new.requester
    return {
        "submission": new.submission,
        "script": new.script,
        "title": new.title,
        "arguments": dict(new.values),
        "inputs": list(new.inputs),
        "user_id": person.user_id,
        "team_id": person.team_id,
        "email": person.email,
        "name": person.name,
        "time_zone": person.time_zone,
        "told": [[each.label, each.text, each.is_usual] for each in new.told],
        "outputs": list(new.outputs),
        "state": State.QUEUED,
        "requested_at": now,
        "script_digest": new.script_digest,
        **{option: getattr(new.options, option) for option in _OPTIONS},
    }


def ending_row(ending: Ending) -> dict[str, object]:
    """What a row says of how an attempt ended."""
    usage = ending.usage or Usage()
    return {
        "state": ending.state,
        "reason": ending.reason,
        "exit_code": ending.exit_code,
        "peak_memory_bytes": usage.peak_memory_bytes,
        "cpu_time": usage.cpu_time,
    }


def progress_row(progress: Progress) -> dict[str, object]:
    """Progress as it is kept."""
    table = None if progress.table is None else dict(progress.table)
    after = None if progress.percent_after is None else progress.percent_after.total_seconds()
    told = {"percent": progress.percent, "percent_after": after}
    steps = [[step.title, step.status, step.details] for step in progress.steps]
    return told | {"status": progress.status, "label": progress.label, "table": table, "steps": steps}


def progress_of(told: Mapping[str, Any]) -> Progress:
    """What was kept of it."""
    after = told.get("percent_after")
    steps = tuple(
        Step(title=title, status=StepStatus(status), details=details)
        for title, status, details in told.get("steps", ())
    )
    return Progress(**{**told, "percent_after": None if after is None else timedelta(seconds=after), "steps": steps})


def job_of(row: Row[Any]) -> Job:
    """The job of a whole row."""
    return Job(
        id=row.id,
        script=row.script,
        title=row.title,
        values=row.arguments,
        requester=_requester(row),
        state=State(row.state),
        requested_at=row.requested_at,
        reason=row.reason,
        exit_code=row.exit_code,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        cancel_requested_at=row.cancel_requested_at,
        cancel_requested_by=row.cancel_requested_by,
        attempt=row.attempt,
        held_by=row.held_by,
        held_at=row.held_at,
        front_at=moved_at(row.front),
        not_before=row.not_before,
        script_digest=row.script_digest,
        script_changed=row.script_changed,
        more_time=row.more_time or timedelta(),
        warned_at=row.warned_at,
        retry_count=row.retry_count,
        progress=None if row.progress is None else progress_of(row.progress),
        peak_memory_bytes=row.peak_memory_bytes,
        cpu_time=row.cpu_time,
        executor=row.executor,
        results_bytes=row.results_bytes,
        told=_told(row),
        outputs=tuple(row.outputs or ()),
        kept_longer=row.kept_longer or timedelta(),
        kept_by=row.kept_by,
        reminded_at=row.reminded_at,
        reminder=row.reminder,
        deleted_at=row.deleted_at,
        **{option: getattr(row, option) for option in _OPTIONS},
    )


def _requester(row: Row[Any]) -> Requester:
    return Requester(
        user_id=row.user_id,
        team_id=row.team_id,
        email=row.email,
        name=row.name,
        time_zone=row.time_zone or "UTC",
    )


def _told(row: Row[Any]) -> tuple[ToldValue, ...]:
    """What is kept; of jobs from before that was kept, the values."""
    if row.told is None:
        return tuple(ToldValue(label=readable(name), text=value) for name, value in row.arguments.items())
    return tuple(ToldValue(label=label, text=text, is_usual=is_usual) for label, text, is_usual in row.told)


_OPTIONS = tuple(option.name for option in fields(JobOptions))
