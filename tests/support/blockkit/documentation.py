"""The samples of Slack's Block Kit reference, told again: the shapes are Slack's, the words are not."""
# ruff: noqa: E501 - a table reads best with one case per line

from typing import Any

from tests.support.blockkit.samples import Json, cell, mrkdwn, plain

LINK = "https://example.com/"
PICTURE = f"{LINK}picture.png"


def emoji_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def said(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def line(*parts: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(parts)}


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


def bullets(*lines: Json, **rest: Any) -> Json:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(lines), **rest}


def choice(text: str, value: str, **rest: Any) -> Json:
    return {"text": emoji_text(text), "value": value, **rest}


CHOICES = [choice("Tea", "value-0"), choice("Coffee", "value-1"), choice("Water", "value-2")]


def image(**rest: Any) -> Json:
    return {"type": "image", "image_url": PICTURE, "alt_text": "a hill in the morning", **rest}


def beside(text: str, accessory: Json, **rest: Any) -> Json:
    return {"type": "section", "block_id": "section-1", "text": mrkdwn(text), "accessory": accessory, **rest}


def asked(label: str, element: Json, **rest: Any) -> Json:
    return {"type": "input", "block_id": "input-1", "label": emoji_text(label), "element": element, **rest}


def axis_chart(kind: str, *names: str) -> Json:
    days = {"Mon": 200, "Tue": 120.5, "Wed": 0, "Thu": -50}
    data = [{"label": day, "value": value} for day, value in days.items()]
    axis = {"categories": list(days), "x_label": "Day", "y_label": "Cups"}
    return {
        "type": "data_visualization",
        "title": "Cups sold",
        "chart": {"type": kind, "series": [{"name": name, "data": data} for name in names], "axis_config": axis},
    }


CARD: Json = {
    "type": "card",
    "block_id": "card-1",
    "icon": image(),
    "title": {"type": "mrkdwn", "text": "A mill", "verbatim": False},
    "subtitle": {"type": "mrkdwn", "text": "Grinds since 1821", "verbatim": False},
    "hero_image": image(),
    "body": {"type": "mrkdwn", "text": "All flour is equal.", "verbatim": False},
    "subtext": mrkdwn("seen today"),
    "actions": [
        {"type": "button", "text": {"type": "plain_text", "text": "Visit", "emoji": False}, "action_id": "visit"}
    ],
}
CONFIRM: Json = {
    "title": plain("Really?"),
    "text": mrkdwn("There is no way back."),
    "confirm": plain("Go on"),
    "deny": plain("Leave it"),
    "style": "danger",
}
TASK: Json = {
    "task_id": "task-1",
    "title": "Reading the weather",
    "status": "in_progress",
    "details": rich(line(said("Asking two stations"))),
    "output": rich(line(said("Rain in the north"))),
    "sources": [{"type": "url", "url": LINK, "text": "the station"}],
}
VIDEO: Json = {
    "type": "video",
    "title": emoji_text("How it is done"),
    "title_url": f"{LINK}watch",
    "description": emoji_text("Three minutes on how it is done"),
    "video_url": f"{LINK}embed?autoplay=1",
    "alt_text": "how it is done",
    "thumbnail_url": PICTURE,
    "author_name": "A. Author",
    "provider_name": "A channel",
    "provider_icon_url": PICTURE,
}
WORKFLOW: Json = {
    "type": "workflow_button",
    "text": plain("Start it"),
    "action_id": "workflow-1",
    "workflow": {"trigger": {"url": LINK, "customizable_input_parameters": [{"name": "cup", "value": "small"}]}},
}
FEEDBACK: Json = {
    "type": "feedback_buttons",
    "action_id": "feedback-1",
    "positive_button": {"text": plain("Good"), "value": "yes", "accessibility_label": "This answer is good"},
    "negative_button": {"text": plain("Bad"), "value": "no", "accessibility_label": "This answer is bad"},
}

MESSAGES: dict[str, list[Json]] = {
    "actions with a menu and a button": [{"type": "actions", "block_id": "actions-1", "elements": [
        {"type": "static_select", "placeholder": plain("Which one?"), "action_id": "select-1", "options": [{"text": plain("One"), "value": "one"}, {"text": plain("Two"), "value": "two"}]},
        {"type": "button", "text": plain("Cancel"), "value": "cancel", "action_id": "button-1", "style": "primary", "confirm": CONFIRM},
    ]}],
    "actions with everything": [{"type": "actions", "elements": [
        {"type": "datepicker", "action_id": "date-1", "initial_date": "2026-04-28", "placeholder": plain("Choose a day")},
        {"type": "overflow", "options": [choice("Open", "open", url=LINK), choice("Hide", "hide")], "action_id": "overflow"},
        {"type": "button", "text": emoji_text("Open"), "url": LINK, "action_id": "button", "accessibility_label": "Opens the page"},
        WORKFLOW,
    ]}],
    "card": [CARD],
    "card with one of Slack's icons": [{"type": "card", "slack_icon": {"type": "icon", "name": "rocket"}, "title": mrkdwn("A card"), "body": plain("with little in it")}],
    "carousel": [{"type": "carousel", "block_id": "carousel-1", "elements": [CARD, CARD | {"block_id": "card-2"}]}],
    "container": [{"type": "container", "block_id": "container-1", "title": plain("Two records"), "subtitle": plain("Look before you save"), "icon": image(), "width": "wide", "is_collapsible": True, "default_collapsed": True, "child_blocks": [
        {"type": "section", "block_id": "row-1", "text": mrkdwn("*One*")}, {"type": "divider", "block_id": "line-1"}, {"type": "actions", "elements": [{"type": "button", "text": plain("Save"), "action_id": "save"}]},
    ]}],
    "context": [{"type": "context", "elements": [image(), mrkdwn("*Where* it was found"), plain("and when")]}],
    "context actions": [{"type": "context_actions", "elements": [FEEDBACK, {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "delete", "value": "it", "visible_to_user_ids": ["U1", "U2"], "confirm": CONFIRM}]}],
    "data table": [{"type": "data_table", "caption": "Three departments", "page_size": 2, "row_header_column_index": 0, "rows": [
        [cell("Name"), cell("People"), cell("Colour")], [cell("Bakery"), {"type": "raw_number", "value": 12, "text": "12"}, rich(line(said("Blue", bold=True)))], [cell("Mill"), {"type": "raw_number", "value": 3.5, "text": "3½"}, cell("Green")],
    ]}],
    "pie": [{"type": "data_visualization", "title": "Drinks", "chart": {"type": "pie", "segments": [{"label": "Tea", "value": 45}, {"label": "Coffee", "value": 28.5}]}}],
    "bar and line": [axis_chart("bar", "Tea"), axis_chart("line", "Tea", "Coffee")],
    "area": [axis_chart("area", "Tea", "Coffee", "Water")],
    "divider": [{"type": "divider"}],
    "header": [{"type": "header", "block_id": "header-1", "text": emoji_text("Good morning :wave:")}],
    "image": [image(title=plain("The hill"), block_id="image-1")],
    "image of a file of Slack by address": [{"type": "image", "slack_file": {"url": f"{LINK}files/F1"}, "alt_text": "a hill"}],
    "image of a file of Slack by id": [{"type": "image", "slack_file": {"id": "F0123456"}, "alt_text": "a hill"}],
    "markdown": [{"type": "markdown", "text": "**Bold**, _slanted_, `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |"}],
    "plan": [{"type": "plan", "title": "Done thinking", "tasks": [TASK, {"task_id": "task-2", "title": "Writing", "status": "pending"}]}],
    "task card": [{"type": "task_card", **TASK}],
    "rich text": [rich(line(said("Hello "), said("there", bold=True), said(", "), said("code", code=True, italic=True, strike=True), {"type": "link", "url": LINK, "text": "a page", "style": {"bold": True}}))],
    "rich text lists": [rich(line(said("My list")), bullets(line(said("one")), line(said("two")), border=1), bullets(line(said("deeper")), indent=1, offset=2), {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [line(said("first"))]})],
    "rich text quote and code": [rich({"type": "rich_text_quote", "elements": [said("As was said")], "border": 1}, {"type": "rich_text_preformatted", "elements": [said("x = 1\n"), {"type": "link", "url": LINK}], "border": 0})],
    "rich text mentions": [rich(line(
        {"type": "broadcast", "range": "everyone"}, {"type": "color", "value": "#F405B3"}, {"type": "channel", "channel_id": "C0123"}, {"type": "emoji", "name": "basketball"},
        {"type": "user", "user_id": "U0123"}, {"type": "usergroup", "usergroup_id": "S0123"}, {"type": "team", "team_id": "T0123"},
        {"type": "date", "timestamp": 1720710212, "format": "{date_num} at {time}", "fallback": "a day", "url": LINK},
    ))],
    "section": [{"type": "section", "text": mrkdwn("A *message* with <https://example.com|a link>"), "expand": True}],
    "section with fields": [{"type": "section", "text": mrkdwn("Some things"), "fields": [mrkdwn("*Level*"), mrkdwn("*Kind*"), plain("High"), plain("Text")]}],
    "section with checkboxes": [beside("Which?", {"type": "checkboxes", "action_id": "these", "initial_options": [{"value": "a1", "text": plain("A")}], "options": [{"value": "a1", "text": plain("A")}, {"value": "a2", "text": mrkdwn("*B*"), "description": mrkdwn("the _other_")}]})],
    "section with radio buttons": [beside("Which?", {"type": "radio_buttons", "action_id": "this", "initial_option": CHOICES[0], "options": CHOICES})],
    "section with an overflow menu": [beside("More", {"type": "overflow", "action_id": "more", "options": CHOICES, "confirm": CONFIRM})],
    "section with a menu in groups": [beside("Which?", {"type": "static_select", "action_id": "one", "placeholder": plain("Choose"), "option_groups": [{"label": plain("Hot"), "options": CHOICES[:2]}, {"label": plain("Cold"), "options": CHOICES[2:]}]})],
    "section with a menu of several": [beside("Which?", {"type": "multi_static_select", "action_id": "some", "placeholder": plain("Choose"), "options": CHOICES, "max_selected_items": 2})],
    "section with menus of the workspace": [
        beside("Who?", {"type": kind, "action_id": "who", "placeholder": plain("Choose")}) | {"block_id": kind}
        for kind in ("users_select", "multi_users_select", "channels_select", "multi_channels_select", "conversations_select", "multi_conversations_select")
    ],
    "section with a menu of the app": [beside("Which?", {"type": "external_select", "action_id": "one", "placeholder": plain("Type"), "min_query_length": 3}), {"type": "divider"}],
    "section with a time": [beside("When?", {"type": "timepicker", "action_id": "when", "initial_time": "11:40", "timezone": "America/Chicago", "placeholder": plain("Choose")})],
    "section with a workflow": [beside("Start it", WORKFLOW)],
    "table": [{"type": "table", "column_settings": [{"is_wrapped": True}, {"align": "right"}], "rows": [[cell("One"), cell("Two")], [cell("1"), rich(line({"type": "link", "url": LINK, "text": "a page"}))]]}],
    "video": [VIDEO],
}  # fmt: skip

VIEWS: dict[str, Json] = {
    "modal": {"type": "modal", "title": plain("A form"), "blocks": [
        {"type": "section", "block_id": "text", "text": mrkdwn("*Welcome* to the form"), "accessory": {"type": "button", "text": plain("A button"), "action_id": "button"}},
        asked("Tell us", {"type": "plain_text_input", "action_id": "text-1", "multiline": True, "placeholder": plain("Anything")}, optional=False, hint=plain("It helps")),
    ], "close": plain("Cancel"), "submit": plain("Save"), "private_metadata": "hidden", "callback_id": "view-1", "notify_on_close": True, "clear_on_close": False, "external_id": "one-of-a-kind"},
    "home": {"type": "home", "blocks": [{"type": "section", "text": mrkdwn("*At home*")}, {"type": "actions", "elements": [{"type": "button", "text": emoji_text("New"), "value": "new", "action_id": "new", "style": "danger"}]}], "callback_id": "home-1"},
    "alert": {"type": "modal", "title": plain("Mind"), "blocks": [{"type": "alert", "text": {"type": "mrkdwn", "text": "The work is _secret_.", "verbatim": False}, "level": "info"}]},
    **{
        f"input of {element['type']}": {"type": "modal", "title": emoji_text("One field"), "submit": emoji_text("Send"), "close": emoji_text("Leave"), "blocks": [asked("A field", {"action_id": "field-1", **element})]}
        for element in (
            {"type": "plain_text_input", "min_length": 1, "max_length": 150, "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}},
            {"type": "number_input", "is_decimal_allowed": False, "initial_value": "7", "min_value": "0", "max_value": "99"},
            {"type": "email_text_input", "placeholder": plain("you@example.com"), "initial_value": "me@example.com"},
            {"type": "url_text_input", "placeholder": plain("https://"), "focus_on_load": True},
            {"type": "rich_text_input", "min_lines": 2, "max_lines": 9, "initial_value": rich(line(said("Dear all")))},
            {"type": "file_input", "filetypes": ["jpg", "png"], "max_files": 5},
            {"type": "checkboxes", "options": CHOICES},
            {"type": "radio_buttons", "options": CHOICES, "focus_on_load": True},
            {"type": "static_select", "options": CHOICES, "initial_option": CHOICES[1]},
            {"type": "multi_static_select", "options": CHOICES, "initial_options": CHOICES[1:]},
            {"type": "external_select", "initial_option": CHOICES[0], "min_query_length": 0},
            {"type": "multi_external_select", "initial_options": CHOICES, "max_selected_items": 3},
            {"type": "users_select", "initial_user": "U0123"},
            {"type": "multi_users_select", "initial_users": ["U0123", "W0123"]},
            {"type": "channels_select", "initial_channel": "C0123", "response_url_enabled": True},
            {"type": "multi_channels_select", "initial_channels": ["C0123"]},
            {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True, "filter": {"include": ["public", "mpim"], "exclude_bot_users": True}},
            {"type": "multi_conversations_select", "initial_conversations": ["G0123"], "filter": {"exclude_external_shared_channels": True}},
            {"type": "datepicker", "initial_date": "2026-10-21", "confirm": CONFIRM},
            {"type": "timepicker", "initial_time": "00:00"},
            {"type": "datetimepicker", "initial_date_time": 1628633820},
        )
    },
}  # fmt: skip
