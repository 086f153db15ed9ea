"""Pieces of Block Kit that direct messages and the bot's views share; text is shown literally, never as markup.

Text of people, scripts and logs goes into plain_text and rich_text only; mrkdwn is for what was made here.
"""

from collections.abc import Iterable, Iterator

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
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
from runner.reports import Retrieval
from runner.wording import visible

DETAILS = "job.details"
CANCEL = "job.cancel"
AGAIN = "job.again"
EDIT = "job.edit"


def plain(words: str) -> PlainTextObject:
    """Text shown as it is."""
    return PlainTextObject(text=words, emoji=False)


def context(mrkdwn: str) -> ContextBlock:
    """A line of small print in mrkdwn: dates and our own words only."""
    return ContextBlock(elements=[MarkdownTextObject(text=mrkdwn)])


def small_print(words: str) -> ContextBlock:
    """A line of small print shown as it is."""
    return ContextBlock(elements=[plain(words)])


def rich(*elements: RichTextElement) -> RichTextBlock:
    """A block of rich text."""
    return RichTextBlock(elements=elements)


def section(words: str, *, bold: bool = False) -> RichTextSectionElement:
    """A paragraph of rich text."""
    return RichTextSectionElement(elements=[_text(words, bold=bold)])


def labelled(label: str, words: str) -> RichTextSectionElement:
    """A paragraph that begins with a bold label."""
    return RichTextSectionElement(elements=[_text(f"{label} ", bold=True), _text(words, bold=False)])


def bullets(lines: Iterable[RichTextSectionElement]) -> RichTextListElement:
    """A list of paragraphs."""
    return RichTextListElement(style="bullet", elements=list(lines))


def preformatted(words: str) -> RichTextPreformattedElement:
    """Text in a box of its own, easy to copy."""
    return RichTextPreformattedElement(elements=[_text(words, bold=False)])


def command(found: Retrieval) -> Iterator[Block]:
    """The command that fetches or brings files, and its password where there is one."""
    yield rich(section("Paste this into a terminal:", bold=True), preformatted(visible(found.command)))
    if found.password is not None:
        yield rich(section("Password:", bold=True), preformatted(visible(found.password)))


def details_button(job: Job, words: str = "Details") -> ButtonElement:
    """Shows the job's details as they are now."""
    return ButtonElement(
        text=plain(words), action_id=DETAILS, value=str(job.id), accessibility_label=f"{words} of job {job.id}"
    )


def cancel_button(job: Job) -> ButtonElement:
    """Cancels the job, once confirmed."""
    return ButtonElement(
        text=plain("Cancel"),
        action_id=CANCEL,
        value=str(job.id),
        style="danger",
        accessibility_label=f"Cancel job {job.id}",
        confirm=ConfirmObject(
            title=plain(f"Cancel job {job.id}?"),
            text=plain("A job that runs is stopped; what it has written so far stays."),
            confirm=plain("Cancel the job"),
            deny=plain("Leave it"),
            style="danger",
        ),
    )


def again_button(job: Job) -> ButtonElement:
    """Shows the job's values, to run its script once more with them."""
    return ButtonElement(
        text=plain("Run again"),
        action_id=AGAIN,
        value=str(job.id),
        accessibility_label=f"Run job {job.id} again",
    )


def edit_button(job: Job) -> ButtonElement:
    """Opens the form of the job's script, filled in with its values."""
    return ButtonElement(
        text=plain("Edit and run again"),
        action_id=EDIT,
        value=str(job.id),
        accessibility_label=f"Edit the values of job {job.id} and run it again",
    )


def _text(words: str, *, bold: bool) -> RichTextElementParts.Text:
    return RichTextElementParts.Text(text=words, style={"bold": True} if bold else None)
