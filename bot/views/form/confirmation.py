"""The question before a script is run: every value, to be looked through once more."""

import json
from collections.abc import Iterator, Mapping

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.views.form.fields import UnreadableForm
from bot.views.jobs import queue
from runner.messages.blocks import bullets, labelled, plain, rich, section
from runner.scheduling import NearLimit
from runner.scripts import Script, in_words
from runner.scripts.parameters import EMAIL
from runner.system.text import clipped, visible

REVIEW = "runscript.review"
_LENGTHS = (1_000, 300, 100, 30)  # characters shown of each value: as many as fit
_LIST = 50  # values in one block
_VIEW_BYTES = 250_000  # Slack: view_too_large above; escaped as JSON, which is the most it can be counted as


def asking(
    script: Script, values: Mapping[str, str], *, remembered: Mapping[str, object], limit: NearLimit | None = None
) -> View:
    """The modal with the question and every value, long ones cut; submitting it runs the script.

    That few more jobs are taken, or none, is told above.
    """
    views = (_asking(script, values, remembered, length, limit) for length in _LENGTHS)
    return next(view for view in views if len(json.dumps(view.to_dict())) <= _VIEW_BYTES)


def remembered(view: Mapping[str, object]) -> Mapping[str, object]:
    """What ``asking`` was told to remember; UnreadableForm where the view was not made by us."""
    try:
        found = json.loads(str(view.get("private_metadata")))
    except (ValueError, RecursionError) as error:
        raise UnreadableForm("This question cannot be read; type /runscript to begin anew.") from error
    return found if isinstance(found, dict) else {}


def _asking(
    script: Script,
    values: Mapping[str, str],
    remembered: Mapping[str, object],
    length: int,
    limit: NearLimit | None,
) -> View:
    question = script.confirm or "Run it with these values?"
    blocks: list[Block] = [
        *queue.limiting(limit),
        rich(section(f"{visible(script.title)}. {visible(question)}", bold=True)),
        *_values(script, values, length),
    ]
    return View(
        type="modal",
        callback_id=REVIEW,
        title=plain("Run this?"),
        submit=plain("Run"),
        close=plain("Back"),
        private_metadata=json.dumps(dict(remembered)),
        blocks=blocks,
    )


def _values(script: Script, values: Mapping[str, str], length: int) -> Iterator[Block]:
    lines = [labelled(f"{visible(label)}:", clipped(visible(text), length)) for label, text in _lines(script, values)]
    if not lines:
        yield rich(section("It asks for no values."))
    for start in range(0, len(lines), _LIST):
        yield rich(bullets(lines[start : start + _LIST]))


def _lines(script: Script, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Labels with what the script is given: values as the form shows them, constants, and secrets by their names."""
    for parameter in script.used(values):
        value = values.get(parameter.name, script.constants.get(parameter.name))
        if parameter.name not in values and value == EMAIL:
            yield parameter.label, "the e-mail address of whoever runs it"
        elif value is not None:
            yield parameter.label, in_words(parameter, value)
        elif parameter.name in script.secrets:
            yield parameter.label, f"the server's secret {script.secrets[parameter.name]}"
