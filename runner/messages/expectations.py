"""What is to be expected of a job, in words for one reader: its place, its start and end, and what keeps it."""

from collections.abc import Iterator

from runner.jobs import Job, Pause, State
from runner.messages.outlook import Outlook
from runner.messages.reader import Reader
from runner.scheduling import Forecast
from runner.system.text import Moment, Told, clipped, visible

_NAME = 60
_REASON = 300
_NOT_KNOWN = "not known yet"


def pausing(pause: Pause) -> Told:
    """That no job starts, by whose word if it is somebody's, and why."""
    reason = clipped(visible(pause.reason), _REASON).rstrip(".")
    if pause.paused_by is None:
        return [f"⏸️ No job starts now: {reason}"]
    by = clipped(visible(pause.paused_by), _NAME)
    return [f"⏸️ The queue is paused by {by} since ", Moment(pause.paused_at), f": {reason}"]


def starting(forecast: Forecast | None, reader: Reader) -> Told:
    """When a job is going to start, in words; empty where it runs, or is not looked at."""
    if forecast is None or forecast.start is None:
        return []
    return reader.between(forecast.start) or [f"{_NOT_KNOWN}: what comes first has not run before"]


def ending(forecast: Forecast | None, reader: Reader) -> Told:
    """When it is going to end, and how that is known; empty where it is not looked at."""
    if forecast is None:
        return []
    runs = forecast.run_count
    known = "it has not run before" if runs == 0 else "as it ran once before" if runs == 1 else f"as {runs} runs say"
    if told := reader.between(forecast.end):
        return [*told, f" ({'as it says itself' if forecast.is_reported else known})"]
    return [f"{_NOT_KNOWN}: {known if runs == 0 else 'what comes first has not run before'}"]


def place(number: int) -> str:
    """A place in the queue."""
    return "next in the queue" if number <= 1 else f"number {number} in the queue"


def waiting(job: Job, outlook: Outlook) -> Told:
    """Why a job that waits does not start now; empty where the queue is paused, or nothing keeps it."""
    if job.held_at is not None:
        by = clipped(visible(job.held_by or ""), _NAME)
        return [f"held by {by} since ", Moment(job.held_at), ": it does not start until it is released"]
    if job.not_before is not None:
        return ["the next attempt starts after ", Moment(job.not_before)]
    return [obstacle] if (obstacle := outlook.obstacle or _before(outlook)) else []


def facts(job: Job, outlook: Outlook, reader: Reader) -> Iterator[tuple[str, Told]]:
    """All of it that is known of a job that waits or runs, with labels."""
    if job.state is State.QUEUED:
        if words := waiting(job, outlook):
            yield "Waits", words
        if outlook.paused is not None:
            yield "Paused", pausing(outlook.paused)
        if outlook.place:
            yield "Place in the queue", [str(outlook.place)]
        if starts := starting(outlook.forecast, reader):
            yield "Expected to start", starts
    if ends := ending(outlook.forecast, reader):
        yield "Expected to end", ends
    if job.state is State.RUNNING and job.stops_at is not None:
        yield "Stopped at the latest", [Moment(job.stops_at)]


def _before(outlook: Outlook) -> str:
    """That others come first, where nothing else is in its way."""
    others = outlook.place - 1
    return "" if outlook.paused or others < 1 else "1 job comes first" if others == 1 else f"{others} jobs come first"
