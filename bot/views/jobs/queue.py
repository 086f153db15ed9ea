"""What is said of the queue: who runs and who waits."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, HeaderBlock, SectionBlock

from runner.jobs import STATE_SIGNS, Job, Pause, State
from runner.messages import expectations, progress
from runner.messages.blocks import context, details_button, plain, rich, section, small_print
from runner.messages.reader import Reader
from runner.messages.texts import title
from runner.scheduling import Limits, NearLimit
from runner.service import Upcoming
from runner.system.text import Told, clipped, size, slack_words, span, visible

QUEUE = "jobs.queue"
MOST_WAITING = 12
_NAME = 60
_MOST_RUNNING = 8


def refresh_button() -> ButtonElement:
    """Shows the queue as it is now."""
    return ButtonElement(
        text=plain("Refresh"), action_id=QUEUE, value="queue", accessibility_label="Show the queue anew"
    )


def limiting(limit: NearLimit | None) -> Iterator[Block]:
    """That few more jobs are taken of the reader, or none; nothing where there is room."""
    if limit is not None:
        yield rich(section(f"⚠️ {limit.words}", bold=True)) if limit.is_reached else small_print(limit.words)


def marks(job: Job, *, is_paused: bool, obstacle: str = "") -> Iterator[str]:
    """What a list says of a job besides its state; ``obstacle`` is what keeps it from starting now, if known."""
    if job.state is State.QUEUED:
        if job.held_at is not None:
            yield "✋ held"
        elif is_paused:
            yield "⏸️ paused"
        elif job.not_before is not None:
            yield "🔁 tried again"
        elif obstacle:
            yield obstacle
    elif told := progress.percent(job):
        yield told


def page(
    upcoming: Sequence[Upcoming], *, pause: Pause | None, limits: Limits, waiting_count: int, reader: Reader
) -> list[Block]:
    """Who runs and who waits, in the order in which they start."""
    running, queued = _parted(upcoming)
    blocks: list[Block] = [HeaderBlock(text=plain("The queue"))]
    if pause is not None:
        blocks.append(rich(section(expectations.pausing(pause), bold=True)))
    blocks.append(small_print(_at_once(limits)))
    for heading, count, shown in (
        ("Running", len(running), running[:_MOST_RUNNING]),
        ("Waiting", waiting_count, queued[:MOST_WAITING]),
    ):
        blocks.append(rich(section(f"{heading}: {count}", bold=True)))
        for each in shown:
            blocks.append(SectionBlock(text=plain(_line(each, reader)), accessory=details_button(each.job)))
            if expected := _expected(each, reader):
                blocks.append(context(slack_words(expected)))
        if count > len(shown):
            blocks.append(small_print(f"and {count - len(shown)} more"))
    blocks.append(ActionsBlock(elements=[refresh_button()]))
    return blocks


def spoken(
    upcoming: Sequence[Upcoming], *, pause: Pause | None, limits: Limits, waiting_count: int, reader: Reader
) -> str:
    """The queue as a screen reader reads it; not escaped yet."""
    running, queued = _parted(upcoming)
    return "\n".join(
        [
            *([] if pause is None else [reader.spoken(expectations.pausing(pause))]),
            _at_once(limits),
            f"Running: {len(running)}",
            *(_spoken(each, reader) for each in running[:_MOST_RUNNING]),
            f"Waiting: {waiting_count}",
            *(_spoken(each, reader) for each in queued[:MOST_WAITING]),
        ]
    )


def _parted(upcoming: Sequence[Upcoming]) -> tuple[list[Upcoming], list[Upcoming]]:
    running = [each for each in upcoming if each.job.state is State.RUNNING]
    return running, [each for each in upcoming if each.job.state is State.QUEUED]


def _spoken(each: Upcoming, reader: Reader) -> str:
    return " · ".join(part for part in (_line(each, reader), reader.spoken(_expected(each, reader))) if part)


def _line(each: Upcoming, reader: Reader) -> str:
    job = each.job
    name = clipped(visible(job.requester.name[: _NAME + 1]), _NAME)
    ran = job.duration(reader.now)
    facts = [
        f"number {each.place}" if each.place else "",
        "✋ held" if job.state is State.QUEUED and job.held_at is not None else "",
        progress.percent(job),
        "" if ran is None else f"for {span(ran)}",
    ]
    return " · ".join([f"{STATE_SIGNS[job.state]} {job.id}", title(job), name, *filter(None, facts)])


def _expected(each: Upcoming, reader: Reader) -> Told:
    """When it starts, or ends if it runs: moments and words of our own."""
    found = each.forecast
    moment = None if found is None else found.end if found.start is None else found.start
    told = [] if moment is None else reader.between(moment)
    what = "ends" if found is not None and found.start is None else "starts"
    again = "next attempt, " if each.job.not_before is not None else ""
    why = [f"{' · ' if told else ''}waits: {each.obstacle}"] if each.obstacle else []
    return [*([f"{again}{what} ", *told] if told else []), *why]


def _at_once(limits: Limits) -> str:
    found = [
        None if limits.slots is None else f"{limits.slots} job{'s' if limits.slots != 1 else ''} at once",
        None if limits.per_person is None else f"{limits.per_person} of one person",
        None if limits.cpus is None else f"{limits.cpus} CPUs",
        None if limits.memory_bytes is None else f"{size(limits.memory_bytes)} of memory",
    ]
    told = ", ".join(each for each in found if each is not None)
    return f"At most: {told}" if told else "As many jobs at once as people ask for"
