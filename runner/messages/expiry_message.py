"""The reminder that files are to be deleted: of one job, or of many in one message; pure, not escaped but for Slack."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from runner.jobs import Event, Job
from runner.messages import texts
from runner.messages.blocks import (
    bullets,
    context,
    delete_button,
    details_button,
    keep_button,
    rich,
    run_values,
    section,
)
from runner.messages.reports import Report
from runner.messages.texts import Expiry
from runner.system.text import size, slack_date

_TITLE = 60
_VALUES = 120
_WHAT = "Their results and logs go, and what they alone used of your inbox."


def headline(report: Report, *, length: int) -> str:
    """What it is about, with at most ``length`` characters of a job's title."""
    if report.expiring.count > 1:
        return f"The files of {report.expiring.count:,} jobs will be deleted soon"
    return texts.headline(Event.EXPIRING, report.job, length=length)


def blocks(report: Report) -> list[Block]:
    """The message as it is seen, as things are now: what is kept longer or deleted has no buttons for that."""
    return list(_of_many(report) if report.expiring.count > 1 else _of_one(report))


def spoken(report: Report) -> Iterator[str]:
    """The message as it is heard."""
    yield f"{texts.sign(Event.EXPIRING, report.job)} {headline(report, length=150)}"
    if report.expiring.count > 1:
        yield _WHAT
        yield from lines(report)
        return
    if values := texts.values_line(report.job, length=500):
        yield values
    yield texts.sentence(Event.EXPIRING, report.job)
    if results := texts.results(report):
        yield f"Results: {', '.join(results)}"
    yield deletion(report.job)


def lines(report: Report) -> tuple[str, ...]:
    """A line for each of the first jobs, and how many more there are; empty where it is about one."""
    if report.expiring.count < 2:
        return ()
    named = [f"{_line(job)}. {deletion(job)}" for job, _ in report.expiring.jobs]
    return (*named, *_more(report))


def sentence(report: Report) -> str:
    """What is told above the lines, or of the one job."""
    return _WHAT if report.expiring.count > 1 else texts.sentence(Event.EXPIRING, report.job)


def hint(report: Report) -> str:
    """Where that can be changed, for messages without buttons."""
    which = "/jobs and a job's number" if report.expiring.count > 1 else f"/jobs {report.job.id}"
    return f"In Slack, {which} lets you keep the files longer, or delete them now."


def deletion(job: Job) -> str:
    """When the files go, in the zone of the job's requester."""
    if texts.expiry(job) is Expiry.DELETED or job.expires_at is None:
        return ""
    on = "" if texts.expiry(job) is Expiry.KEPT else " on"
    return f"{_until(job)}{on} {texts.told_at(job, job.expires_at)}."


def _of_one(report: Report) -> Iterator[Block]:
    job = report.job
    yield _title(report)
    yield rich(section(texts.sentence(Event.EXPIRING, job)))
    yield from run_values(job)
    if results := texts.results(report):
        listed = bullets(section(line) for line in results)
        yield rich(section(f"Results: {texts.result_count(report)}", bold=True), listed)
    yield from _when(job)
    more = next((more for each, more in report.expiring.jobs if each.id == job.id), timedelta())
    yield ActionsBlock(elements=[*_acts(job, more), details_button(job)])


def _of_many(report: Report) -> Iterator[Block]:
    yield _title(report)
    yield rich(section(_WHAT))
    for job, more in report.expiring.jobs:
        yield rich(section(_line(job)))
        yield from _when(job)
        yield ActionsBlock(elements=[*_acts(job, more), details_button(job)])
    if rest := _more(report):
        yield rich(section(f"{' '.join(rest)}. {hint(report)}"))


def _title(report: Report) -> Block:
    return rich(section(f"{texts.sign(Event.EXPIRING, report.job)} {headline(report, length=150)}", bold=True))


def _line(job: Job) -> str:
    words = [f"Job {job.id}", texts.title(job, length=_TITLE)]
    if job.results_bytes:
        words.append(size(job.results_bytes))
    if values := texts.values_line(job, length=_VALUES):
        words.append(values)
    if texts.expiry(job) is not Expiry.SOON:
        words.append(texts.state_word(Event.EXPIRING, job))
    return " · ".join(words)


def _more(report: Report) -> Sequence[str]:
    more = report.expiring.count - len(report.expiring.jobs)
    return [f"and {more:,} more; all of them take {size(report.expiring.size_bytes)}"] if more > 0 else []


def _until(job: Job) -> str:
    return "They are kept until" if texts.expiry(job) is Expiry.KEPT else "They will be deleted"


def _when(job: Job) -> Iterator[Block]:
    if job.expires_at is not None and texts.expiry(job) is not Expiry.DELETED:
        yield context(f"{_until(job)} {slack_date(job.expires_at)}")


def _acts(job: Job, more: timedelta) -> list[ButtonElement]:
    if texts.expiry(job) is not Expiry.SOON:
        return []
    return [*([keep_button(job, more)] if more else []), delete_button(job)]
