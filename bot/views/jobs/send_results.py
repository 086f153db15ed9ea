"""The modal in which one chooses which of a job's results is sent; pure."""

from collections.abc import Mapping
from typing import Any

from slack_sdk.models.blocks import ExternalDataSelectElement, InputBlock, Option
from slack_sdk.models.views import View

from runner.errors import ScriptRunnerError
from runner.messages.blocks import command, plain, rich, section, small_print
from runner.messages.texts import title
from runner.service import SendableResults
from runner.system.text import size, visible

SENDING_VIEW, CHOOSE_RESULT = "job.send.view", "job.send.choose"
_FIELD = "result"
_ALL = "all"
_LABEL = 75  # Slack's limits on an option
_OFFERED = 100  # options in a menu


def view(found: SendableResults) -> View:
    """The form, with how to fetch the rest, where there is any."""
    job = found.job
    rest = [small_print(_too_large(found))] if found.too_large else []
    how = [] if found.retrieval is None else command(found.retrieval)
    if not found.found and not found.word and found.all_bytes is None:
        return _view(job.id, [rich(section("None of the results can be sent.")), *rest, *how], submit=None)
    menu = InputBlock(
        block_id=_FIELD,
        label=plain("Which result"),
        element=ExternalDataSelectElement(
            action_id=CHOOSE_RESULT, min_query_length=0, placeholder=plain("Type a part of its name")
        ),
    )
    heading = rich(section(f"Job {job.id}: {title(job, length=100)}", bold=True))
    return _view(job.id, [heading, menu, *rest, *(how if rest else [])], submit="Send")


def options(found: SendableResults) -> list[Option]:
    """The results to choose from, and all of them as one archive."""
    each = [
        Option(value=result.key, label=_shown(result.name), description=size(result.size_bytes))
        for result in found.found
    ]
    if found.all_bytes is None or found.word:
        return each[:_OFFERED]
    everything = Option(value=_ALL, label="All results as one zip", description=size(found.all_bytes))
    return [everything, *each][:_OFFERED]


def told(words: str) -> View:
    """What became of it."""
    return View(
        type="modal",
        callback_id="job.send.told",
        title=plain("Send me"),
        close=plain("Close"),
        blocks=[rich(section(words))],
    )


def opened(shown: Mapping[str, Any]) -> str:
    """The number of the job whose results an open form offers, as it was written there."""
    return str(shown.get("private_metadata") or "")


def chosen(shown: Mapping[str, Any]) -> str | None:
    """The key that was chosen, None where it is all; ScriptRunnerError where nothing was."""
    try:
        key = str(shown["state"]["values"][_FIELD][CHOOSE_RESULT]["selected_option"]["value"])
    except (LookupError, TypeError) as error:
        raise ScriptRunnerError("Choose which result is to be sent.") from error
    return None if key == _ALL else key


def _view(job_id: int, blocks: list[Any], *, submit: str | None) -> View:
    return View(
        type="modal",
        callback_id=SENDING_VIEW,
        title=plain("Send me"),
        submit=None if submit is None else plain(submit),
        close=plain("Close"),
        private_metadata=str(job_id),
        blocks=blocks,
    )


def _shown(name: str) -> str:
    """A name that fits; of a longer one the end, which tells files in the same folder apart."""
    words = visible(name)
    return words if len(words) <= _LABEL else f"…{words[-(_LABEL - 1) :]}"


def _too_large(found: SendableResults) -> str:
    what = "1 result is" if found.too_large == 1 else f"{found.too_large:,} results are"
    return f"{what} empty or too large to be sent."
