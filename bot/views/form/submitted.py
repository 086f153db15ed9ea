"""What the modal of /runscript shows once the job waits: its place, and when it starts or why it does not."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block, HeaderBlock
from slack_sdk.models.views import View

from bot.views.jobs import queue
from runner.jobs import Job
from runner.messages import expectations
from runner.messages.blocks import labelled, plain, rich, run_values, section, small_print
from runner.messages.reader import Reader
from runner.scheduling import NearLimit
from runner.service import Outlook
from runner.system.text import visible

_TITLE = "Run a script"
_WAITS = "The job waits until jobs start again."


def queued(
    job: Job,
    outlook: Outlook,
    *,
    reader: Reader,
    telling: Block,
    limit: NearLimit | None = None,
) -> View:
    """What the modal shows once the job waits, what its requester is told, and that few more, if so, are taken."""
    blocks: list[Block] = [
        HeaderBlock(text=plain(f"Job {job.id} queued")),
        rich(section(f"{visible(job.title)}. {_place_of(outlook)}")),
        *run_values(job, with_usual=True),
        *_waiting(job, outlook, reader),
        *queue.limiting(limit),
        telling,
        small_print(f"/jobs {job.id} shows it at any time."),
    ]
    return View(type="modal", title=plain(_TITLE), close=plain("Close"), clear_on_close=True, blocks=blocks)


def _place_of(outlook: Outlook) -> str:
    return f"It is {expectations.place(outlook.place)}." if outlook.place else "It starts right now."


def _waiting(job: Job, outlook: Outlook, reader: Reader) -> Iterator[Block]:
    """What keeps the job from starting, or when it is expected to."""
    if outlook.paused is not None:
        yield rich(section([*expectations.pausing(outlook.paused), f". {_WAITS}"], bold=True))
        return
    told = [
        ("It waits:", expectations.waiting(job, outlook)),
        ("Expected to start:", expectations.starting(outlook.forecast, reader)),
        ("Expected to end:", expectations.ending(outlook.forecast, reader)),
    ]
    if lines := [labelled(label, words) for label, words in told if words]:
        yield rich(*lines)
