"""A job's own message in Slack, which goes with it from its place in the queue to its end; pure.

It is drawn from the job as it is, whichever message it was when it was posted.
"""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from runner.jobs import Event, Job, State, grantable
from runner.messages import progress, steps, texts
from runner.messages.blocks import (
    again_button,
    cancel_button,
    context,
    details_button,
    edit_button,
    labelled,
    log_button,
    more_time_buttons,
    preformatted,
    rich,
    run_values,
    section,
    share_button,
)
from runner.messages.reports import Report
from runner.system.text import slack_date, slack_elapsed

_LOG_LENGTH = 1000
_IN_THREAD = "What came of it stands in the thread."


def stage(job: Job) -> Event:
    """What the message tells now."""
    if job.state is State.QUEUED:
        return Event.RETRIED if job.retry_count else Event.QUEUED
    return Event.STARTED if job.state is State.RUNNING else Event.ENDED


def blocks(report: Report) -> list[Block]:
    """The message as it is seen."""
    job = report.job
    event = stage(job)
    headline = f"{texts.sign(event, job)} {texts.headline(event, job, length=150)}"
    return [
        rich(section(headline, bold=True)),
        *run_values(job),
        *steps.plan(job),
        *(_ended(job) if job.state.is_final else _going_on(report)),
        ActionsBlock(elements=list(buttons(job))),
    ]


def _going_on(report: Report) -> Iterator[Block]:
    job = report.job
    if job.script_changed:
        yield rich(section(texts.sentence(Event.STARTED, job)))
    if told := progress.line(job):
        yield rich(section(told))
    if rows := list(progress.table(job)):
        yield rich(*rows)
    if facts := report.expected():
        yield rich(*(labelled(f"{label}:", words) for label, words in facts))
    if log := texts.last_lines(report.log_tail, length=_LOG_LENGTH):
        yield rich(section("The log's last lines:", bold=True), preformatted(log))
    if job.cancel_requested_at is not None:
        yield context("It is being cancelled")
    elif job.state is State.RUNNING and job.started_at is not None:
        yield context(f"Started {slack_date(job.started_at)}, {slack_elapsed(job.started_at)}")
    else:
        yield context(f"Requested {slack_date(job.requested_at)}")


def _ended(job: Job) -> Iterator[Block]:
    yield rich(section(f"{texts.sentence(Event.ENDED, job)} {texts.took(job)}"))
    yield context(_IN_THREAD)


def buttons(job: Job) -> Iterator[ButtonElement]:
    """Those that fit the job as it is."""
    yield details_button(job)
    if job.attempt or job.started_at is not None:
        yield log_button(job)
    yield share_button(job)
    if job.state.is_final:
        yield again_button(job)
        yield edit_button(job)
        return
    if job.warned_at is not None:
        yield from more_time_buttons(job, grantable(job))
    if job.cancel_requested_at is None:
        yield cancel_button(job)
