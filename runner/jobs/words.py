"""A job in words: its state, what became of it and the time it may still be given; pure."""

from datetime import timedelta

from runner.jobs.job import Job, State

STATE_WORDS = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.TIMED_OUT: "timed out",
    State.LOST: "lost",
}
STATE_SIGNS = {
    State.QUEUED: "🕓",
    State.RUNNING: "▶️",
    State.SUCCEEDED: "✅",
    State.FAILED: "❌",
    State.CANCELLED: "🚫",
    State.TIMED_OUT: "⏰",
    State.LOST: "❓",
}


def outcome(job: Job) -> str:
    """What became of a job, in one clause: ``failed with exit code 3: …``."""
    words = STATE_WORDS[job.state]
    if job.exit_code:
        words += f" with exit code {job.exit_code}"
    return f"{words}: {job.reason}" if job.reason else words


def grantable(job: Job) -> timedelta:
    """The time that may still be added to a running job's limit."""
    return max(timedelta(), job.grantable - job.more_time) if job.state is State.RUNNING else timedelta()
