"""What is to be expected of a job, in words for one reader: its place, its start and end, and what keeps it."""

from runner.jobs import Job, Pause
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


def _before(outlook: Outlook) -> str:
    """That others come first, where nothing else is in its way."""
    others = outlook.place - 1
    return "" if outlook.paused or others < 1 else "1 job comes first" if others == 1 else f"{others} jobs come first"
