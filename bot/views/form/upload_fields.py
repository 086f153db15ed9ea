"""The field in which the file of an input is uploaded instead of chosen from the inbox."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import InputBlock
from slack_sdk.models.blocks.block_elements import FileInputElement

from bot.slack.files import SlackFile, described
from bot.views.form import fields
from bot.views.form.elements import Brevity, MenuEntry
from bot.views.form.fields import UnreadableForm, digest
from runner.messages.blocks import plain
from runner.scripts import Script
from runner.scripts.parameters import Input
from runner.service import OWN, InboxFile
from runner.system.text import clipped, size

IN_SLACK = "slack:"
"""Before Slack's id of a file, where a value stands for one that lies in Slack still."""

GivenFile = SlackFile | InboxFile
"""A file that a form is opened for: one in Slack, or one of the inbox."""

_UPLOAD = "upload"
_MOST_FILES = 10  # blockkit-limits: file_input
_LABEL = 2000


def reference(file: SlackFile) -> str:
    """The value that stands for a file in Slack."""
    return f"{IN_SLACK}{file.id}"


def name_of(file: GivenFile) -> str:
    """What the file is called."""
    return file.name if isinstance(file, SlackFile) else file.reference.removeprefix(OWN)


def mark(file: InboxFile) -> str:
    """A short name for a file of the inbox, by which a form remembers it."""
    return mark_of(file.reference)


def mark_of(reference: str) -> str:
    """The mark of the file that is referred to like this."""
    return digest(reference)


def listed(file: SlackFile) -> MenuEntry:
    """A file in Slack as an entry of a menu."""
    return MenuEntry(value=reference(file), label=file.name, description=f"{size(file.size_bytes)}, from the message")


def assigned(script: Script, files: Sequence[GivenFile]) -> dict[str, str]:
    """What inputs begin with: each with the first file that it takes, one that takes several with all that are left."""
    left = list(files)
    found: dict[str, str] = {}
    for parameter in script.asked:
        if isinstance(parameter, Input):
            taken = [file for file in left if parameter.accepts(name_of(file))][: None if parameter.multiple else 1]
            left = [file for file in left if file not in taken]
            if taken:
                found[parameter.name] = "\n".join(_value(file) for file in taken)
    return found


def takes_any(script: Script, files: Sequence[GivenFile]) -> bool:
    """Whether the script can be run on one of the files at least; always where there are none."""
    return not files or bool(assigned(script, files))


def block_id(script: Script, parameter: Input) -> str:
    """Where the field is; it never moves, so that Slack keeps what was uploaded."""
    return f"{digest(script.name)}-{_UPLOAD}.{parameter.name}"


def field(script: Script, parameter: Input, brevity: Brevity = Brevity.FULL, *, is_second: bool = False) -> InputBlock:
    """The field, alone or the second one of an input that is chosen from the inbox too."""
    label, hint = fields.told(parameter, brevity)
    return InputBlock(
        block_id=block_id(script, parameter),
        label=plain(clipped(f"… and upload: {label}", _LABEL) if is_second else label),
        hint=plain(hint) if hint and not is_second else None,
        optional=not parameter.required,
        element=FileInputElement(
            action_id=_UPLOAD,
            filetypes=_types(parameter) or None,
            max_files=_MOST_FILES if parameter.multiple else 1,
        ),
    )


def entered(view: Mapping[str, object], script: Script) -> dict[str, Sequence[SlackFile]]:
    """The files that were uploaded, by parameter; UnreadableForm where what came back is none of ours."""
    found: dict[str, Sequence[SlackFile]] = {}
    for parameter in script.asked:
        if isinstance(parameter, Input):
            files = _files(_state(view, block_id(script, parameter), _UPLOAD))
            if files:
                found[parameter.name] = files
    return found


def together(parameter: Input, chosen: str | None, uploaded: Sequence[SlackFile]) -> str | None:
    """The value of an input: what was chosen and uploaded; of one file only what was uploaded, where anything was."""
    references = [reference(file) for file in uploaded]
    if parameter.multiple:
        return "\n".join([*(chosen.split("\n") if chosen else []), *references]) or None
    return references[-1] if references else chosen


def _value(file: GivenFile) -> str:
    return reference(file) if isinstance(file, SlackFile) else file.reference


def _types(parameter: Input) -> list[str]:
    """Extensions as Slack compares them: the last part of each. It checks for convenience only, we check anew."""
    return sorted({extension.rpartition(".")[2] for extension in parameter.accept or ()})


def _state(view: Mapping[str, object], *path: str) -> object:
    found: object = view
    for key in ("state", "values", *path):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _files(element: object) -> list[SlackFile]:
    given = element.get("files") if isinstance(element, Mapping) else None
    files = [described(each) for each in given] if isinstance(given, list) else []
    if None in files:
        raise UnreadableForm("A file came back in a form that is not known.")
    return [file for file in files if file is not None]
