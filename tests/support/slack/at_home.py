"""What somebody's Home tab is drawn from, with what a test cares about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from runner.jobs import Job
from runner.service import HomeContents, Upcoming


def at_home(*jobs: Job, obstacles: Mapping[int, str] | None = None, **more: Any) -> HomeContents:
    """The home of somebody with these jobs; ``obstacles`` by their numbers."""
    kept = obstacles or {}
    unfinished = [job for job in jobs if not job.state.is_final]
    usual: dict[str, Any] = {
        "unfinished": [Upcoming(job=job, place=0, forecast=None, obstacle=kept.get(job.id, "")) for job in unfinished],
        "more_waiting": 0,
        "ended": [job for job in jobs if job.state.is_final],
        "deleted_next": (),
        "paused": None,
        "running_count": 0,
        "waiting_count": 0,
        "favourites": (),
        "used": (),
        "starters": (),
        "inbox_use": None,
        "keep": timedelta(days=7),
        "machine": None,
    }
    return HomeContents(**usual | more)
