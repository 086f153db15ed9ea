"""Pieces of Block Kit that direct messages and the bot's views share; text is shown literally, never as markup.

Text of people, scripts and logs goes into plain_text and rich_text only; mrkdwn is for what was made here.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

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
    TableBlock,
)

from runner.jobs import WEEK, Job, Retrieval
from runner.messages import texts
from runner.system.text import Moment, Told, clipped, span, visible

DETAILS = "job.details"
LOG = "job.log"
SHARE = "job.share"
SEND_ME = "job.send"
CANCEL = "job.cancel"
AGAIN = "job.again"
DELETE = "job.delete"
KEEP = "job.keep"
EDIT = "job.edit"
HOLD = "job.hold"
RELEASE = "job.release"
FRONT = "job.front"
BEFORE_ALL = "job.before_all"
MORE_TIME = "job.more_time"
"""What the ids of the buttons that give more time begin with."""

_CELL = 200  # characters
_STEPS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))


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


def section(words: str | Told, *, bold: bool = False) -> RichTextSectionElement:
    """A paragraph of rich text."""
    return RichTextSectionElement(elements=_parts(words, bold=bold))


def labelled(label: str, words: str | Told) -> RichTextSectionElement:
    """A paragraph that begins with a bold label."""
    return RichTextSectionElement(elements=[_text(f"{label} ", bold=True), *_parts(words, bold=False)])


def bullets(lines: Iterable[RichTextSectionElement]) -> RichTextListElement:
    """A list of paragraphs."""
    return RichTextListElement(style="bullet", elements=list(lines))


def preformatted(words: str) -> RichTextPreformattedElement:
    """Text in a box of its own, easy to copy."""
    return RichTextPreformattedElement(elements=[_text(words, bold=False)])


def table(rows: Iterable[Iterable[str]]) -> TableBlock:
    """A small table, its first row as a heading; Slack takes no empty cell."""
    return TableBlock(
        rows=[[{"type": "raw_text", "text": clipped(visible(cell), _CELL) or "\u00a0"} for cell in row] for row in rows]
    )


def command(found: Retrieval, heading: str = "Paste this into a terminal:") -> Iterator[Block]:
    """The command that fetches or brings files, and its password where there is one."""
    yield rich(section(heading, bold=True), preformatted(visible(found.command)))
    if found.password is not None:
        yield rich(section("Password:", bold=True), preformatted(visible(found.password)))


def run_values(job: Job, *, with_usual: bool = False) -> Iterator[Block]:
    """The values that tell this run of a script from others, if any."""
    if told := texts.values(job, with_usual=with_usual):
        yield rich(bullets(labelled(f"{label}:", text) for label, text in told))


def details_button(job: Job, words: str = "Details") -> ButtonElement:
    """Shows the job's details as they are now."""
    return ButtonElement(
        text=plain(words), action_id=DETAILS, value=str(job.id), accessibility_label=f"{words} of job {job.id}"
    )


def log_button(job: Job) -> ButtonElement:
    """Opens the job's log."""
    return _of_job("Log", LOG, job, f"Log of job {job.id}")


def share_button(job: Job) -> ButtonElement:
    """Asks whom the job is to be shared with."""
    return _of_job("Share…", SHARE, job, f"Share job {job.id}")


def send_button(job: Job) -> ButtonElement:
    """Offers the job's results one by one, and all as one, to be sent."""
    return _of_job("Send me …", SEND_ME, job, f"Have results of job {job.id} sent here")


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


def delete_button(job: Job) -> ButtonElement:
    """Deletes what the job left on the disk, and what it alone used of the inbox, once confirmed."""
    return ButtonElement(
        text=plain("Delete now"),
        action_id=DELETE,
        value=str(job.id),
        style="danger",
        accessibility_label=f"Delete the files of job {job.id} now",
        confirm=ConfirmObject(
            title=plain(f"Delete the files of job {job.id}?"),
            text=plain(
                "Its results and its log are gone for good, and the files of your inbox that no other job used. "
                "The job stays in the list."
            ),
            confirm=plain("Delete them"),
            deny=plain("Keep them"),
            style="danger",
        ),
    )


def keep_button(job: Job, more: timedelta) -> ButtonElement:
    """Keeps the job's files by so much longer; the value says for how many seconds they were before."""
    words = f"Keep {'a week' if more == WEEK else span(more)} longer"
    return ButtonElement(
        text=plain(words),
        action_id=KEEP,
        value=f"{job.id} {int(job.kept_longer.total_seconds())}",
        accessibility_label=f"{words}: the files of job {job.id}",
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


def hold_button(job: Job) -> ButtonElement:
    """Keeps a job that waits from starting."""
    return _of_job("Hold", HOLD, job, f"Keep job {job.id} from starting until it is released")


def release_button(job: Job) -> ButtonElement:
    """Lets a job start that was held."""
    return _of_job("Release", RELEASE, job, f"Let job {job.id} start")


def front_button(job: Job) -> ButtonElement:
    """Moves a job before its requester's others."""
    return _of_job("Move to front", FRONT, job, f"Start job {job.id} before others of the same requester")


def before_all_button(job: Job) -> ButtonElement:
    """Moves a job before everybody's."""
    return _of_job("Move before all", BEFORE_ALL, job, f"Start job {job.id} before everybody's")


def more_time_buttons(job: Job, left: timedelta) -> list[ButtonElement]:
    """Add to a job's time limit: in steps, and all that is ``left``; the value holds number and seconds."""
    steps = [(f"{span(step)} more", step) for step in _STEPS if step < left]
    rest = [(f"All that is left: {span(left)}", left)] if left >= timedelta(seconds=1) else []
    return [
        ButtonElement(
            text=plain(words),
            action_id=f"{MORE_TIME}.{number}",
            value=f"{job.id} {int(more.total_seconds())}",
            accessibility_label=f"Let job {job.id} run {span(more)} longer",
        )
        for number, (words, more) in enumerate([*steps, *rest], 1)
    ]


def _of_job(words: str, action_id: str, job: Job, label: str) -> ButtonElement:
    return ButtonElement(text=plain(words), action_id=action_id, value=str(job.id), accessibility_label=label)


def _parts(words: str | Told, *, bold: bool) -> list[RichTextElement]:
    told = [words] if isinstance(words, str) else words
    return [_text(part, bold=bold) if isinstance(part, str) else _date(part, bold=bold) for part in told]


def _date(moment: Moment, *, bold: bool) -> RichTextElementParts.Date:
    return RichTextElementParts.Date(
        timestamp=int(moment.at.timestamp()),
        format=moment.slack_format,
        fallback=moment.fallback,
        style={"bold": True} if bold else None,
    )


def _text(words: str, *, bold: bool) -> RichTextElementParts.Text:
    return RichTextElementParts.Text(text=words, style={"bold": True} if bold else None)
