"""Where each block and element may stand, from the tables in Slack's reference."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.workspace.blockkit import check
from tests.support.blockkit.cases import DATA
from tests.support.blockkit.samples import SAMPLES, plain

# The letters: message, modal (a view), Home.
BLOCKS = {
    **dict.fromkeys(("section", "header", "divider", "context", "actions", "input", "image", "rich_text"), "MVH"),
    **dict.fromkeys(("video", "card"), "MVH"),
    **dict.fromkeys(("table", "data_table", "carousel", "container"), "MH"),
    **dict.fromkeys(("context_actions", "markdown", "data_visualization", "task_card", "plan"), "M"),
    "alert": "V",
}
# Each element: what it may stand in, and on which surfaces.
MENUS = tuple(f"{many}{kind}_select" for many in ("", "multi_") for kind in ("external", "users", "conversations"))
ELEMENTS = {
    **dict.fromkeys((*MENUS, "channels_select", "multi_channels_select"), ("section actions input", "MVH")),
    **dict.fromkeys(("static_select", "multi_static_select"), ("section actions input", "MVH")),
    **dict.fromkeys(("checkboxes", "radio_buttons", "datepicker", "timepicker"), ("section actions input", "MVH")),
    "datetimepicker": ("actions input", "MV"),
    "plain_text_input": ("input", "MVH"),
    **dict.fromkeys(("number_input", "email_text_input", "url_text_input", "file_input"), ("input", "V")),
    "rich_text_input": ("input", "VH"),
    "button": ("section actions card", "MVH"),
    "overflow": ("section actions", "MVH"),
    "workflow_button": ("section actions", "M"),
    **dict.fromkeys(("feedback_buttons", "icon_button"), ("context_actions", "M")),
    "image": ("section context card_image", "MVH"),
    **dict.fromkeys(("plain_text", "mrkdwn"), ("context", "MVH")),
}
PARENTS: dict[str, tuple[Callable[[Any], dict[str, Any]], str]] = {
    "section": (lambda element: SAMPLES["blocks", "section"] | {"accessory": element}, "accessory"),
    "actions": (lambda element: {"type": "actions", "elements": [element]}, "elements/0"),
    "input": (lambda element: {"type": "input", "label": plain(), "element": element}, "element"),
    "context": (lambda element: {"type": "context", "elements": [element]}, "elements/0"),
    "context_actions": (lambda element: {"type": "context_actions", "elements": [element]}, "elements/0"),
    "card": (lambda element: SAMPLES["blocks", "card"] | {"actions": [element]}, "actions/0"),
    "card_image": (lambda element: SAMPLES["blocks", "card"] | {"icon": element}, "icon"),
}
SURFACES = {"M": "message", "V": "modal", "H": "home"}


def lines(block: Any, surface: str) -> list[str]:
    return [problem.as_line() for problem in check.check_blocks([block], surface=surface, pointer="/blocks")]


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_stand_only_where_slack_shows_them(kind: str, surface: str) -> None:
    found = lines(SAMPLES["blocks", kind], SURFACES[surface])

    assert found == ([] if surface in BLOCKS[kind] else [f"unsupported type: {kind} [json-pointer:/blocks/0/type]"])


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements_stand_only_where_slack_shows_them(kind: str, parent: str) -> None:
    wrap, pointer = PARENTS[parent]
    parents, surfaces = ELEMENTS[kind]
    block = wrap(SAMPLES["elements", kind])
    for letter in BLOCKS[block["type"]]:
        refusal = f"unsupported type: {kind} [json-pointer:/blocks/0/{pointer}/type]"
        allowed = parent in parents.split() and letter in surfaces
        assert lines(block, SURFACES[letter]) == ([] if allowed else [refusal])


def test_the_tables_name_every_type() -> None:
    assert BLOCKS.keys() == DATA["blocks"].keys()
    assert ELEMENTS.keys() == DATA["elements"].keys()


@pytest.mark.parametrize("surface", SURFACES.values())
def test_files_of_elsewhere_are_shown_but_never_sent(surface: str) -> None:
    block = {"type": "file", "external_id": "x", "source": "remote"}

    assert lines(block, surface) == ["unsupported type: file [json-pointer:/blocks/0/type]"]


@pytest.mark.parametrize(("kind", "surface"), [("card", "message"), ("container", "home"), ("rich_text", "message")])
def test_containers_hold_no_containers_and_nothing_that_slack_refuses_there(kind: str, surface: str) -> None:
    block = SAMPLES["blocks", "container"] | {"child_blocks": [SAMPLES["blocks", kind]]}

    assert lines(block, surface) == [f"unsupported type: {kind} [json-pointer:/blocks/0/child_blocks/0/type]"]
