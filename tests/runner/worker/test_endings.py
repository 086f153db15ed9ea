"""What an attempt's outcome means for its job, in plain words that claim no more than is known."""

from collections.abc import Callable

import pytest

from runner.executors import EndedBy, Outcome
from runner.jobs import Job, State, Usage
from runner.worker.endings import ending

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(ended_by=EndedBy.MEMORY, memory_bytes=4 * GB), "It needed more memory than its limit of 4.0 GB."),
        (Outcome(ended_by=EndedBy.MEMORY), "It needed more memory than its limit."),
        (
            Outcome(ended_by=EndedBy.LOG, exit_code=0),
            "It was stopped because it wrote more to its log than the limit, where the log was cut.",
        ),
        (
            Outcome(ended_by=EndedBy.LOG, signal=15, max_log_bytes=GB),
            "It was stopped because it wrote more to its log than its limit of 1.0 GB, where the log was cut.",
        ),
        (
            Outcome(ended_by=EndedBy.NEVER_BEGAN, error="No space left on device"),
            "It could not be started: No space left on device: the disk is full.",
        ),
        (
            Outcome(ended_by=EndedBy.NEVER_STARTED, error="Resource temporarily unavailable"),
            "It could not be started: Resource temporarily unavailable: the machine takes no more processes.",
        ),
        (
            Outcome(ended_by=EndedBy.NEVER_STARTED, error="There is no script “a.sh”."),
            "It could not be started: There is no script “a.sh”.",
        ),
        (
            Outcome(ended_by=EndedBy.NEVER_BEGAN),
            "It could not be started: its supervisor ended before it began.",
        ),
    ],
)
def test_job_has_failed_for_the_reason_that_is_known(
    job_factory: Callable[..., Job], outcome: Outcome, reason: str
) -> None:
    found = ending(job_factory(State.RUNNING), outcome)

    assert (found.state, found.reason) == (State.FAILED, reason)


@pytest.mark.parametrize(
    ("used", "words"),
    [(int(3.9 * GB), "It had used 3.9 GB of the 4.0 GB of memory that it may use."), (3 * GB, None), (None, None)],
)
def test_script_that_failed_near_its_memory_limit_is_told_of_both(
    job_factory: Callable[..., Job], used: int | None, words: str | None
) -> None:
    usage = Usage(peak_memory_bytes=used)
    failed = Outcome(ended_by=EndedBy.ITSELF, exit_code=1, memory_bytes=4 * GB, usage=usage)
    killed = Outcome(ended_by=EndedBy.ITSELF, signal=6, memory_bytes=4 * GB, usage=usage)
    succeeded = Outcome(ended_by=EndedBy.ITSELF, exit_code=0, memory_bytes=4 * GB, usage=usage)
    job = job_factory(State.RUNNING)

    assert ending(job, failed).reason == words
    assert ending(job, killed).reason == "It was ended by the signal SIGABRT." + (f" {words}" if words else "")
    assert (ending(job, succeeded).state, ending(job, succeeded).reason) == (State.SUCCEEDED, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, "Its supervisor is gone and left no word of how it ended; what it did up to then stands."),
        ("it is somewhere else", "How it ended cannot be seen: it is somewhere else."),
    ],
)
def test_job_is_lost_for_the_reason_that_is_known(
    job_factory: Callable[..., Job], error: str | None, reason: str
) -> None:
    found = ending(job_factory(State.RUNNING), Outcome(ended_by=EndedBy.UNKNOWN, error=error))

    assert (found.state, found.reason) == (State.LOST, reason)
