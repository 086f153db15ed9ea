"""Rules of Block Kit between fields."""

from typing import Any

import pytest

from bot.workspace.blockkit import check
from tests.support.blockkit.agreement import BLOCKS, MESSAGE, MODAL, axis, block, field
from tests.support.blockkit.samples import Json, plain


def view_lines(*blocks: Any, **rest: Any) -> list[str]:
    view = {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **rest}
    return [problem.as_line() for problem in check.check_view(view, pointer="/view")]


def message_lines(message: Any) -> list[str]:
    return [problem.as_line() for problem in check.check_message(message, pointer="")]


@pytest.mark.parametrize(("taken", "refused", "line"), [case[1:] for case in MODAL], ids=[case[0] for case in MODAL])
def test_fields_agree_in_modals(taken: Json, refused: Json, line: str) -> None:
    assert view_lines(taken) == []
    assert line in view_lines(refused)


@pytest.mark.parametrize(
    ("taken", "refused", "line"),
    [*([[case[1]], [case[2]], case[3]] for case in MESSAGE), *(case[1:] for case in BLOCKS)],
    ids=[case[0] for case in [*MESSAGE, *BLOCKS]],
)
def test_fields_agree_in_messages(taken: list[Json], refused: list[Json], line: str) -> None:
    assert message_lines({"blocks": taken}) == []
    assert line in message_lines({"blocks": refused})


def test_one_field_takes_the_focus() -> None:
    first, second = (field(kind, focus_on_load=True) for kind in ("datepicker", "timepicker"))
    refusal = "only one element may set `focus_on_load` [json-pointer:/view/blocks/1/element/focus_on_load]"

    assert view_lines(first, second | {"element": {"type": "timepicker"}}) == []
    assert view_lines(first, second) == [refusal]


def test_a_modal_with_inputs_can_be_submitted() -> None:
    refusal = "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"

    assert view_lines(block("section"), submit=None) == []
    assert view_lines(block("section"), field("datepicker"), submit=None) == [refusal]


def test_attachments_are_part_of_the_message() -> None:
    message = {"text": "x", "blocks": [axis()], "attachments": [{"color": "#f00", "blocks": [axis(), axis()]}]}
    refusal = "no more than 2 `data_visualization` blocks allowed [json-pointer:/attachments/0/blocks/1]"

    assert message_lines(message) == [refusal]


def test_a_message_is_an_object() -> None:
    assert message_lines([]) == ["must provide an object [json-pointer:]"]
