"""What the modal of /runscript shows once the job waits: its place, and when it starts or why it does not."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block, HeaderBlock
from slack_sdk.models.views import View

from bot.views.jobs import queue
from bot.views.reader import Reader
from runner.messages.blocks import bullets, labelled, plain, rich, section, small_print
from runner.scheduling import Forecast
from runner.scripts import Script
from runner.service import Submitted
from runner.system.text import visible

_TITLE = "Run a script"
_WAITS = "The job waits until jobs start again."


def queued(
    submitted: Submitted, *, script: Script, email: str, reader: Reader, forecast: Forecast | None = None
) -> View:
    """What the modal shows once the job waits."""
    job = submitted.job
    blocks: list[Block] = [
        HeaderBlock(text=plain(f"Job {job.id} queued")),
        rich(section(f"{visible(script.title)}. {_place_of(submitted)}")),
        *_waiting(submitted, forecast, reader),
        rich(
            section("You will be told when it starts and when it ends:"),
            bullets([section("by direct message from ScriptRunner"), section(f"by e-mail to {visible(email)}")]),
        ),
        small_print(f"/jobs {job.id} shows it at any time."),
    ]
    return View(type="modal", title=plain(_TITLE), close=plain("Close"), clear_on_close=True, blocks=blocks)


def _place_of(submitted: Submitted) -> str:
    return f"It is {queue.place(submitted.place)}." if submitted.place else "It starts right now."


def _waiting(submitted: Submitted, forecast: Forecast | None, reader: Reader) -> Iterator[Block]:
    """What keeps the job from starting, or when it is expected to."""
    if submitted.paused is not None:
        yield rich(section([*queue.pausing(submitted.paused), f". {_WAITS}"], bold=True))
    elif starts := queue.starting(forecast, reader):
        yield rich(
            labelled("Expected to start:", starts),
            labelled("Expected to end:", queue.ending(forecast, reader)),
        )
