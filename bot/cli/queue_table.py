"""The queue in a terminal: whether it is paused, what runs, and what is next with its expected start and end."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.cli.job_table import columns
from runner.jobs import Pause, State
from runner.scheduling import Range
from runner.service import Upcoming
from runner.system.text import clipped, span, visible

_NO_WAITING = timedelta(minutes=1)
_HEADINGS = ("PLACE", "JOB", "SCRIPT", "REQUESTER", "STARTS IN", "ENDS IN", "NOTE")


def lines(upcoming: Sequence[Upcoming], *, paused: Pause | None, waiting: int, now: datetime) -> Iterator[str]:
    """A line on the queue, and a table of jobs if there are any."""
    running = sum(each.job.state is State.RUNNING for each in upcoming)
    yield f"{running} running, {waiting} waiting"
    if paused is not None:
        when = paused.paused_at.astimezone().strftime("%Y-%m-%d %H:%M")
        by = "no job starts" if paused.paused_by is None else f"paused by {visible(paused.paused_by)}"
        yield f"{by} since {when}: {visible(paused.reason)}"
    if upcoming:
        yield from columns([_HEADINGS, *(_row(each, now) for each in upcoming)])


def _row(each: Upcoming, now: datetime) -> tuple[str, ...]:
    job, foreseen = each.job, each.forecast
    is_running = job.state is State.RUNNING
    return (
        "runs" if is_running else str(each.place or ""),
        str(job.id),
        clipped(visible(job.script), 40),
        visible(job.requester.email),
        "" if foreseen is None or foreseen.start is None else _within(foreseen.start, now),
        "" if foreseen is None else _within(foreseen.end, now),
        _note(each, now),
    )


def _within(moment: Range, now: datetime) -> str:
    """How long from now, at least and at most."""
    earliest = _from_now(moment.earliest, now)
    if moment.latest is None:
        return f"{earliest} or more" if moment.earliest - now > _NO_WAITING else "not known"
    latest = _from_now(moment.latest, now)
    return earliest if earliest == latest else f"{earliest} to {latest}"


def _from_now(moment: datetime, now: datetime) -> str:
    return "now" if moment - now < timedelta(seconds=1) else span(moment - now)


def _note(each: Upcoming, now: datetime) -> str:
    job = each.job
    if job.held_at is not None:
        return f"held by {visible(job.held_by or '')}"
    if job.not_before is not None and job.not_before > now:
        return f"attempt {job.attempt + 1} in {span(job.not_before - now)}"
    moved = "moved to the front" if job.front_at is not None and job.state is State.QUEUED else ""
    return ", ".join(filter(None, [moved, each.obstacle]))
