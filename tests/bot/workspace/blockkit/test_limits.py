"""Each limit of Block Kit: one payload at it, one beyond it."""

from typing import Any

import pytest

from bot.workspace.blockkit import check
from tests.support.blockkit.cases import BY_HAND, DATA, Case, cases, fields, places
from tests.support.blockkit.samples import SAMPLES

CASES = list(cases())

# Slack's numbers once more, typed from its reference: type, field, which limit, number.
NUMBERS = """
views.modal title max 24
views.modal submit max 24
views.modal close max 24
views.modal private_metadata max 3000
views.modal callback_id max 255
views.modal external_id max 255
views.home private_metadata max 3000
message attachments max 100
objects.option text max 75
objects.option value max 150
objects.option description max 75
objects.option_with_url url max 3000
objects.option_group label max 75
objects.option_group options max 100
objects.confirm title max 100
objects.confirm text max 300
objects.confirm confirm max 30
objects.confirm deny max 30
objects.dispatch_action_config trigger_actions_on max 2
objects.conversation_filter include min 1
objects.feedback_button text max 75
objects.feedback_button value max 2000
objects.feedback_button accessibility_label max 75
objects.axis_config categories max 20
objects.axis_config x_label max 50
objects.axis_config y_label max 50
objects.series name max 20
objects.series data max 20
objects.point label max 20
objects.segment label max 20
objects.segment value above 0
blocks.section block_id max 255
blocks.section text max 3000
blocks.section fields max 10
blocks.header text max 150
blocks.header level min 1
blocks.header level max 4
blocks.context elements max 10
blocks.context_actions elements max 5
blocks.actions elements max 25
blocks.input label max 2000
blocks.input hint max 2000
blocks.image image_url max 3000
blocks.image alt_text max 2000
blocks.image title max 2000
blocks.markdown text max 12000
blocks.alert text max 200
blocks.video alt_text max 2000
blocks.video title max 199
blocks.video author_name max 49
blocks.video description max 200
blocks.table rows max 100
blocks.table column_settings max 20
blocks.data_table rows min 2
blocks.data_table rows max 201
blocks.data_table page_size min 1
blocks.data_table page_size max 100
blocks.data_visualization title max 50
blocks.card title max 150
blocks.card subtitle max 150
blocks.card body max 200
blocks.card subtext max 200
blocks.card actions max 3
blocks.carousel elements min 1
blocks.carousel elements max 10
blocks.container title max 150
blocks.container subtitle max 150
blocks.container child_blocks max 10
blocks.plan tasks max 50
typed.pie segments max 12
typed.bar series max 12
typed.area series max 12
typed.line series max 12
typed.rich_text_list indent max 8
typed.rich_text_list border max 1
elements.button action_id max 255
elements.button text max 75
elements.button value max 2000
elements.button url max 3000
elements.button accessibility_label max 75
elements.button agent_prompt max 4000
elements.workflow_button text max 75
elements.icon_button value max 2000
elements.overflow options max 5
elements.plain_text_input placeholder max 150
elements.plain_text_input min_length min 0
elements.plain_text_input min_length max 3000
elements.plain_text_input max_length min 1
elements.plain_text_input max_length max 3000
elements.rich_text_input min_lines min 1
elements.rich_text_input min_lines max 100
elements.rich_text_input max_lines min 1
elements.rich_text_input max_lines max 100
elements.file_input max_files min 1
elements.file_input max_files max 10
elements.checkboxes options max 10
elements.radio_buttons options max 10
elements.static_select options max 100
elements.static_select option_groups max 100
elements.multi_static_select options max 100
elements.multi_static_select option_groups max 100
elements.multi_static_select max_selected_items min 1
elements.external_select min_query_length min 0
elements.multi_external_select min_query_length min 0
elements.multi_users_select max_selected_items min 1
elements.plain_text_input initial_value max 3000
elements.datetimepicker initial_date_time min 1000000000
elements.datetimepicker initial_date_time max 9999999999
elements.image image_url max 3000
elements.image alt_text max 2000
elements.workflow_button accessibility_label max 75
elements.icon_button text max 75
elements.icon_button accessibility_label max 75
elements.icon_button visible_to_user_ids max 10
objects.option_with_url text max 75
objects.option_with_url value max 150
objects.option_with_mrkdwn text max 75
objects.option_with_mrkdwn value max 150
objects.option_with_mrkdwn description max 75
typed.rich_text_quote border max 1
typed.rich_text_preformatted border max 1
message markdown_text max 12000
"""


def lines(surface: str, payload: Any) -> list[str]:
    if surface == "message":
        return [problem.as_line() for problem in check.check_message(payload, pointer="")]
    return [problem.as_line() for problem in check.check_view(payload, pointer="/view")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_at_a_limit_is_taken_and_what_is_beyond_is_refused(case: Case) -> None:
    assert lines(case.surface, case.taken) == []
    assert case.line in lines(case.surface, case.refused)


def test_every_type_has_a_sample_a_place_and_cases() -> None:
    assert places().keys() == SAMPLES.keys()
    assert {(name.split(":")[0].split(".")[0], name.split(":")[0].split(".")[1]) for name in names()} == SAMPLES.keys()
    assert len(names()) == len(set(names())) > 300


def names() -> list[str]:
    return [case.name for case in CASES]


def test_what_has_to_be_tested_by_hand_exists() -> None:
    assert all(field in fields(name) for kind, field in BY_HAND for name in SAMPLES if name[1] == kind)


@pytest.mark.parametrize("row", NUMBERS.strip().splitlines())
def test_the_numbers_are_those_of_slacks_reference(row: str) -> None:
    kind, field, limit, number = row.split()
    table, _, name = kind.partition(".")
    assert fields((table, name or table))[field][limit] == int(number)


@pytest.mark.parametrize(("field", "number"), [("block_id", 255), ("action_id", 255), ("placeholder", 150)])
def test_what_many_types_have_is_limited_alike(field: str, number: int) -> None:
    limits = [fields(name)[field]["max"] for name in SAMPLES if field in fields(name)]

    assert len(limits) > 10
    assert set(limits) == {number}


def test_the_numbers_of_whole_messages_and_views_are_slacks() -> None:
    assert DATA["surfaces"] == {"message": 50, "modal": 100, "home": 100}
    assert DATA["view_bytes"] == 250_000
    assert DATA["totals"] == {
        "markdown_text": 12_000,
        "table_text": 10_000,
        "data_table_text": 20_000,
        "data_visualizations": 2,
    }
    assert fields(("blocks", "section"))["fields"]["of"]["max"] == 2000
    assert fields(("blocks", "table"))["rows"]["of"]["max"] == 20
    assert fields(("blocks", "data_table"))["rows"]["of"]["max"] == 20
