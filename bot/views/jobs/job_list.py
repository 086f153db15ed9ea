"""What /jobs shows: a page of jobs, each on a line."""

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, HeaderBlock, SectionBlock

from bot.views.jobs import queue
from runner.jobs import STATE_SIGNS, STATE_WORDS, Job, Pause
from runner.messages import expectations
from runner.messages.blocks import context, details_button, plain, rich, section, small_print
from runner.messages.reader import Reader
from runner.messages.texts import short, title, values_line
from runner.service import JobPage
from runner.system.text import slack_date, span

MINE, _ALL, _NEWER, _OLDER = BUTTONS = ("jobs.list.mine", "jobs.list.all", "jobs.list.newer", "jobs.list.older")
_NAME = 100
_VALUES = 150


def page(jobs: JobPage, *, mine: bool, reader: Reader, pause: Pause | None = None) -> list[Block]:
    """A page of jobs with the buttons that lead to others."""
    whose = "Your jobs" if mine else "All jobs"
    blocks: list[Block] = [HeaderBlock(text=plain(f"{whose} ({jobs.job_count}{'+' if jobs.are_more else ''})"))]
    if pause is not None:
        blocks.append(rich(section(expectations.pausing(pause), bold=True)))
    for job in jobs.jobs:
        blocks.extend(line(job, now=reader.now, is_paused=pause is not None, obstacle=jobs.obstacles.get(job.id, "")))
    if not jobs.jobs:
        blocks.append(rich(section("There are none yet. /runscript makes one.")))
    blocks.append(DividerBlock())
    blocks.append(ActionsBlock(elements=list(_leading(jobs, mine=mine))))
    if jobs.page_count > 1:
        blocks.append(small_print(f"Page {jobs.number} of {jobs.page_count}"))
    return blocks


def line(job: Job, *, now: datetime, is_paused: bool = False, obstacle: str = "") -> Iterator[Block]:
    """One job in a list."""
    name = short(job.requester.name, _NAME)
    words = [f"{STATE_SIGNS[job.state]} {job.id}", title(job), name, STATE_WORDS[job.state]]
    words += queue.marks(job, is_paused=is_paused, obstacle=obstacle)
    duration = job.duration(now)
    if duration is not None:
        words.append(span(duration))
    yield SectionBlock(text=plain(" · ".join(words)), accessory=details_button(job))
    if values := values_line(job, length=_VALUES):
        yield small_print(values)
    yield context(times(job))


def spoken(jobs: JobPage, *, reader: Reader, pause: Pause | None = None) -> str:
    """The page as a screen reader reads it; not escaped yet."""
    lines = [] if pause is None else [reader.spoken(expectations.pausing(pause))]
    for job in jobs.jobs:
        obstacle = jobs.obstacles.get(job.id, "")
        states = [STATE_WORDS[job.state], *queue.marks(job, is_paused=pause is not None, obstacle=obstacle)]
        values = values_line(job, length=_VALUES)
        facts = [short(job.requester.name, _NAME), ", ".join(states), *([values] if values else [])]
        lines.append(f"{job.id} {title(job)}, {', '.join(facts)}")
    return "\n".join(lines if jobs.jobs else [*lines, "There are no jobs yet."])


def times(job: Job) -> str:
    """The moments in a job's life, in mrkdwn."""
    moments = [("Requested", job.requested_at), ("started", job.started_at), ("ended", job.finished_at)]
    return " · ".join(f"{what} {slack_date(moment)}" for what, moment in moments if moment is not None)


def to_list(action_id: str, words: str, *, mine: bool, number: int, is_chosen: bool = False) -> ButtonElement:
    """Leads to a page of jobs."""
    return ButtonElement(
        text=plain(words),
        action_id=action_id,
        value=f"{'mine' if mine else 'all'} {number}",
        style="primary" if is_chosen else None,
    )


def _leading(jobs: JobPage, *, mine: bool) -> Iterator[ButtonElement]:
    yield to_list(MINE, "Mine", mine=True, number=1, is_chosen=mine)
    yield to_list(_ALL, "All", mine=False, number=1, is_chosen=not mine)
    if jobs.number > 1:
        yield to_list(_NEWER, "◀ Newer", mine=mine, number=jobs.number - 1)
    if jobs.number < jobs.page_count:
        yield to_list(_OLDER, "Older ▶", mine=mine, number=jobs.number + 1)
