"""What /jobs shows: a page of jobs, or one job with everything about it."""

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    RichTextSectionElement,
    SectionBlock,
)

from runner.blocks import (
    again_button,
    bullets,
    cancel_button,
    command,
    context,
    details_button,
    edit_button,
    labelled,
    plain,
    preformatted,
    rich,
    section,
    small_print,
)
from runner.jobs import Job, State
from runner.messages import Trouble
from runner.service import Details, JobPage
from runner.texts import LOG_LENGTH, last_lines, results, title
from runner.wording import STATE_SIGNS, STATE_WORDS, clipped, outcome, slack_date, span, visible

_MINE, _ALL, _NEWER, _OLDER = BUTTONS = ("jobs.list.mine", "jobs.list.all", "jobs.list.newer", "jobs.list.older")
_NAME = 100
_VALUE = 500
_VALUES = 2500


def page(jobs: JobPage, *, mine: bool, now: datetime) -> list[Block]:
    """A page of jobs with the buttons that lead to others."""
    whose = "Your jobs" if mine else "All jobs"
    blocks: list[Block] = [HeaderBlock(text=plain(f"{whose} ({jobs.job_count}{'+' if jobs.are_more else ''})"))]
    for job in jobs.jobs:
        blocks.extend(line(job, now=now))
    if not jobs.jobs:
        blocks.append(rich(section("There are none yet. /runscript makes one.")))
    blocks.append(DividerBlock())
    blocks.append(ActionsBlock(elements=list(_leading(jobs, mine=mine))))
    if jobs.page_count > 1:
        blocks.append(small_print(f"Page {jobs.number} of {jobs.page_count}"))
    return blocks


def line(job: Job, *, now: datetime) -> Iterator[Block]:
    """One job in a list."""
    name = _short(job.requester.name, _NAME)
    words = [f"{STATE_SIGNS[job.state]} {job.id}", title(job), name, STATE_WORDS[job.state]]
    duration = job.duration(now)
    if duration is not None:
        words.append(span(duration))
    yield SectionBlock(text=plain(" · ".join(words)), accessory=details_button(job))
    yield context(_times(job))


def spoken(jobs: JobPage) -> str:
    """The page as a screen reader reads it; not escaped yet."""
    lines = [
        f"{job.id} {title(job)}, {_short(job.requester.name, _NAME)}, {STATE_WORDS[job.state]}" for job in jobs.jobs
    ]
    return "\n".join(lines) or "There are no jobs yet."


def details(found: Details, *, now: datetime) -> list[Block]:
    """Everything about one job that its reader may see."""
    job = found.report.job
    return [
        HeaderBlock(text=plain(f"{STATE_SIGNS[job.state]} Job {job.id}: {title(job, length=100)}")),
        rich(*_facts(found, now=now)),
        context(_times(job)),
        *_values(job),
        *_results(found),
        *_log(found),
        *_troubles(found.troubles),
        ActionsBlock(elements=list(_buttons(found))),
    ]


def _leading(jobs: JobPage, *, mine: bool) -> Iterator[ButtonElement]:
    yield _to(_MINE, "Mine", mine=True, number=1, is_chosen=mine)
    yield _to(_ALL, "All", mine=False, number=1, is_chosen=not mine)
    if jobs.number > 1:
        yield _to(_NEWER, "◀ Newer", mine=mine, number=jobs.number - 1)
    if jobs.number < jobs.page_count:
        yield _to(_OLDER, "Older ▶", mine=mine, number=jobs.number + 1)


def _to(action_id: str, words: str, *, mine: bool, number: int, is_chosen: bool = False) -> ButtonElement:
    return ButtonElement(
        text=plain(words),
        action_id=action_id,
        value=f"{'mine' if mine else 'all'} {number}",
        style="primary" if is_chosen else None,
    )


def _times(job: Job) -> str:
    moments = [("Requested", job.requested_at), ("started", job.started_at), ("ended", job.finished_at)]
    return " · ".join(f"{what} {slack_date(moment)}" for what, moment in moments if moment is not None)


def _facts(found: Details, *, now: datetime) -> Iterator[RichTextSectionElement]:
    job = found.report.job
    yield labelled("State:", _short(outcome(job), _VALUE))
    if job.state is State.QUEUED:
        yield labelled("Place in the queue:", str(found.place))
    if job.cancel_requested_at is not None and not job.state.is_final:
        yield labelled("Being cancelled:", f"asked for by {_short(job.cancel_requested_by or '', _NAME)}")
    yield labelled("Script:", _short(job.script, _VALUE))
    yield labelled("Requester:", f"{_short(job.requester.name, _NAME)} ({_short(job.requester.email, _VALUE)})")
    duration = job.duration(now)
    if duration is not None:
        yield labelled("Duration:", span(duration))


def _values(job: Job) -> Iterator[Block]:
    if not job.values:
        return
    lines = [(f"{visible(name)}:", _short(value, _VALUE)) for name, value in job.values.items()]
    shown, length = [], 0
    for label, value in lines:
        length += len(label) + len(value)
        if length > _VALUES:
            break
        shown.append(labelled(label, value))
    if len(shown) < len(lines):
        shown.append(section(f"and {len(lines) - len(shown)} more"))
    yield rich(section("Values", bold=True), bullets(shown))


def _results(found: Details) -> Iterator[Block]:
    report = found.report
    if listed := results(report):
        yield rich(section(f"Results: {report.result_count}", bold=True), bullets([section(each) for each in listed]))
    if report.retrieval is not None and report.job.state.is_final:
        yield from command(report.retrieval)
    if report.job.expires_at is not None:
        what = "The files will be deleted" if report.retrieval is not None else "The files are deleted; the row goes"
        yield context(f"{what} {slack_date(report.job.expires_at)}")


def _log(found: Details) -> Iterator[Block]:
    if lines := last_lines(found.report.log_tail, length=LOG_LENGTH):
        yield rich(section("The log's last lines:", bold=True), preformatted(lines))


def _troubles(troubles: tuple[Trouble, ...]) -> Iterator[Block]:
    for trouble in troubles[:5]:
        state = "was given up" if trouble.is_given_up else f"failed {trouble.attempts} times and is tried again"
        yield small_print(f"The {trouble.event} message by {trouble.channel} {state}: {_short(trouble.error, _VALUE)}")


def _buttons(found: Details) -> Iterator[ButtonElement]:
    job = found.report.job
    if found.may_cancel:
        yield cancel_button(job)
    yield again_button(job)
    yield edit_button(job)
    if not job.state.is_final:
        yield details_button(job, "Refresh")
    yield _to(_MINE, "My jobs", mine=True, number=1)


def _short(text: str, length: int) -> str:
    return clipped(visible(text[: length + 1]), length)  # no more of a long text is made visible than is shown
