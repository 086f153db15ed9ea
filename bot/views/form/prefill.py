"""What stands above a form: a menu that fills it in at once, and the star that makes its script a favourite."""

from collections.abc import Iterator, Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    InputBlock,
    OptionGroup,
    PlainTextInputElement,
    StaticSelectElement,
)

from bot.views.form import elements
from bot.views.form.elements import MenuEntry
from bot.views.form.fields import digest
from runner.jobs import MAX_NAME, Preset
from runner.messages.blocks import plain
from runner.scripts import Script

FILL = "runscript.fill"
STAR = "runscript.star"
FAVOURITE, NO_FAVOURITE = "add", "remove"
"""What the star's button says is to be made of the script."""

MENU = "fill."
"""What the block of the menu begins with."""

SAVE = "preset"
_NAME = "name"
_LAST, _OWN, _EXAMPLE, _FORGET = "last:", "own:", "example:", "forget:"
_Values = Mapping[str, str]


def choice(
    script: Script, presets: Sequence[Preset], filled: int, *, is_favourite: bool = False
) -> Iterator[ActionsBlock]:
    """The menu, where there is anything to fill in with, and the star.

    Slack keeps what was chosen where an id stays: the menu is another each time it was used.
    """
    groups = [
        ("Yours", [_entry(preset) for preset in presets]),
        ("Examples", [MenuEntry(value=f"{_EXAMPLE}{name}", label=name) for name in script.examples]),
        (
            "Delete a preset",
            [MenuEntry(value=f"{_FORGET}{each.name}", label=each.name) for each in presets if each.name],
        ),
    ]
    found = [
        OptionGroup(label=plain(label), options=[elements.option(each) for each in listed])
        for label, listed in groups
        if listed
    ]
    place = digest("\0".join([script.name, str(filled), *(preset.name for preset in presets)]))
    if found and script.asked:
        menu = StaticSelectElement(action_id=FILL, placeholder=plain("Fill in …"), option_groups=found)
        yield ActionsBlock(block_id=f"{MENU}{place}", elements=[menu, _star(is_favourite=is_favourite)])
    else:
        yield ActionsBlock(block_id=f"{MENU}{place}", elements=[_star(is_favourite=is_favourite)])


def saving() -> InputBlock:
    """The field for the name of a new preset."""
    return InputBlock(
        block_id=SAVE,
        label=plain("Save these values as"),
        hint=plain("A name under which you can fill in this form again; leave it empty to save nothing."),
        optional=True,
        element=PlainTextInputElement(action_id=_NAME, max_length=MAX_NAME),
    )


def saved_name(view: Mapping[str, object]) -> str:
    """The name that a person gave the values of a form, empty for none."""
    found: object = view
    for key in ("state", "values", SAVE, _NAME, "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found.strip() if isinstance(found, str) else ""


def forgotten(chosen: str) -> str | None:
    """The preset that a choice in the menu deletes, if any."""
    return chosen.removeprefix(_FORGET) if chosen.startswith(_FORGET) else None


def values(chosen: str, script: Script, presets: Sequence[Preset]) -> _Values | None:
    """The values that a choice in the menu stands for; None where they are gone."""
    if chosen.startswith(_EXAMPLE):
        return script.examples.get(chosen.removeprefix(_EXAMPLE))
    name = chosen.removeprefix(_OWN) if chosen.startswith(_OWN) else ""
    return next((preset.values for preset in presets if preset.name == name), None)


def _star(*, is_favourite: bool) -> ButtonElement:
    if is_favourite:
        return ButtonElement(text=plain("★ Remove from favourites"), action_id=STAR, value=NO_FAVOURITE)
    return ButtonElement(text=plain("☆ Add to favourites"), action_id=STAR, value=FAVOURITE)


def _entry(preset: Preset) -> MenuEntry:
    if not preset.name:
        return MenuEntry(value=_LAST, label="As last time")
    return MenuEntry(value=f"{_OWN}{preset.name}", label=preset.name)
