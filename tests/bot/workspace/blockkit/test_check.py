"""Block Kit rules, one broken at a time."""
# ruff: noqa: E501 - a table reads best with one case per line

from typing import Any

import pytest
from slack_sdk.models import blocks as models

from bot.workspace.blockkit import check, completion
from tests.support.blockkit.cases import places
from tests.support.blockkit.samples import SAMPLES

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "v", **rest: Any) -> Json:
    return {"text": plain(), "value": value, **rest}


def options(count: int) -> list[Json]:
    return [option(str(number)) for number in range(count)]


def field(kind: str, **rest: Any) -> Json:
    return {"type": "input", "label": plain(), "element": {"type": kind, **rest}}


def row(*elements: Json, **rest: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **rest}


def button(**rest: Any) -> Json:
    return {"type": "button", "text": plain(), **rest}


def select(**rest: Any) -> Json:
    return {"type": "static_select", "options": options(2), **rest}


def section(**rest: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **rest}


def modal(*blocks: Any, **rest: Any) -> Json:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **rest}


def confirm(**rest: Any) -> Json:
    return {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain(), **rest}


def lines(view: Any) -> list[str]:
    return [problem.as_line() for problem in check.check_view(view, pointer="/view")]


B = "/view/blocks/0"
E = f"{B}/element"
INVALID: list[tuple[str, Any, str]] = [
    ("unknown block", {"type": "nothing"}, f"unsupported type: nothing [json-pointer:{B}/type]"),
    ("no type", {}, f"missing required field: type [json-pointer:{B}]"),
    ("no object", 5, f"must provide an object [json-pointer:{B}]"),
    ("unknown key", {"type": "divider", "text": "x"}, f"invalid additional property: text [json-pointer:{B}]"),
    ("empty section", {"type": "section"}, f"must define either `text` or `fields` [json-pointer:{B}/type]"),
    ("empty text", section(text=mrkdwn("")), f"must be more than 0 characters [json-pointer:{B}/text/text]"),
    ("long text", section(text=plain("x" * 3001)), f"must be less than 3001 characters [json-pointer:{B}/text/text]"),
    ("11 fields", section(fields=[plain()] * 11), f"no more than 10 items allowed [json-pointer:{B}/fields]"),
    ("long field", section(fields=[plain("x" * 2001)]), f"must be less than 2001 characters [json-pointer:{B}/fields/0/text]"),
    ("text of no type", section(text={"text": "x"}), f"missing required field: type [json-pointer:{B}/text]"),
    ("bare text", section(text="x"), f"must provide an object [json-pointer:{B}/text]"),
    ("input beside a text", section(accessory={"type": "plain_text_input"}), f"unsupported type: plain_text_input [json-pointer:{B}/accessory/type]"),
    ("mrkdwn header", {"type": "header", "text": mrkdwn()}, f"unsupported type: mrkdwn [json-pointer:{B}/text/type]"),
    ("long header", {"type": "header", "text": plain("x" * 151)}, f"must be less than 151 characters [json-pointer:{B}/text/text]"),
    ("empty context", {"type": "context", "elements": []}, f"must provide at least 1 items [json-pointer:{B}/elements]"),
    ("button in context", {"type": "context", "elements": [button()]}, f"unsupported type: button [json-pointer:{B}/elements/0/type]"),
    ("26 buttons", row(*[button()] * 26), f"no more than 25 items allowed [json-pointer:{B}/elements]"),
    ("same action_id", row(button(action_id="a"), button(action_id="a")), f'`action_id` "a" already exists [json-pointer:{B}/elements/1/action_id]'),
    ("long button", row(button(text=plain("x" * 76))), f"must be less than 76 characters [json-pointer:{B}/elements/0/text/text]"),
    ("long button value", row(button(value="x" * 2001)), f"must be less than 2001 characters [json-pointer:{B}/elements/0/value]"),
    ("odd style", row(button(style="green")), f"must be a valid enum value [json-pointer:{B}/elements/0/style]"),
    ("short confirm", row(button(confirm={"title": plain()})), f"missing required field: deny [json-pointer:{B}/elements/0/confirm]"),
    ("6 in overflow", row({"type": "overflow", "options": options(6)}), f"no more than 5 items allowed [json-pointer:{B}/elements/0/options]"),
    ("long block_id", section(block_id="x" * 256), f"must be less than 256 characters [json-pointer:{B}/block_id]"),
    ("no image source", {"type": "image", "alt_text": "x"}, f"must define either `image_url` or `slack_file` [json-pointer:{B}/type]"),
    ("image without alt_text", {"type": "image", "image_url": "https://x"}, f"missing required field: alt_text [json-pointer:{B}]"),
    ("table in a modal", {"type": "table", "rows": []}, f"unsupported type: table [json-pointer:{B}/type]"),
    ("no element", {"type": "input", "label": plain()}, f"missing required field: element [json-pointer:{B}]"),
    ("button as input", field("button", text=plain()), f"unsupported type: button [json-pointer:{E}/type]"),
    ("mrkdwn label", field("datepicker") | {"label": mrkdwn()}, f"unsupported type: mrkdwn [json-pointer:{B}/label/type]"),
    ("long hint", field("datepicker") | {"hint": plain("x" * 2001)}, f"must be less than 2001 characters [json-pointer:{B}/hint/text]"),
    ("optional is a text", field("datepicker") | {"optional": "yes"}, f"must provide a boolean [json-pointer:{B}/optional]"),
    ("lengths crossed", field("plain_text_input", min_length=5, max_length=4), f"`min_length` must not be greater than `max_length` [json-pointer:{E}/min_length]"),
    ("length 0", field("plain_text_input", max_length=0), f"must be greater than 0 [json-pointer:{E}/max_length]"),
    ("length 3001", field("plain_text_input", max_length=3001), f"must be less than 3001 [json-pointer:{E}/max_length]"),
    ("decimals unsaid", field("number_input"), f"missing required field: is_decimal_allowed [json-pointer:{E}]"),
    ("number for text", field("number_input", is_decimal_allowed=True, min_value=1), f"must provide a string [json-pointer:{E}/min_value]"),
    ("values crossed", field("number_input", is_decimal_allowed=True, min_value="2", max_value="1.5"), f"`min_value` must not be greater than `max_value` [json-pointer:{E}/min_value]"),
    ("initial too small", field("number_input", is_decimal_allowed=True, min_value="2", initial_value="1"), f"must not be less than `min_value` [json-pointer:{E}/initial_value]"),
    ("no options", field("static_select"), f"must define either `options` or `option_groups` [json-pointer:{E}/type]"),
    ("zero options", field("static_select", options=[]), f"must provide at least 1 items [json-pointer:{E}/options]"),
    ("101 options", field("static_select", options=options(101)), f"no more than 100 items allowed [json-pointer:{E}/options]"),
    ("options and groups", field("static_select", options=options(1), option_groups=[{"label": plain(), "options": options(1)}]), f"must define either `options` or `option_groups` [json-pointer:{E}/type]"),
    ("long option", field("static_select", options=[option(text=plain("x" * 76))]), f"must be less than 76 characters [json-pointer:{E}/options/0/text/text]"),
    ("long value", field("static_select", options=[option("x" * 151)]), f"must be less than 151 characters [json-pointer:{E}/options/0/value]"),
    ("long description", field("radio_buttons", options=[option(description=plain("x" * 76))]), f"must be less than 76 characters [json-pointer:{E}/options/0/description/text]"),
    ("mrkdwn option", field("static_select", options=[option(text=mrkdwn())]), f"unsupported type: mrkdwn [json-pointer:{E}/options/0/text/type]"),
    ("url on an option", field("static_select", options=[option(url="https://x")]), f"invalid additional property: url [json-pointer:{E}/options/0]"),
    ("foreign initial", field("static_select", options=options(2), initial_option=option("9")), f"must be one of the provided options [json-pointer:{E}/initial_option]"),
    ("initial differs in text", field("radio_buttons", options=options(2), initial_option=option("1", text=plain("y"))), f"must be one of the provided options [json-pointer:{E}/initial_option]"),
    ("foreign initials", field("checkboxes", options=options(2), initial_options=options(3)), f"must be one of the provided options [json-pointer:{E}/initial_options/2]"),
    ("11 checkboxes", field("checkboxes", options=options(11)), f"no more than 10 items allowed [json-pointer:{E}/options]"),
    ("11 radio buttons", field("radio_buttons", options=options(11)), f"no more than 10 items allowed [json-pointer:{E}/options]"),
    ("too many initials", field("multi_static_select", options=options(3), initial_options=options(3), max_selected_items=2), f"no more than 2 items allowed [json-pointer:{E}/initial_options]"),
    ("long placeholder", field("users_select", placeholder=plain("x" * 151)), f"must be less than 151 characters [json-pointer:{E}/placeholder/text]"),
    ("no such day", field("datepicker", initial_date="2026-02-30"), f"input must be a valid: date [json-pointer:{E}/initial_date]"),
    ("short moment", field("datetimepicker", initial_date_time=1), f"must be greater than 999999999 [json-pointer:{E}/initial_date_time]"),
    ("moment is a text", field("datetimepicker", initial_date_time="1760000000"), f"must provide an integer [json-pointer:{E}/initial_date_time]"),
    ("11 files", field("file_input", max_files=11), f"must be less than 11 [json-pointer:{E}/max_files]"),
    ("file dispatches", field("file_input") | {"dispatch_action": True}, f"`dispatch_action` is not supported with `file_input` [json-pointer:{B}/dispatch_action]"),
    ("long alert", {"type": "alert", "text": plain("x" * 201)}, f"must be less than 201 characters [json-pointer:{B}/text/text]"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "line"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID])
def test_what_slack_refuses_is_refused_with_a_pointer(block: Any, line: str) -> None:
    assert line in lines(modal(block))


VIEWS: list[tuple[str, Any, str]] = [
    ("no object", [], "must provide an object [json-pointer:/view]"),
    ("no type", {}, "missing required field: type [json-pointer:/view]"),
    ("other type", {"type": "dialog"}, "must be a valid enum value [json-pointer:/view/type]"),
    ("no title", {"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    ("no blocks", {"type": "modal", "title": plain()}, "missing required field: blocks [json-pointer:/view]"),
    ("blocks no list", modal() | {"blocks": {}}, "must provide an array [json-pointer:/view/blocks]"),
    ("long title", modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    ("101 blocks", modal(*[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    ("no submit", modal(section(), field("datepicker"), submit=None), "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"),
    ("same block_id", modal(section(block_id="b"), section(block_id="b")), '`block_id` "b" already exists [json-pointer:/view/blocks/1/block_id]'),
    ("two focused", modal(field("datepicker", focus_on_load=True), field("timepicker", focus_on_load=True)), "only one element may set `focus_on_load` [json-pointer:/view/blocks/1/element/focus_on_load]"),
    ("long metadata", modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
    ("long external_id", modal(external_id="x" * 256), "must be less than 256 characters [json-pointer:/view/external_id]"),
    ("state given", modal(state={}), "invalid additional property: state [json-pointer:/view]"),
    ("home with submit", {"type": "home", "blocks": [], "submit": plain()}, "invalid additional property: submit [json-pointer:/view]"),
    ("number in home", {"type": "home", "blocks": [field("number_input", is_decimal_allowed=True)]}, "unsupported type: number_input [json-pointer:/view/blocks/0/element/type]"),
]  # fmt: skip


@pytest.mark.parametrize(("view", "line"), [case[1:] for case in VIEWS], ids=[case[0] for case in VIEWS])
def test_views_slack_refuses_are_refused(view: Any, line: str) -> None:
    assert line in lines(view)


def test_a_message_has_at_most_fifty_blocks() -> None:
    (problem,) = check.check_blocks([section()] * 51, surface="message", pointer="/blocks")
    assert problem.as_line() == "no more than 50 items allowed [json-pointer:/blocks]"


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[]], {"type": []}, {"type": {}}, True, float("nan"), "\ud800"])
def test_odd_values_are_answered_wherever_they_stand(odd: Any) -> None:
    for name, place in places().items():
        for field in SAMPLES[name]:
            payload = place.within(SAMPLES[name] | {field: odd})
            check.check_message(payload, pointer="")
            check.check_view(payload, pointer="/view")
    assert check.check_view(modal(odd), pointer="/view")
    assert check.check_message({"blocks": [odd]}, pointer="")


def test_nothing_is_too_deep_to_be_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    refused = "must provide an object [json-pointer:/blocks/0/rows/0/0]"
    found = check.check_message({"blocks": [{"type": "table", "rows": deep}]}, pointer="")
    assert refused in [problem.as_line() for problem in found]


def test_missing_ids_are_filled_in_and_given_ones_kept() -> None:
    completed = completion.complete([row(button(), button(action_id="mine")), section(block_id="kept")])
    assert completed[0]["block_id"] != ""
    assert completed[0]["elements"][0]["action_id"] not in {"", "mine"}
    assert completed[0]["elements"][1]["action_id"] == "mine"
    assert completed[1]["block_id"] == "kept"


def test_what_slack_sdk_draws_is_taken() -> None:
    element = models.StaticSelectElement(
        action_id="a",
        placeholder="Choose",
        options=[models.Option(value="x", label="X"), models.Option(value="y", label="Y")],
        initial_option=models.Option(value="y", label="Y"),
    )
    block = models.InputBlock(block_id="b", label="Which", hint="One of them", element=element, optional=True)
    assert lines(modal(block.to_dict())) == []
