"""What a modal shows while what belongs there takes longer than Slack waits."""

from slack_sdk.models.views import View

from runner.messages.blocks import plain, rich, section, small_print
from runner.system.text import clipped

_TEXT = 3000


def loading() -> View:
    """In place of what is asked for."""
    return View(
        type="modal",
        title=plain("ScriptRunner"),
        close=plain("Close"),
        blocks=[rich(section("⏳ One moment, please: this takes longer than it should."))],
    )


def checking(external_id: str) -> View:
    """Above a form that was submitted; ``external_id`` is how it is found again."""
    return View(
        type="modal",
        title=plain("Run a script"),
        close=plain("Back"),
        external_id=external_id,
        blocks=[
            rich(section("⏳ Checking what you filled in: this takes longer than it should.")),
            small_print("It goes on, and what comes of it is told here or, when you close this, by direct message."),
        ],
    )


def problems(words: str) -> View:
    """What is wrong with a form that lies below."""
    return View(
        type="modal",
        title=plain("Run a script"),
        close=plain("Back"),
        blocks=[
            rich(section("Nothing was queued: go back, mend this and submit again.", bold=True)),
            rich(section(clipped(words, _TEXT))),
        ],
    )
