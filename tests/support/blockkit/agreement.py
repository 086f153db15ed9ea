"""Rules of Block Kit between fields: for each, what keeps it, what breaks it, and the line that says so."""
# ruff: noqa: E501 - a table reads best with one case per line

from typing import Any

from tests.support.blockkit.samples import SAMPLES, Json, button, cell, chart, mrkdwn, option, plain, rich_text, task

LINK = "https://example.com/"


def block(kind: str, **rest: Any) -> Json:
    return {key: value for key, value in (SAMPLES["blocks", kind] | rest).items() if value is not None}


def field(kind: str, **rest: Any) -> Json:
    return block("input", element=SAMPLES["elements", kind] | rest)


def row(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def axis(
    kind: str = "line", categories: tuple[str, ...] = ("a", "b"), names: tuple[str, ...] = ("s",), **rest: Any
) -> Json:
    series = [{"name": name, "data": [{"label": label, "value": -1.5} for label in categories]} for name in names]
    drawn = chart(kind) | {"series": series, "axis_config": {"categories": list(categories)}} | rest
    return block("data_visualization", chart=drawn)


def points(*labels: str) -> list[Json]:
    return [{"name": "s", "data": [{"label": label, "value": 1} for label in labels]}]


def texts(kind: str, *lengths: int) -> list[Json]:
    """Tables of so many characters each, of which the header of data tables has one."""
    if kind == "table":
        return [block("table", rows=[[cell("x" * length)]]) for length in lengths]
    return [block("data_table", rows=[[cell()], [cell("x" * (length - 1))]]) for length in lengths]


B, E = "/view/blocks/0", "/view/blocks/0/element"
MODAL: list[tuple[str, Any, Any, str]] = [
    ("text or fields", block("section"), block("section", text=None), f"must define either `text` or `fields` [json-pointer:{B}/type]"),
    ("fields alone", block("section", text=None, fields=[plain()]), block("section", text=None, fields=[]), f"must provide at least 1 items [json-pointer:{B}/fields]"),
    ("options or groups", field("static_select"), field("static_select", option_groups=[{"label": plain(), "options": [option()]}]), f"must define either `options` or `option_groups` [json-pointer:{E}/type]"),
    ("initial option is offered", field("static_select", initial_option=option()), field("static_select", initial_option=option("w")), f"must be one of the provided options [json-pointer:{E}/initial_option]"),
    ("initial option is offered in full", field("radio_buttons", initial_option=option()), field("radio_buttons", initial_option=option() | {"description": plain()}), f"must be one of the provided options [json-pointer:{E}/initial_option]"),
    ("initial options are offered", field("checkboxes", initial_options=[option()]), field("checkboxes", initial_options=[option(), option("w")]), f"must be one of the provided options [json-pointer:{E}/initial_options/1]"),
    ("initial options are few enough", field("multi_external_select", max_selected_items=1, initial_options=[option()]), field("multi_external_select", max_selected_items=1, initial_options=[option(), option("w")]), f"no more than 1 items allowed [json-pointer:{E}/initial_options]"),
    ("lengths in order", field("plain_text_input", min_length=3, max_length=3), field("plain_text_input", min_length=4, max_length=3), f"`min_length` must not be greater than `max_length` [json-pointer:{E}/min_length]"),
    ("initial value fits", field("plain_text_input", max_length=3, initial_value="xxx"), field("plain_text_input", max_length=3, initial_value="xxxx"), f"must be less than 4 characters [json-pointer:{E}/initial_value]"),
    ("values in order", field("number_input", min_value="-1", max_value="-1"), field("number_input", min_value="-1", max_value="-1.1"), f"`min_value` must not be greater than `max_value` [json-pointer:{E}/min_value]"),
    ("initial value not below", field("number_input", min_value="10", initial_value="10"), field("number_input", min_value="10", initial_value="9"), f"must not be less than `min_value` [json-pointer:{E}/initial_value]"),
    ("initial value not above", field("number_input", max_value="9", initial_value="9"), field("number_input", max_value="9", initial_value="10"), f"must not be greater than `max_value` [json-pointer:{E}/initial_value]"),
    ("whole numbers", field("number_input", is_decimal_allowed=False, max_value="2.0"), field("number_input", is_decimal_allowed=False, max_value="2.5"), f"decimals are not allowed unless `is_decimal_allowed` is true [json-pointer:{E}/max_value]"),
    ("lines in order", field("rich_text_input", min_lines=8, max_lines=8), field("rich_text_input", min_lines=9, max_lines=8), f"`min_lines` must not be greater than `max_lines` [json-pointer:{E}/min_lines]"),
    ("a day of the calendar", field("datepicker", initial_date="2028-02-29"), field("datepicker", initial_date="2026-02-29"), f"input must be a valid: date [json-pointer:{E}/initial_date]"),
    ("an hour of the day", field("timepicker", initial_time="23:59"), field("timepicker", initial_time="24:00"), f"input must match regex pattern: ^([01]\\d|2[0-3]):[0-5]\\d$ [json-pointer:{E}/initial_time]"),
    ("some filter", field("conversations_select", filter={"exclude_bot_users": True}), field("conversations_select", filter={}), f"must have at least 1 properties [json-pointer:{E}/filter]"),
    ("files do not dispatch", field("file_input") | {"dispatch_action": False}, field("file_input") | {"dispatch_action": True}, f"`dispatch_action` is not supported with `file_input` [json-pointer:{B}/dispatch_action]"),
    ("one source of an image", block("image", image_url=None, slack_file={"id": "F1"}), block("image", slack_file={"id": "F1"}), f"must define either `image_url` or `slack_file` [json-pointer:{B}/type]"),
    ("one name of a file", block("image", image_url=None, slack_file={"url": LINK}), block("image", image_url=None, slack_file={"id": "F1", "url": LINK}), f"must define either `id` or `url` [json-pointer:{B}/slack_file]"),
    ("different actions", row(button("a"), button("b")), row(button("a"), button("a")), f'`action_id` "a" already exists [json-pointer:{B}/elements/1/action_id]'),
    ("different actions of a card", block("card", actions=[button("a"), button("b")]), block("card", actions=[button("a"), button("a")]), f'`action_id` "a" already exists [json-pointer:{B}/actions/1/action_id]'),
    ("a prompt behind what is shown", row(button() | {"agent_prompt": "x", "agent_prompt_display": "y"}), row(button() | {"agent_prompt_display": "y"}), f"`agent_prompt_display` requires `agent_prompt` [json-pointer:{B}/elements/0/agent_prompt_display]"),
    ("something in a card", block("card", title=None, body=mrkdwn()), block("card", title=None, subtitle=mrkdwn()), f"must define at least one of `hero_image`, `title`, `actions` or `body` [json-pointer:{B}/type]"),
    ("one icon", block("card", slack_icon={"type": "icon", "name": "rocket"}), block("card", slack_icon={"type": "icon", "name": "rocket"}, icon=SAMPLES["elements", "image"]), f"must not define both `icon` and `slack_icon` [json-pointer:{B}/slack_icon]"),
]  # fmt: skip
M = "/blocks/0"
MESSAGE: list[tuple[str, Any, Any, str]] = [
    ("a title", block("container", title=None, rich_text_title=rich_text()), block("container", title=None), f"must define at least one of `title` or `rich_text_title` [json-pointer:{M}/type]"),
    ("collapsed and collapsible", block("container", is_collapsible=True, default_collapsed=True), block("container", default_collapsed=True), f"`default_collapsed` requires `is_collapsible` [json-pointer:{M}/default_collapsed]"),
    ("a line or collapsible", block("container", has_header_divider=True), block("container", has_header_divider=True, is_collapsible=True), f"`has_header_divider` is not supported with `is_collapsible` [json-pointer:{M}/has_header_divider]"),
    ("rows alike", block("data_table", rows=[[cell(), cell()]] * 3), block("data_table", rows=[[cell(), cell()], [cell()]]), f"must have as many cells as the first row: 2 [json-pointer:{M}/rows/1]"),
    ("plain header", block("data_table", rows=[[cell()], [rich_text()]]), block("data_table", rows=[[rich_text()], [cell()]]), f"unsupported type: rich_text [json-pointer:{M}/rows/0/0/type]"),
    ("header column is there", block("data_table", row_header_column_index=0), block("data_table", row_header_column_index=1), f"must be less than 1 [json-pointer:{M}/row_header_column_index]"),
    ("header column not below", block("data_table", row_header_column_index=0), block("data_table", row_header_column_index=-1), f"must be greater than -1 [json-pointer:{M}/row_header_column_index]"),
    ("columns of some alignment", block("table", column_settings=[{"align": "right"}]), block("table", column_settings=[{"align": "middle"}]), f"must be a valid enum value [json-pointer:{M}/column_settings/0/align]"),
    ("20 categories", axis(categories=tuple("abcdefghijklmnopqrst")), axis(categories=tuple("abcdefghijklmnopqrstu")), f"no more than 20 items allowed [json-pointer:{M}/chart/axis_config/categories]"),
    ("some category", axis(), axis(categories=()), f"must provide at least 1 items [json-pointer:{M}/chart/axis_config/categories]"),
    ("short category", axis(categories=("x" * 20,)), axis(categories=("x" * 21,)), f"must be less than 21 characters [json-pointer:{M}/chart/axis_config/categories/0]"),
    ("20 points", axis(categories=tuple("abcdefghijklmnopqrst")), axis(categories=tuple("abcdefghijklmnopqrstu")), f"no more than 20 items allowed [json-pointer:{M}/chart/series/0/data]"),
    ("short label of a point", axis(categories=("x" * 20,)), axis(categories=("x" * 21,)), f"must be less than 21 characters [json-pointer:{M}/chart/series/0/data/0/label]"),
    ("named point", axis(), axis(series=[{"name": "s", "data": [{"value": 1}]}]), f"missing required field: label [json-pointer:{M}/chart/series/0/data/0]"),
    ("different categories", axis(), axis(categories=("a", "a")), f'"a" already exists [json-pointer:{M}/chart/axis_config/categories/1]'),
    ("different series", axis(names=("s", "t")), axis(names=("s", "s")), f'"s" already exists [json-pointer:{M}/chart/series/1/name]'),
    ("a point for each category", axis(series=points("b", "a")), axis(series=points("a")), f"must have one point for each of `axis_config.categories` [json-pointer:{M}/chart/series/0/data]"),
    ("a category for each point", axis(series=points("a", "b")), axis(series=points("a", "b", "c")), f"must have one point for each of `axis_config.categories` [json-pointer:{M}/chart/series/0/data]"),
    ("different tasks", block("plan", tasks=[task("a"), task("b")]), block("plan", tasks=[task("a"), task("a")]), f'"a" already exists [json-pointer:{M}/tasks/1/task_id]'),
    ("a status that there is", block("task_card", status="pending"), block("task_card", status="waiting"), f"must be a valid enum value [json-pointer:{M}/status]"),
    ("different icon buttons", block("context_actions"), block("context_actions", elements=[SAMPLES["elements", "icon_button"] | {"action_id": "a"}] * 2), f'`action_id` "a" already exists [json-pointer:{M}/elements/1/action_id]'),
]  # fmt: skip
BLOCKS: list[tuple[str, list[Json], list[Json], str]] = [
    ("50 blocks", [block("divider")] * 50, [block("divider")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ("different blocks", [block("divider", block_id="a"), block("divider", block_id="b")], [block("divider", block_id="a")] * 2, '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'),
    ("different blocks inside", [block("divider"), block("container")], [block("divider", block_id="a"), block("container", child_blocks=[block("divider", block_id="a")])], '`block_id` "a" already exists [json-pointer:/blocks/1/child_blocks/0/block_id]'),
    ("2 charts", [axis()] * 2, [axis()] * 3, "no more than 2 `data_visualization` blocks allowed [json-pointer:/blocks/2]"),
    ("12,000 characters of Markdown", [block("markdown", text="x" * 6000)] * 2, [block("markdown", text="x" * 6000)] * 2 + [block("markdown")], "must be less than 12001 characters in all `markdown` blocks [json-pointer:/blocks/2/text]"),
    ("10,000 characters of tables", texts("table", 4000, 6000), texts("table", 4000, 6001), "must be less than 10001 characters in all `table` blocks [json-pointer:/blocks/1/rows]"),
    ("10,000 characters of tables inside", [block("container", child_blocks=texts("table", 4000, 6000))], [block("container", child_blocks=texts("table", 4000, 6001))], "must be less than 10001 characters in all `table` blocks [json-pointer:/blocks/0/child_blocks/1/rows]"),
    ("20,000 characters of data tables", texts("data_table", 10000, 10000), texts("data_table", 10000, 10001), "must be less than 20001 characters in all `data_table` blocks [json-pointer:/blocks/1/rows]"),
    ("characters of rich text count", [block("table", rows=[[rich_text("x" * 10000)]])], [block("table", rows=[[rich_text("x" * 10001)]])], "must be less than 10001 characters in all `table` blocks [json-pointer:/blocks/0/rows]"),
]  # fmt: skip
