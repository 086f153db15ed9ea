"""How much longer the files of a job may be kept; pure."""

from datetime import datetime, timedelta

from runner.jobs.job import Job

WEEK = timedelta(days=7)


def extension(job: Job, *, most: timedelta, now: datetime) -> timedelta:
    """What is added to the time for which a job's files are kept when somebody wants them longer: a week, or the rest.

    ``most`` is what may be added in all. Nothing where that is used up, or there is nothing left to keep.
    """
    if job.expires_at is None or job.expires_at <= now or job.deleted_at is not None:
        return timedelta()
    return max(timedelta(), min(WEEK, most - job.kept_longer))
