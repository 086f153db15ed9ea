"""What there is to say of a job's steps; pure."""

from collections.abc import Sequence
from dataclasses import replace

from runner.jobs import Job, State, Step, StepStatus
from runner.system.text import visible


def as_of(job: Job) -> Sequence[Step]:
    """The steps as the job's state has them: none runs on when the job does not."""
    steps = () if job.progress is None else job.progress.steps
    if not job.state.is_final:
        return steps
    ended = StepStatus.DONE if job.state is State.SUCCEEDED else StepStatus.FAILED
    return [replace(step, status=ended) if step.status is StepStatus.RUNNING else step for step in steps]


def words(job: Job) -> str:
    """The step that runs or failed: ``Counting words (2 of 3)`` of those announced; empty where there is none."""
    steps = as_of(job)
    at_hand = [index for index, step in enumerate(steps) if step.status in (StepStatus.RUNNING, StepStatus.FAILED)]
    if not at_hand:
        return ""
    number, is_last = at_hand[-1] + 1, at_hand[-1] + 1 == len(steps)
    return f"{visible(steps[at_hand[-1]].title)} ({f'step {number}' if is_last else f'{number} of {len(steps)}'})"


def stopped_in(job: Job) -> str:
    """In which step a job ended that did not succeed, as a sentence; empty where that is not known."""
    told = words(job) if job.state.is_final and job.state is not State.SUCCEEDED else ""
    return f"It was at the step {told}." if told else ""
