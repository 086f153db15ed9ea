"""What /jobs shows: a page of jobs, each on a line."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, HeaderBlock, SectionBlock

from bot.views.jobs import list_filters, queue
from bot.views.jobs.list_filters import ListAsked
from runner.jobs import STATE_SIGNS, STATE_WORDS, Job, Pause
from runner.messages import expectations
from runner.messages.blocks import context, details_button, plain, rich, section, small_print
from runner.messages.reader import Reader
from runner.messages.texts import short, title, values_line
from runner.service import PAGE_SIZE, JobPage
from runner.system.text import Moment, clipped, slack_date, span

MINE, _ALL, _NEWER, _OLDER, _SIZE = BUTTONS = (
    "jobs.list.mine",
    "jobs.list.all",
    "jobs.list.newer",
    "jobs.list.older",
    "jobs.list.size",
)
_NAME = 100
_VALUES = 150
_TEXT = 3000


def page(jobs: JobPage, *, asked: ListAsked, reader: Reader, pause: Pause | None = None) -> list[Block]:
    """A page of jobs with the menus that narrow it and the buttons that lead to others."""
    blocks: list[Block] = [HeaderBlock(text=plain(clipped(heading(jobs, asked), 150)))]
    if pause is not None:
        blocks.append(rich(section(expectations.pausing(pause), bold=True)))
    for job in jobs.jobs:
        obstacle = jobs.obstacles.get(job.id, "")
        if asked.size > PAGE_SIZE:
            blocks.append(_short_line(job, reader, is_paused=pause is not None, obstacle=obstacle))
        else:
            blocks.extend(line(job, now=reader.now, is_paused=pause is not None, obstacle=obstacle))
    if not jobs.jobs:
        blocks.append(rich(section(_nothing(asked))))
    blocks.append(DividerBlock())
    blocks.append(
        ActionsBlock(
            block_id=list_filters.block_id(asked),
            elements=[*_leading(jobs, asked), *list_filters.menus(asked, reader)],
        )
    )
    if jobs.has_newer or jobs.has_older:
        last = jobs.place + len(jobs.jobs) - 1
        blocks.append(small_print(f"{jobs.place:,} to {last:,} of {_counted(jobs)}"))
    return blocks


def heading(jobs: JobPage, asked: ListAsked) -> str:
    """What is listed, and how many that are."""
    whose = {list_filters.MINE: "Your jobs", list_filters.EVERYBODY: "All jobs"}.get(asked.whose)
    if whose is None:
        whose = f"Jobs of {short(jobs.jobs[0].requester.name, _NAME)}" if jobs.jobs else "Jobs of one person"
    return f"{' · '.join([whose, *asked.words()])} ({_counted(jobs)})"


def line(job: Job, *, now: datetime, is_paused: bool = False, obstacle: str = "") -> Iterator[Block]:
    """One job in a list."""
    summary = _summary(job, now=now, is_paused=is_paused, obstacle=obstacle)
    yield SectionBlock(text=plain(summary), accessory=details_button(job))
    if values := values_line(job, length=_VALUES):
        yield small_print(values)
    yield context(times(job))


def _short_line(job: Job, reader: Reader, *, is_paused: bool, obstacle: str) -> SectionBlock:
    """One job in a long list, in one block: Slack takes fifty of them."""
    moments = [f"{what} {reader.spoken([Moment(moment)])}" for what, moment in _moments(job)]
    parts = [_summary(job, now=reader.now, is_paused=is_paused, obstacle=obstacle), values_line(job, length=_VALUES)]
    words = "\n".join(filter(None, [*parts, " · ".join(moments)]))
    return SectionBlock(text=plain(clipped(words, _TEXT)), accessory=details_button(job))


def spoken(jobs: JobPage, *, asked: ListAsked, reader: Reader, pause: Pause | None = None) -> str:
    """The page as a screen reader reads it; not escaped yet."""
    lines = [] if pause is None else [reader.spoken(expectations.pausing(pause))]
    for job in jobs.jobs:
        obstacle = jobs.obstacles.get(job.id, "")
        states = [STATE_WORDS[job.state], *queue.marks(job, is_paused=pause is not None, obstacle=obstacle)]
        values = values_line(job, length=_VALUES)
        facts = [short(job.requester.name, _NAME), ", ".join(states), *([values] if values else [])]
        lines.append(f"{job.id} {title(job)}, {', '.join(facts)}")
    if asked.words() or not asked.is_mine:
        lines = [heading(jobs, asked), *lines]
    return "\n".join(lines if jobs.jobs else [*lines, _nothing(asked)])


def times(job: Job) -> str:
    """The moments in a job's life, in mrkdwn."""
    return " · ".join(f"{what} {slack_date(moment)}" for what, moment in _moments(job))


def to_list(action_id: str, words: str, asked: ListAsked, *, is_chosen: bool = False) -> ButtonElement:
    """Leads to a page of jobs."""
    return ButtonElement(
        text=plain(words), action_id=action_id, value=asked.written(), style="primary" if is_chosen else None
    )


def _summary(job: Job, *, now: datetime, is_paused: bool, obstacle: str) -> str:
    name = short(job.requester.name, _NAME)
    words = [f"{STATE_SIGNS[job.state]} {job.id}", title(job), name, STATE_WORDS[job.state]]
    words += queue.marks(job, is_paused=is_paused, obstacle=obstacle)
    duration = job.duration(now)
    if duration is not None:
        words.append(span(duration))
    return " · ".join(words)


def _moments(job: Job) -> list[tuple[str, datetime]]:
    moments = [("Requested", job.requested_at), ("started", job.started_at), ("ended", job.finished_at)]
    return [(what, moment) for what, moment in moments if moment is not None]


def _counted(jobs: JobPage) -> str:
    return f"{jobs.job_count:,}{'+' if jobs.are_more else ''}"


def _nothing(asked: ListAsked) -> str:
    return (
        "There are none of these."
        if asked.words() or not asked.is_mine
        else "There are none yet. /runscript makes one."
    )


def _leading(jobs: JobPage, asked: ListAsked) -> Iterator[ButtonElement]:
    newest = replace(asked, place="")
    whose = asked.whose
    yield to_list(MINE, "Mine", replace(newest, whose=list_filters.MINE), is_chosen=whose == list_filters.MINE)
    yield to_list(_ALL, "All", replace(newest, whose=list_filters.EVERYBODY), is_chosen=whose == list_filters.EVERYBODY)
    if jobs.has_newer:
        yield to_list(_NEWER, "◀ Newer", replace(asked, place=f">{jobs.jobs[0].id}"))
    if jobs.has_older:
        yield to_list(_OLDER, "Older ▶", replace(asked, place=f"<{jobs.jobs[-1].id}"))
    size = list_filters.LARGE if asked.size == PAGE_SIZE else PAGE_SIZE
    yield to_list(_SIZE, f"{size} a page", replace(newest, size=size))
