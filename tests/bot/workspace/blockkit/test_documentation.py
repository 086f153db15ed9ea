"""What Slack's own reference shows is taken, and what it says of mistakes is said."""

from typing import Any

import pytest

from bot.workspace.blockkit import check
from tests.support.blockkit.cases import DATA
from tests.support.blockkit.documentation import MESSAGES, VIEWS


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_of_the_reference_are_taken(name: str) -> None:
    assert [one.as_line() for one in check.check_message({"blocks": MESSAGES[name]}, pointer="")] == []


@pytest.mark.parametrize("name", VIEWS)
def test_views_of_the_reference_are_taken(name: str) -> None:
    assert [one.as_line() for one in check.check_view(VIEWS[name], pointer="/view")] == []


def test_the_samples_show_every_type() -> None:
    shown = set(types([*MESSAGES.values(), *VIEWS.values()]))

    assert shown >= {*DATA["blocks"], *DATA["elements"], *DATA["typed"], *DATA["views"]}


def test_a_mistake_is_listed_as_in_the_reference_of_blocks_validate() -> None:
    blocks = [{"type": "section", "text": {"type": "invalid", "text": "x"}}]

    assert [problem.as_issue() for problem in check.check_blocks(blocks, surface="message", pointer="")] == [
        {
            "code": "failed_constraint",
            "message": "unsupported type: invalid",
            "pointer": "/0/text/type",
            "constraint": {"type": "enum", "expected": ["plain_text", "mrkdwn"]},
        }
    ]


def types(value: Any) -> list[str]:
    if isinstance(value, list):
        return [kind for entry in value for kind in types(entry)]
    if not isinstance(value, dict):
        return []
    found = [value["type"]] if "type" in value else []
    return found + [kind for entry in value.values() for kind in types(entry)]
