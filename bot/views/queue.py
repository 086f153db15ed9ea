"""What is said of the queue: whether it is paused, when a job is going to start, and who runs and who waits."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, HeaderBlock, SectionBlock

from bot.views import progress
from bot.views.reader import Reader
from runner.blocks import details_button, plain, rich, section, small_print
from runner.forecast import Forecast
from runner.jobs import Job, Pause, State
from runner.limits import Limits
from runner.queueing import Upcoming
from runner.texts import title
from runner.wording import STATE_SIGNS, clipped, size, span, visible

QUEUE = "jobs.queue"
_NAME = 60
_REASON = 300
_MOST_RUNNING = 16
_MOST_WAITING = 24


def refresh_button() -> ButtonElement:
    """Shows the queue as it is now."""
    return ButtonElement(
        text=plain("Refresh"), action_id=QUEUE, value="queue", accessibility_label="Show the queue anew"
    )


def pausing(pause: Pause, reader: Reader) -> str:
    """That no job starts, by whose word and why."""
    by, reason = clipped(visible(pause.paused_by), _NAME), clipped(visible(pause.reason), _REASON).rstrip(".")
    return f"⏸️ The queue is paused by {by} since {reader.moment(pause.paused_at)}: {reason}"


def starting(forecast: Forecast | None, reader: Reader) -> str:
    """When a job is going to start, in words; empty where it runs, or nothing can be said."""
    return "" if forecast is None or forecast.start is None else reader.between(forecast.start)


def ending(forecast: Forecast | None, reader: Reader) -> str:
    """When it is going to end; empty where nothing can be said."""
    if forecast is None:
        return ""
    runs = forecast.run_count
    known = "it has not run before" if runs == 0 else "as it ran once before" if runs == 1 else f"as {runs} runs say"
    return f"{reader.between(forecast.end)} ({known})"


def place(number: int) -> str:
    """A place in the queue."""
    return "next in the queue" if number <= 1 else f"number {number} in the queue"


def waiting(job: Job, reader: Reader) -> str:
    """Why a job that waits does not start by itself: held, or put off; empty where it does."""
    if job.held_at is not None:
        by = clipped(visible(job.held_by or ""), _NAME)
        return f"held by {by} since {reader.moment(job.held_at)}: it does not start until it is released"
    if job.not_before is not None:
        return f"the next attempt starts after {reader.moment(job.not_before)}"
    return ""


def marks(job: Job, *, is_paused: bool) -> Iterator[str]:
    """What a list says of a job besides its state."""
    if job.state is State.QUEUED:
        if job.held_at is not None:
            yield "✋ held"
        elif is_paused:
            yield "⏸️ paused"
        elif job.not_before is not None:
            yield "🔁 tried again"
    elif told := progress.percent(job):
        yield told


def page(
    upcoming: Sequence[Upcoming], *, pause: Pause | None, limits: Limits, waiting_count: int, reader: Reader
) -> list[Block]:
    """Who runs and who waits, in the order in which they start."""
    running, queued = _parted(upcoming)
    blocks: list[Block] = [HeaderBlock(text=plain("The queue"))]
    if pause is not None:
        blocks.append(rich(section(pausing(pause, reader), bold=True)))
    blocks.append(small_print(_at_once(limits)))
    for heading, count, shown, facts in (
        ("Running", len(running), running[:_MOST_RUNNING], _running),
        ("Waiting", waiting_count, queued[:_MOST_WAITING], _queued),
    ):
        blocks.append(rich(section(f"{heading}: {count}", bold=True)))
        for each in shown:
            line = plain(_line(each, facts(each, reader)))
            blocks.append(SectionBlock(text=line, accessory=details_button(each.job)))
        if count > len(shown):
            blocks.append(small_print(f"and {count - len(shown)} more"))
    blocks.append(ActionsBlock(elements=[refresh_button()]))
    return blocks


def spoken(
    upcoming: Sequence[Upcoming], *, pause: Pause | None, limits: Limits, waiting_count: int, reader: Reader
) -> str:
    """The same as a screen reader reads it; not escaped yet."""
    running, queued = _parted(upcoming)
    return "\n".join(
        [
            *([] if pause is None else [pausing(pause, reader)]),
            _at_once(limits),
            f"Running: {len(running)}",
            *(_line(each, _running(each, reader)) for each in running[:_MOST_RUNNING]),
            f"Waiting: {waiting_count}",
            *(_line(each, _queued(each, reader)) for each in queued[:_MOST_WAITING]),
        ]
    )


def _parted(upcoming: Sequence[Upcoming]) -> tuple[list[Upcoming], list[Upcoming]]:
    running = [each for each in upcoming if each.job.state is State.RUNNING]
    return running, [each for each in upcoming if each.job.state is State.QUEUED]


def _line(each: Upcoming, words: Sequence[str]) -> str:
    job = each.job
    name = clipped(visible(job.requester.name[: _NAME + 1]), _NAME)
    return " · ".join([f"{STATE_SIGNS[job.state]} {job.id}", title(job), name, *filter(None, words)])


def _running(each: Upcoming, reader: Reader) -> list[str]:
    ran = each.job.duration(reader.now)
    ends = "" if each.forecast is None else f"ends {reader.between(each.forecast.end)}"
    return [progress.percent(each.job), "" if ran is None else f"for {span(ran)}", ends]


def _queued(each: Upcoming, reader: Reader) -> list[str]:
    found = each.forecast
    if found is None or found.start is None:
        return [waiting(each.job, reader)]
    return [f"number {found.place}", f"starts {reader.between(found.start)}", waiting(each.job, reader)]


def _at_once(limits: Limits) -> str:
    found = [
        None if limits.slots is None else f"{limits.slots} job{'s' if limits.slots != 1 else ''} at once",
        None if limits.per_person is None else f"{limits.per_person} of one person",
        None if limits.cpus is None else f"{limits.cpus} CPUs",
        None if limits.memory_bytes is None else f"{size(limits.memory_bytes)} of memory",
    ]
    told = ", ".join(each for each in found if each is not None)
    return f"At most: {told}" if told else "As many jobs at once as people ask for"
