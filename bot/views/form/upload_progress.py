"""What the modal shows while files are fetched from Slack."""

from collections.abc import Sequence

from slack_sdk.models.views import View

from runner.messages.blocks import bullets, plain, rich, section, small_print
from runner.system.text import clipped, size, visible

_NAME = 150


def fetching(names: Sequence[str], external_id: str, *, done_bytes: int = 0, size_bytes: int) -> View:
    """The modal above the form; ``external_id`` is how it is found again."""
    progress = f"{size(done_bytes)} of {size(size_bytes)}" if done_bytes else size(size_bytes)
    return View(
        type="modal",
        title=plain("Run a script"),
        close=plain("Back"),
        external_id=external_id,
        blocks=[
            rich(section(f"⏳ Bringing your file{'s' if len(names) > 1 else ''} into your inbox: {progress}")),
            rich(bullets(section(clipped(visible(name), _NAME)) for name in names)),
            small_print("The job is queued as soon as that is done, also when you close this."),
        ],
    )
