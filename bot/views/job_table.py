"""Jobs in a terminal: as a table, or as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from runner.jobs import Job
from runner.wording import clipped, span, visible

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
    """The job with everything but its values, which may be confidential; times as ISO 8601."""
    moments = ("requested_at", "started_at", "finished_at", "expires_at")
    return {
        "id": job.id,
        "script": job.script,
        "title": job.title,
        "state": job.state,
        "reason": job.reason,
        "exit_code": job.exit_code,
        "attempt": job.attempt,
        "requester": {"user_id": job.requester.user_id, "email": job.requester.email, "name": job.requester.name},
    } | {name: moment and moment.isoformat() for name in moments for moment in [getattr(job, name)]}


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    duration = job.duration(now)
    return (
        str(job.id),
        job.state,
        clipped(visible(job.script), 40),
        visible(job.requester.email),
        job.requested_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        "" if duration is None else span(duration),
        clipped(visible(job.reason or ""), 60),
    )
