"""The steps of a job as people see them: a plan in its own message, a list elsewhere; pure."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block, PlanBlock, RichTextElement, TaskCardBlock

from runner.jobs import Job, Step, StepStatus
from runner.messages.blocks import bullets, rich, section
from runner.messages.step_words import as_of
from runner.system.text import visible

_SLACK = {
    StepStatus.PENDING: "pending",
    StepStatus.RUNNING: "in_progress",
    StepStatus.DONE: "complete",
    StepStatus.FAILED: "error",
}
_SIGNS = {StepStatus.PENDING: "⚪", StepStatus.RUNNING: "▶️", StepStatus.DONE: "✅", StepStatus.FAILED: "❌"}


def plan(job: Job) -> Iterator[Block]:
    """The block that shows the steps of a job, if it tells of any; Slack takes it in messages only."""
    if steps := as_of(job):
        done = sum(step.status is StepStatus.DONE for step in steps)
        tasks = [_task(number, step) for number, step in enumerate(steps)]
        yield PlanBlock(title=f"Steps: {done} of {len(steps)} done", tasks=tasks)


def listed(job: Job) -> Iterator[RichTextElement]:
    """The steps of a job as a list, where there is no place for a plan."""
    if steps := as_of(job):
        yield section("Steps", bold=True)
        yield bullets(section(_line(step)) for step in steps)


def _task(number: int, step: Step) -> TaskCardBlock:
    details = rich(section(visible(step.details))).to_dict() if step.details else None  # slack_sdk 3.47 leaves it as is
    return TaskCardBlock(task_id=str(number), title=visible(step.title), status=_SLACK[step.status], details=details)


def _line(step: Step) -> str:
    told = f"{_SIGNS[step.status]} {visible(step.title)}"
    return f"{told}: {visible(step.details)}" if step.details else told
