"""Fields that most people leave alone: the button that shows them, and which of them lie behind it."""

from collections.abc import Mapping

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.views.form import fields
from bot.views.form.circumstances import Circumstances
from bot.views.form.elements import Brevity
from runner.messages.blocks import plain
from runner.scripts import Script
from runner.scripts.parameters import Boolean

SHOW = "runscript.advanced"
_SHOWN, _HIDDEN = "show", "hide"


def hideable(script: Script, circumstances: Circumstances, initial: Mapping[str, str]) -> set[str]:
    """The advanced parameters that a form may leave out: an answer that holds nothing of them means their defaults.

    One that stands at something else is shown, so that nobody submits what they do not see, and nothing that was typed
    has to be remembered elsewhere.
    """
    around, found = circumstances.around(Brevity.FULL), set[str]()
    for parameter in script.asked:
        default = fields.start(parameter, circumstances.defaults.get(parameter.name), around)
        is_lacking = default is None and parameter.required and not isinstance(parameter, Boolean)
        is_changed = initial.get(parameter.name) != default or bool(circumstances.uploaded.get(parameter.name))
        if parameter.advanced and not is_lacking and not is_changed:
            found.add(parameter.name)
    return found


def button(script: Script, *, is_open: bool) -> ActionsBlock:
    """*More*, or *Less* where the form is open; the value is what pressing it does."""
    pressed = (
        ButtonElement(action_id=SHOW, text=plain("Less"), value=_HIDDEN)
        if is_open
        else ButtonElement(action_id=SHOW, text=plain("More"), value=_SHOWN)
    )
    return ActionsBlock(block_id=f"advanced.{fields.digest(script.name)}", elements=[pressed])


def shows(value: str) -> bool:
    """Whether the button that was pressed shows what is hidden."""
    return value == _SHOWN
