"""Jobs in a terminal: as a table, or as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from runner.jobs import Job, State
from runner.messages import progress
from runner.system.text import clipped, span, visible

_MOMENTS = (
    "requested_at",
    "started_at",
    "finished_at",
    "expires_at",
    "held_at",
    "not_before",
    "front_at",
    "warned_at",
    "stops_at",
)
_SPANS = ("time_limit", "more_time", "grantable", "cpu_time")
_HEADINGS = ("JOB", "STATE", "SCRIPT", "REQUESTER", "REQUESTED", "DURATION", "REASON")


def lines(jobs: Iterable[Job], *, now: datetime) -> Iterator[str]:
    """A table with headings; times in the machine's time zone."""
    yield from columns([_HEADINGS, *(_row(job, now) for job in jobs)])


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The rows with their cells below one another."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_json(job: Job) -> dict[str, object]:
    """The job with everything but its values, which may be confidential; times as ISO 8601, spans in seconds."""
    return {
        "id": job.id,
        "script": job.script,
        "title": job.title,
        "state": job.state,
        "reason": job.reason,
        "exit_code": job.exit_code,
        "attempt": job.attempt,
        "retry_count": job.retry_count,
        "requester": {"user_id": job.requester.user_id, "email": job.requester.email, "name": job.requester.name},
        "priority": job.priority,
        "held_by": job.held_by,
        "script_digest": job.script_digest,
        "script_changed": job.script_changed,
        "cpus": job.cpus,
        "memory_bytes": job.memory_bytes,
        "peak_memory_bytes": job.peak_memory_bytes,
        "progress": job.progress and asdict(job.progress),
        **{name: moment and moment.isoformat() for name in _MOMENTS for moment in [getattr(job, name)]},
        **{f"{name}_seconds": _seconds(getattr(job, name)) for name in _SPANS},
    }


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    duration = job.duration(now)
    return (
        str(job.id),
        " ".join([job.state, *_marks(job)]),
        clipped(visible(job.script), 40),
        visible(job.requester.email),
        job.requested_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        "" if duration is None else span(duration),
        clipped(visible(job.reason or ""), 60),
    )


def _seconds(amount: timedelta | None) -> float | None:
    return None if amount is None else amount.total_seconds()


def _marks(job: Job) -> Iterator[str]:
    if job.state is State.QUEUED and job.held_at is not None:
        yield "(held)"
    if told := progress.percent(job):
        yield told
