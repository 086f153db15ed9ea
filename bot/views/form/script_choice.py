"""How a script is found: the menu of all, in the order of the person who chooses, and a search with what it found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    ExternalDataSelectElement,
    InputBlock,
    Option,
    OptionGroup,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig

from bot.views.form import elements, picks
from bot.views.form.elements import MenuEntry
from bot.views.form.picks import ScriptPick
from runner.messages.blocks import plain, rich, section
from runner.scripts import Script
from runner.service import ScriptMenu
from runner.system.text import clipped, visible

SEARCH = "runscript.search"
SEARCH_BLOCK = "search"
MOST_FOUND = 5
LONGEST_SEARCH = 150  # characters
_OPTION = 75
_DESCRIPTION = 300
_NOTICE = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSearch:
    """Words that name no script, what is said of that, and the scripts that may be meant.

    ``pick`` tells what was typed besides, for the form of whichever is chosen.
    """

    words: str
    notice: str
    found: Sequence[Script] = ()
    pick: Callable[[Script], ScriptPick] = lambda script: ScriptPick(script=script.name)


def choice(
    action_id: str, script: Script | None = None, *, placeholder: str = "Type to search"
) -> ExternalDataSelectElement:
    """The menu of all scripts, in which the one that is shown is chosen."""
    return ExternalDataSelectElement(
        action_id=action_id,
        min_query_length=0,
        placeholder=plain(placeholder),
        initial_option=option(script) if script else None,
    )


def option(script: Script) -> Option:
    """A script as an entry of the menu."""
    value = elements.option_value(script.name)
    return elements.option(MenuEntry(value=value, label=script.title, description=script.description))


def options(menu: ScriptMenu, takes: Callable[[Script], bool] = lambda _: True) -> list[OptionGroup]:
    """The scripts that a form ``takes`` as the menu lists them; at most as many as Slack takes in one answer.

    Where it takes none, all are listed: it is better to be told why not than to find nothing.
    """
    parts = [
        ("★ Favourites", [each for each in menu.favourites if takes(each)]),
        ("You use these", [each for each in menu.used if takes(each)]),
        *_by_folder([each for each in menu.others if takes(each)]),
    ]
    count = sum(len(scripts) for _, scripts in parts)
    if not count and menu.scripts:
        return options(menu)
    groups, room = list[OptionGroup](), elements.MOST_OPTIONS
    for label, scripts in parts:
        if shown := scripts[:room]:
            room -= len(shown)
            is_cut = not room and count > elements.MOST_OPTIONS
            groups.append(_group(label, shown, more=count - elements.MOST_OPTIONS if is_cut else 0))
    return groups


def searching(search: ScriptSearch) -> Iterator[Block]:
    """The words that were searched for, with a field to search for others, and what they found."""
    yield rich(section(clipped(search.notice, _NOTICE), bold=True))
    yield InputBlock(
        block_id=SEARCH_BLOCK,
        label=plain("Search"),
        hint=plain("Change the words and press Enter."),
        optional=True,
        dispatch_action=True,
        element=PlainTextInputElement(
            action_id=SEARCH,
            initial_value=clipped(visible(search.words[:LONGEST_SEARCH]), LONGEST_SEARCH) or None,
            max_length=LONGEST_SEARCH,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
        ),
    )
    for number, script in enumerate(search.found[:MOST_FOUND]):
        yield offered(script, search.pick(script), number)
    yield DividerBlock()


def offered(script: Script, pick: ScriptPick, number: int, *, action_id: str = picks.PICK) -> SectionBlock:
    """A script with what it does, and the button that opens its form."""
    told = f"{visible(script.title)} · {visible(script.name)}"
    described = clipped(visible(script.description[: _DESCRIPTION + 1]), _DESCRIPTION)
    return SectionBlock(
        text=plain("\n".join(filter(None, [told, described]))),
        accessory=picks.button(action_id, number, pick, title=script.title, words="Open"),
    )


def _by_folder(scripts: Sequence[Script]) -> list[tuple[str, list[Script]]]:
    groups: dict[str, list[Script]] = {}
    for script in scripts:
        groups.setdefault(script.group, []).append(script)
    return [(visible(group) or "Scripts", found) for group, found in groups.items()]


def _group(label: str, scripts: Sequence[Script], *, more: int) -> OptionGroup:
    rest = f" · type to find {more:,} more" if more else ""
    return OptionGroup(
        label=plain(f"{clipped(label, _OPTION - len(rest))}{rest}"), options=[option(each) for each in scripts]
    )
