"""What others' checkers of Block Kit say of everything that these tests call right."""

import pytest

from tests.support.blockkit import second_opinions
from tests.support.blockkit.agreement import BLOCKS, MESSAGE, MODAL
from tests.support.blockkit.cases import cases
from tests.support.blockkit.documentation import MESSAGES, VIEWS

ACCEPTED = [
    *(case.taken for case in cases()),
    *({"blocks": blocks} for blocks in MESSAGES.values()),
    *VIEWS.values(),
    *({"blocks": [row[1]]} for row in (*MODAL, *MESSAGE)),
    *({"blocks": row[1]} for row in BLOCKS),
]


def test_slack_sdk_disagrees_only_where_it_is_explained() -> None:
    said = {one for payload in ACCEPTED for one in second_opinions.of_slack_sdk(payload)}

    assert said == second_opinions.SLACK_SDK_DISAGREES.keys()


def test_slacks_types_disagree_only_where_it_is_explained() -> None:
    said = {one for payload in ACCEPTED for one in second_opinions.of_slack_types(payload)}

    assert said == second_opinions.SLACK_TYPES_DISAGREE.keys()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}, "colour": "red"},
            [
                "@slack/types: header.text: no mrkdwn",
                "@slack/types: header: Additional properties are not allowed ('colour' was unexpected)",
                "slack_sdk: header.colour is lost",
            ],
        ),
        (
            {"type": "section", "text": {"type": "plain_text", "text": "x" * 3001}},
            ["slack_sdk: section: text attribute cannot exceed 3000 characters"],
        ),
    ],
)
def test_the_checkers_say_what_is_wrong(block: dict[str, object], said: list[str]) -> None:
    assert second_opinions.unexplained({"blocks": [block]}) == said
