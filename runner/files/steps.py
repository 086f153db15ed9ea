"""Steps as running scripts write them, taken one line after the other; always bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from runner.jobs import Step, StepStatus
from runner.system.text import clipped, visible

MOST_STEPS = 30  # Slack: 50 tasks in a plan (blockkit-limits)
MOST_TITLE = 100
MOST_DETAILS = 200

_Steps = tuple[Step, ...]


def listed(value: object) -> _Steps:
    """All steps as a script announces them, the first of too many; ValueError where one is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004  # of text that was read, not of an argument
    return tuple(_step(each, StepStatus.PENDING) for each in value[:MOST_STEPS])


def after(steps: _Steps, value: object) -> _Steps:
    """The steps after a script said which is at hand; ValueError where it is none.

    A title alone begins that step and ends those that run, null ends them; an object changes the last step of its title
    and leaves others alone. A step that was not announced stands last, and of too many the first go.
    """
    if value is None or isinstance(value, str):
        steps = tuple(_ended(step) for step in steps)
    if value is None:
        return steps
    step = _step(value, StepStatus.RUNNING)
    place = _place(steps, step.title, is_begun=isinstance(value, str))
    if place is None:
        return (*steps, step)[-MOST_STEPS:]
    has_details = isinstance(value, Mapping) and "details" in value
    known = step if has_details else replace(step, details=steps[place].details)
    return (*steps[:place], known, *steps[place + 1 :])


def _place(steps: Sequence[Step], title: str, *, is_begun: bool) -> int | None:
    """Where the step of that title is; one that begins is the first that waits, or another."""
    found = [index for index, step in enumerate(steps) if step.title == title]
    if not is_begun:
        return found[-1] if found else None
    return next((index for index in found if steps[index].status is StepStatus.PENDING), None)


def _ended(step: Step) -> Step:
    return replace(step, status=StepStatus.DONE) if step.status is StepStatus.RUNNING else step


def _step(value: object, status: StepStatus) -> Step:
    written = {"title": value} if isinstance(value, str) else value
    if not isinstance(written, Mapping):
        raise ValueError(value)  # noqa: TRY004  # of text that was read, not of an argument
    title = _text(written.get("title"), MOST_TITLE)
    if not title:
        raise ValueError(value)
    details = written.get("details")
    return Step(
        title=title,
        status=StepStatus(written.get("status", status)),
        details="" if details is None else _text(details, MOST_DETAILS),
    )


def _text(value: object, most: int) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004  # of text that was read, not of an argument
    return clipped(visible(value[: most + 1].strip()), most)
