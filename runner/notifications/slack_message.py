"""What a direct message shows: blocks, and a text that is complete without them; pure.

Text of people, scripts and logs stands in plain_text and rich_text only, where Slack shows every character as it is.
"""

from collections.abc import Iterator

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElement,
    RichTextElementParts,
    RichTextListElement,
    RichTextPreformattedElement,
    RichTextSectionElement,
)

from runner.jobs import Job
from runner.messages import Event
from runner.notifications import texts
from runner.reports import Report
from runner.wording import slack_date, slack_text

_HEADER_TITLE = 60
_TEXT_LOG = 800
_TEXT_LENGTH = 4000
"""Slack advises at most 4,000 characters of top-level text and cuts at 40,000."""


def blocks(event: Event, report: Report) -> list[Block]:
    """The message as it is seen."""
    match event:
        case Event.STARTED:
            return list(_started(report.job))
        case Event.ENDED:
            return list(_ended(report))


def text(event: Event, report: Report) -> str:
    """The message as it is heard, and as it stands in a notification: all but the password, escaped."""
    escaped = slack_text("\n".join(_spoken(event, report)))
    return escaped if len(escaped) <= _TEXT_LENGTH else escaped[:_TEXT_LENGTH].rpartition("\n")[0]


def _started(job: Job) -> Iterator[Block]:
    headline = texts.headline(Event.STARTED, job, length=150)
    yield _rich(_section(f"{texts.sign(Event.STARTED, job)} {headline}", bold=True))
    if job.started_at is not None:
        yield _context(f"Started {slack_date(job.started_at)}")
    buttons = [_details(job)] if job.state.is_final else [_details(job), _cancel(job)]
    yield ActionsBlock(elements=buttons)


def _ended(report: Report) -> Iterator[Block]:
    job = report.job
    headline = f"{texts.sign(Event.ENDED, job)} {texts.headline(Event.ENDED, job, length=_HEADER_TITLE)}"
    yield HeaderBlock(text=_plain(headline))
    yield _rich(_section(f"{texts.sentence(Event.ENDED, job)} {texts.took(job)}"))
    if results := texts.results(report):
        listed = RichTextListElement(style="bullet", elements=[_section(line) for line in results])
        yield _rich(_section(f"Results: {max(report.result_count, len(report.results))}", bold=True), listed)
    yield from _retrieval(report)
    if log := texts.log(Event.ENDED, report):
        yield _rich(_section("The log's last lines:", bold=True), _preformatted(log))
    if job.expires_at is not None:
        yield _context(f"The files of this job will be deleted {slack_date(job.expires_at)}")
    yield ActionsBlock(elements=[_details(job), _again(job)])


def _retrieval(report: Report) -> Iterator[Block]:
    if report.retrieval is None:
        return
    yield _rich(
        _section("Paste this into a terminal:", bold=True), _preformatted(texts.one_line(report.retrieval.command))
    )
    if report.retrieval.password is not None:
        yield _rich(_section("Password:", bold=True), _preformatted(texts.one_line(report.retrieval.password)))


def _spoken(event: Event, report: Report) -> Iterator[str]:
    job = report.job
    yield f"{texts.sign(event, job)} {texts.headline(event, job, length=150)}"
    if event is Event.STARTED:
        if job.started_at is not None:
            yield f"Started {texts.stamp(job.started_at)}."
        return
    yield f"{texts.sentence(event, job)} {texts.took(job)}"
    if results := texts.results(report):
        yield f"Results: {', '.join(results)}"
    if report.retrieval is not None:
        yield f"Paste this into a terminal: {texts.one_line(report.retrieval.command)}"
        if report.retrieval.password is not None:
            yield f"/jobs {job.id} shows the password."
    if job.expires_at is not None:
        yield f"The files of this job will be deleted on {texts.stamp(job.expires_at)}."
    if log := texts.log(event, report, length=_TEXT_LOG):
        yield f"The log's last lines:\n{log}"


def _details(job: Job) -> ButtonElement:
    return ButtonElement(
        text=_plain("Details"),
        action_id="job.details",
        value=str(job.id),
        accessibility_label=f"Details of job {job.id}",
    )


def _cancel(job: Job) -> ButtonElement:
    return ButtonElement(
        text=_plain("Cancel"),
        action_id="job.cancel",
        value=str(job.id),
        style="danger",
        accessibility_label=f"Cancel job {job.id}",
        confirm=ConfirmObject(
            title=_plain(f"Cancel job {job.id}?"),
            text=_plain("The script is stopped. What it has written so far stays."),
            confirm=_plain("Cancel the job"),
            deny=_plain("Let it run"),
            style="danger",
        ),
    )


def _again(job: Job) -> ButtonElement:
    return ButtonElement(
        text=_plain("Run again"),
        action_id="job.again",
        value=str(job.id),
        accessibility_label=f"Run job {job.id} again",
        confirm=ConfirmObject(
            title=_plain("Run again?"),
            text=_plain(f"“{texts.title(job, length=_HEADER_TITLE)}” is run once more with the same values."),
            confirm=_plain("Run again"),
            deny=_plain("Not now"),
        ),
    )


def _plain(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)


def _context(mrkdwn: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=mrkdwn)])


def _rich(*elements: RichTextElement) -> RichTextBlock:
    return RichTextBlock(elements=elements)


def _section(words: str, *, bold: bool = False) -> RichTextSectionElement:
    style = {"bold": True} if bold else None
    return RichTextSectionElement(elements=[RichTextElementParts.Text(text=words, style=style)])


def _preformatted(words: str) -> RichTextPreformattedElement:
    return RichTextPreformattedElement(elements=[RichTextElementParts.Text(text=words)])
