"""Where the file of an input comes from: the question in the form, and what was answered."""

from collections.abc import Mapping
from enum import StrEnum

from slack_sdk.models.blocks import InputBlock, RadioButtonsElement

from bot.views.form import elements
from bot.views.form.elements import MenuEntry
from bot.views.form.fields import UnreadableForm, digest
from bot.views.form.form_metadata import FormMetadata
from runner.messages.blocks import plain
from runner.scripts import Script
from runner.scripts.parameters import Input
from runner.system.text import clipped, visible

CHOOSE = "runscript.source"
_LABEL = 2000


class InputSource(StrEnum):
    """Where files come from; BOTH is for inputs that take several."""

    INBOX = "inbox"
    UPLOAD = "upload"
    BOTH = "both"

    @property
    def has_menu(self) -> bool:
        """Whether files of the inbox are chosen."""
        return self is not InputSource.UPLOAD

    @property
    def has_upload(self) -> bool:
        """Whether files are uploaded."""
        return self is not InputSource.INBOX


_ONE = {InputSource.INBOX: "Choose a file of the inbox", InputSource.UPLOAD: "Upload a file"}
_SEVERAL = {
    InputSource.INBOX: "Choose files of the inbox",
    InputSource.UPLOAD: "Upload files",
    InputSource.BOTH: "Both",
}


def question(script: Script, parameter: Input, metadata: FormMetadata, source: InputSource) -> InputBlock:
    """The question where the input's file comes from; answering it draws the form anew.

    Slack keeps what was answered where an id stays: a form that is filled in anew asks in another place.
    """
    labels = _SEVERAL if parameter.multiple else _ONE
    options = {each: elements.option(MenuEntry(value=each, label=label)) for each, label in labels.items()}
    suffix = f".{metadata.filled}" if metadata.filled else ""
    return InputBlock(
        block_id=f"{_place(script, parameter)}{suffix}",
        label=plain(clipped(f"{visible(parameter.label)}: inbox or upload?", _LABEL)),
        dispatch_action=True,
        element=RadioButtonsElement(
            action_id=CHOOSE,
            options=list(options.values()),
            initial_option=options.get(source, options[InputSource.INBOX]),
        ),
    )


def is_question(script: Script, block_id: str) -> bool:
    """Whether a block asks where a file of the script comes from."""
    return block_id.startswith(f"{digest(script.name)}-source.")


def answered(view_values: Mapping[str, object], script: Script, parameter: Input) -> InputSource | None:
    """What was answered, None where the form does not ask; UnreadableForm for what is no answer."""
    place = _place(script, parameter)
    for block_id, state in view_values.items():
        if block_id == place or block_id.startswith(f"{place}."):
            return _source(state, parameter)
    return None


def _source(state: object, parameter: Input) -> InputSource:
    found = state
    for key in (CHOOSE, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if found not in (_SEVERAL if parameter.multiple else _ONE):
        raise UnreadableForm(f"It cannot be read whether “{visible(parameter.label)}” is uploaded.")
    return InputSource(str(found))


def _place(script: Script, parameter: Input) -> str:
    return f"{digest(script.name)}-source.{parameter.name}"
