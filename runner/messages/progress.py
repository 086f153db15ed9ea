"""What a running script says of itself, bounded: a bar, a line of words, a short table."""

from collections.abc import Iterator

from slack_sdk.models.blocks import RichTextElement

from runner.jobs import Job, Progress, State
from runner.messages.blocks import bullets, labelled, section
from runner.messages.step_words import words as step_words
from runner.system.text import clipped, visible

_CELLS = 20
_WORDS = 200
_ROWS = 10
_KEY = 60


def bar(percent: int) -> str:
    """``▰▰▰▰▰▱▱▱▱▱``, whatever the number is."""
    full = min(100, max(0, percent)) * _CELLS // 100
    return f"{'▰' * full}{'▱' * (_CELLS - full)}"


def percent(job: Job) -> str:
    """``42 %`` of a job that runs and says so; else empty."""
    found = job.progress.percent if job.progress is not None and job.state is State.RUNNING else None
    return "" if found is None else f"{min(100, max(0, found))} %"


def words(job: Job) -> str:
    """How far a running job is, and with what: ``42 % · counting words``; empty where it says nothing."""
    if job.progress is None or job.state is not State.RUNNING:
        return ""
    return " · ".join(part for part in (percent(job), step_words(job), *_said(job.progress)) if part)


def line(job: Job) -> str:
    """How far a running job is, behind a bar, for the eye."""
    found = None if job.progress is None else job.progress.percent
    told = words(job)
    return f"{bar(found)} {told}" if told and found is not None else told


def spoken(job: Job) -> Iterator[str]:
    """How far a running job is, and what it tells besides, for the ear: a line each."""
    if job.state is not State.RUNNING:
        return
    if told := words(job):
        yield f"{told}."
    if job.cancel_requested_at is not None:
        yield "It is being cancelled."
    yield from (f"{key}: {value}" for key, value in _rows(job))


def table(job: Job) -> Iterator[RichTextElement]:
    """The first rows of what a job tells besides; a job that has ended keeps what it told last."""
    rows = _rows(job)
    if rows:
        listed = [labelled(f"{key}:", value) for key, value in rows]
        more = len((job.progress and job.progress.table) or ()) - len(rows)
        yield section("What the script says", bold=True)
        yield bullets([*listed, section(f"and {more} more")] if more else listed)


def _said(progress: Progress) -> Iterator[str]:
    yield from (_clean(each, _WORDS) for each in (progress.label, progress.status) if each)


def _rows(job: Job) -> list[tuple[str, str]]:
    found = (job.progress and job.progress.table) or {}
    return [(_clean(key, _KEY), _clean(value, _WORDS) or "-") for key, value in list(found.items())[:_ROWS]]


def _clean(text: str, length: int) -> str:
    return clipped(visible(text[: length + 1]).strip(), length)
