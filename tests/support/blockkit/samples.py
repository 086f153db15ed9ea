"""The smallest thing that Slack takes of every type of Block Kit, written by hand from its reference."""

from typing import Any

Json = dict[str, Any]
Name = tuple[str, str]  # a table of the data file and a type in it


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "v") -> Json:
    return {"text": plain(), "value": value}


def rich_text(text: str = "x") -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def cell(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def button(action_id: str = "a") -> Json:
    return {"type": "button", "action_id": action_id, "text": plain()}


def image() -> Json:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a picture"}


def series(name: str = "s") -> Json:
    return {"name": name, "data": [{"label": "c", "value": 1}]}


def chart(kind: str) -> Json:
    return {"type": kind, "series": [series()], "axis_config": {"categories": ["c"]}}


def task(task_id: str = "t", status: str = "complete") -> Json:
    return {"task_id": task_id, "title": "x", "status": status}


def feedback_button() -> Json:
    return {"text": plain(), "value": "v"}


_LINK = "https://example.com/"
_ELEMENTS: list[Json] = [
    plain(),
    mrkdwn(),
    image(),
    button(),
    {"type": "overflow", "options": [option()]},
    {"type": "plain_text_input"},
    {"type": "number_input", "is_decimal_allowed": True},
    {"type": "email_text_input"},
    {"type": "url_text_input"},
    {"type": "rich_text_input"},
    {"type": "file_input"},
    {"type": "checkboxes", "options": [option()]},
    {"type": "radio_buttons", "options": [option()]},
    {"type": "static_select", "options": [option()]},
    {"type": "multi_static_select", "options": [option()]},
    {"type": "external_select"},
    {"type": "multi_external_select"},
    {"type": "users_select"},
    {"type": "multi_users_select"},
    {"type": "conversations_select"},
    {"type": "multi_conversations_select"},
    {"type": "channels_select"},
    {"type": "multi_channels_select"},
    {"type": "datepicker"},
    {"type": "timepicker"},
    {"type": "datetimepicker"},
    {"type": "feedback_buttons", "positive_button": feedback_button(), "negative_button": feedback_button()},
    {"type": "icon_button", "icon": "trash", "text": plain()},
    {"type": "workflow_button", "action_id": "a", "text": plain(), "workflow": {"trigger": {"url": _LINK}}},
]
_BLOCKS: list[Json] = [
    {"type": "section", "text": mrkdwn()},
    {"type": "header", "text": plain()},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn()]},
    {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain()}]},
    {"type": "actions", "elements": [button()]},
    {"type": "input", "label": plain(), "element": {"type": "plain_text_input"}},
    image(),
    rich_text(),
    {"type": "markdown", "text": "x"},
    {"type": "alert", "text": plain()},
    {
        "type": "video",
        "title": plain(),
        "alt_text": "a film",
        "video_url": f"{_LINK}film",
        "thumbnail_url": f"{_LINK}film.png",
    },
    {"type": "table", "rows": [[cell()]]},
    {"type": "data_table", "caption": "x", "rows": [[cell()], [cell()]]},
    {"type": "data_visualization", "title": "x", "chart": chart("bar")},
    {"type": "card", "title": plain()},
    {"type": "carousel", "elements": [{"type": "card", "title": plain()}]},
    {"type": "container", "title": plain(), "child_blocks": [{"type": "divider"}]},
    {"type": "task_card", **task()},
    {"type": "plan", "title": "x"},
]
_TYPED: list[Json] = [
    cell(),
    {"type": "raw_number", "value": 1.5, "text": "1.5"},
    {"type": "pie", "segments": [{"label": "x", "value": 1}]},
    *(chart(kind) for kind in ("bar", "area", "line")),
    {"type": "url", "url": _LINK, "text": "x"},
    {"type": "icon", "name": "rocket"},
    {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]},
    {"type": "rich_text_list", "style": "bullet", "elements": [{"type": "rich_text_section", "elements": []}]},
    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]},
    {"type": "text", "text": "x"},
    {"type": "link", "url": _LINK},
    {"type": "emoji", "name": "wave"},
    {"type": "user", "user_id": "U1"},
    {"type": "channel", "channel_id": "C1"},
    {"type": "usergroup", "usergroup_id": "S1"},
    {"type": "team", "team_id": "T1"},
    {"type": "date", "timestamp": 1_760_000_000, "format": "{date}"},
    {"type": "broadcast", "range": "here"},
    {"type": "color", "value": "#FF0000"},
]
_OBJECTS: dict[str, Json] = {
    "option": option(),
    "option_with_mrkdwn": option(),
    "option_with_url": option(),
    "option_group": {"label": plain(), "options": [option()]},
    "confirm": {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()},
    "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    "conversation_filter": {"include": ["im"]},
    "slack_file": {"id": "F1"},
    "column_setting": {},
    "plan_task": task(),
    "text_style": {},
    "mention_style": {},
    "feedback_button": feedback_button(),
    "workflow": {"trigger": {"url": _LINK}},
    "trigger": {"url": _LINK},
    "input_parameter": {"name": "n", "value": "v"},
    "axis_config": {"categories": ["c"]},
    "series": series(),
    "point": {"label": "c", "value": 1},
    "segment": {"label": "x", "value": 1},
    "attachment": {},
}

SAMPLES: dict[Name, Json] = {
    ("views", "modal"): {"type": "modal", "title": plain(), "submit": plain(), "blocks": []},
    ("views", "home"): {"type": "home", "blocks": []},
    ("message", "message"): {"blocks": []},
    **{("blocks", one["type"]): one for one in _BLOCKS},
    **{("elements", one["type"]): one for one in _ELEMENTS},
    **{("typed", one["type"]): one for one in _TYPED},
    **{("objects", name): one for name, one in _OBJECTS.items()},
}
