"""The question before a script is run: every value, to be looked through once more."""

import json
from collections.abc import Iterator, Mapping

from slack_sdk.models.blocks import Block, RichTextSectionElement
from slack_sdk.models.views import View

from bot.views.fields import UnreadableForm
from runner.blocks import bullets, labelled, plain, rich, section
from runner.scripts import Script
from runner.wording import clipped, visible

REVIEW = "runscript.review"
_VALUE = 1_000
_LIST = 50  # values in one block: far from the size that Slack takes


def asking(script: Script, values: Mapping[str, str], *, remembered: Mapping[str, object]) -> View:
    """The modal with the question and every value; submitting it runs the script."""
    question = script.confirm or "Run it with these values?"
    blocks: list[Block] = [
        rich(section(f"{visible(script.title)}. {visible(question)}", bold=True)),
        *_values(script, values),
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


def remembered(view: Mapping[str, object]) -> Mapping[str, object]:
    """What ``asking`` was told to remember; UnreadableForm where the view was not made by us."""
    try:
        found = json.loads(str(view.get("private_metadata")))
    except (ValueError, RecursionError) as error:
        raise UnreadableForm("This question cannot be read; type /runscript to begin anew.") from error
    return found if isinstance(found, dict) else {}


def _values(script: Script, values: Mapping[str, str]) -> Iterator[Block]:
    lines = list(_lines(script, values))
    if not lines:
        yield rich(section("It asks for no values."))
    for start in range(0, len(lines), _LIST):
        yield rich(bullets(lines[start : start + _LIST]))


def _lines(script: Script, values: Mapping[str, str]) -> Iterator[RichTextSectionElement]:
    for parameter in script.parameters:
        value = values.get(parameter.name)
        if value is not None:
            yield labelled(f"{visible(parameter.label)}:", clipped(visible(", ".join(parameter.items(value))), _VALUE))
    for name, secret in script.secrets_beside(values).items():
        yield labelled(f"{visible(name)}:", f"the server's secret {secret}")
