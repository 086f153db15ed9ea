"""One of each kind of block and element, for pictures of the page and for looking at it with a checker."""

from typing import Any

from slack_sdk import WebClient

from tests.support.page.stand_in_page import button, field, mrkdwn, option, plain, section

Blocks = list[dict[str, Any]]

SPEEDS = [option("fast", "Fast"), option("thorough", "Thorough"), option("exact", "Exact")]
GROUPS = [
    {"label": plain("Plants"), "options": [option("oak", "Oak"), option("fern", "Fern")]},
    {"label": plain("Birds"), "options": [option("wren", "Wren"), option("heron", "Heron")]},
]
CONFIRM = {
    "title": plain("Cancel job 12?"),
    "text": plain("It ends at once. What it has written so far is kept for a week."),
    "confirm": plain("Cancel the job"),
    "deny": plain("Keep it"),
    "style": "danger",
}
PICTURE_BYTES = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 240">
<rect width="640" height="240" fill="#f3efe6"/><path d="M60 200V40M60 200H600" stroke="#555" stroke-width="3"/>
<path d="M60 180L160 120 260 140 360 70 460 96 580 48" fill="none" stroke="#1264a3" stroke-width="6"/></svg>"""


def described(value: str, text: str, description: str) -> dict[str, Any]:
    return {**option(value, text), "description": plain(description)}


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(parts)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def part(kind: str, *elements: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": list(elements), **rest}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def pressed(action_id: str, text: str, **rest: Any) -> dict[str, Any]:
    (element,) = button(action_id, text, **rest)["elements"]
    return element  # type: ignore[no-any-return]


def texts() -> Blocks:
    """What is read: headings, sections with formatting, fields, context, dividers."""
    return [
        {"type": "header", "text": plain("Word count has finished :tada:")},
        section(
            "*Bold*, _italic_, ~struck~, `code`, a <https://example.org|link>, <@U0TOM000002> and <#C0GENERAL01>\n"
            "&gt; a quotation of two\n&gt; lines\n```scp -P 2222 maria@big.example.com:12/words.tsv .```"
        ),
        {
            "type": "section",
            "fields": [mrkdwn("*State*\n:large_green_circle: succeeded"), mrkdwn("*Took*\n3 min 12 s")],
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [mrkdwn("Deleted on <!date^1798848000^{date_long}|1 January 2027>"), plain("7 days")],
        },
    ]


def rich_texts() -> Blocks:
    """Rich text: styles, lists, a quotation and preformatted text."""
    items = (
        part("section", words("a list, ", bold=True), words("its first entry")),
        part("section", words("and its second")),
    )
    return [
        rich(
            part(
                "section",
                words("Rich text", bold=True),
                words(" may be "),
                words("italic", italic=True),
                words(", "),
                words("struck", strike=True),
                words(", "),
                words("code", code=True),
                words(", name "),
                {"type": "user", "user_id": "U0TOM000002"},
                words(" and hold "),
                {"type": "emoji", "name": "sparkles"},
            ),
            part("list", *items, style="bullet"),
            part("list", *items, style="ordered"),
            part("quote", words("Everything should be made as simple as possible.")),
            part("preformatted", words('for name in *.txt; do\n  wc -w "$name"\ndone')),
        ),
    ]


def tables() -> Blocks:
    """A table."""
    rows = [("Job", "Script", "State"), ("12", "Word count", "succeeded"), ("13", "Concordance", "running")]
    return [{"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}]


def layouts() -> Blocks:
    """What holds other blocks, tells of progress, or shows numbers."""
    rows = [("Job", "Words"), *((str(number), str(number * number)) for number in range(1, 8))]
    points = [{"label": label, "value": value} for label, value in (("Mon", 12), ("Tue", 30), ("Wed", 21))]
    axes = {"categories": ["Mon", "Tue", "Wed"]}
    chart = {"type": "bar", "series": [{"name": "Jobs", "data": points}], "axis_config": axes}
    tasks = [
        {"type": "task_card", "task_id": str(at), "title": title, "status": status}
        for at, (title, status) in enumerate(
            [("Fetch the text", "complete"), ("Count its words", "in_progress"), ("Write the list", "pending")]
        )
    ]
    opened = {"type": "button", "action_id": "open", "text": plain("Open")}
    return [
        {
            "type": "card",
            "title": plain("Word count"),
            "subtitle": plain("Text team"),
            "body": mrkdwn("*20* words of Alice"),
            "actions": [opened],
        },
        {
            "type": "container",
            "title": plain("Log"),
            "is_collapsible": True,
            "child_blocks": [section("It went well.")],
        },
        {"type": "plan", "title": "Three steps", "tasks": tasks},
        {
            "type": "data_table",
            "caption": "Words in each job",
            "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
        },
        {"type": "data_visualization", "title": "Jobs a day", "chart": chart},
    ]


def buttons() -> Blocks:
    """What is pressed: buttons of every style, a menu, an accessory."""
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [option("log", "Show log"), option("again", "Run again")],
    }
    return [
        section("*Job 12* is running: <https://example.org|Word count>", accessory=menu),
        actions(
            pressed("plain", "Show log"),
            pressed("primary", "Run again", style="primary"),
            pressed("danger", "Cancel", style="danger", confirm=CONFIRM),
            pressed("link", "Open the page", url="https://example.org/"),
        ),
    ]


def choices() -> Blocks:
    """What is chosen in a message: selects, pickers, boxes and radio buttons."""
    return [
        actions(
            {"type": "static_select", "action_id": "speed", "options": SPEEDS, "placeholder": plain("How fast")},
            {"type": "users_select", "action_id": "who", "initial_user": "U0TOM000002"},
            {"type": "channels_select", "action_id": "where", "placeholder": plain("Which channel")},
            {"type": "datepicker", "action_id": "day", "initial_date": "2027-02-28"},
            {"type": "timepicker", "action_id": "hour", "initial_time": "09:30"},
        ),
        section(
            "What to tell you:",
            accessory={"type": "checkboxes", "action_id": "tell", "options": SPEEDS[:2], "initial_options": SPEEDS[:1]},
        ),
    ]


def form() -> Blocks:
    """Every kind of field, filled in."""
    return [*typed_fields(), *chosen_fields(), *marked_fields(), *moments(), *other_fields()]


def typed_fields() -> Blocks:
    """Fields for text and numbers."""
    return [
        field(
            {"type": "plain_text_input", "initial_value": "Alice", "max_length": 40},
            "title",
            "Title",
            hint=plain("Shown in the list of jobs"),
        ),
        field(
            {"type": "plain_text_input", "multiline": True, "placeholder": plain("One word a line")},
            "lines",
            "Words",
            optional=True,
        ),
        field(
            {"type": "number_input", "is_decimal_allowed": False, "initial_value": "20", "min_value": "1"},
            "top",
            "How many",
        ),
        field({"type": "email_text_input", "placeholder": plain("name@example.org")}, "mail", "E-mail", optional=True),
        field({"type": "url_text_input", "placeholder": plain("https://")}, "address", "Address", optional=True),
    ]


def chosen_fields() -> Blocks:
    """Selects, for one and for several."""
    return [
        field(
            {"type": "static_select", "options": SPEEDS, "initial_option": SPEEDS[1]}, "speed", "Speed", optional=True
        ),
        field(
            {"type": "multi_static_select", "option_groups": GROUPS, "initial_options": GROUPS[0]["options"]},
            "kinds",
            "Kinds",
        ),
        field(
            {"type": "external_select", "min_query_length": 1, "placeholder": plain("Type a part of its name")},
            "file",
            "Text",
        ),
        field({"type": "users_select", "initial_user": "U0TOM000002"}, "person", "Tell also"),
        field({"type": "multi_conversations_select"}, "places", "Post to", optional=True),
    ]


def marked_fields() -> Blocks:
    """Radio buttons and boxes."""
    radios = [
        described("words", "Whole words", "As they stand in the text"),
        described("stems", "Stems", "Without endings"),
    ]
    return [
        field({"type": "radio_buttons", "options": radios, "initial_option": radios[0]}, "mode", "What is counted"),
        field(
            {"type": "checkboxes", "options": SPEEDS[:2], "initial_options": SPEEDS[:1]}, "boxes", "And", optional=True
        ),
    ]


def moments() -> Blocks:
    """Days and times."""
    return [
        field({"type": "datepicker", "initial_date": "2027-02-28"}, "day", "Day", optional=True),
        field({"type": "timepicker", "initial_time": "09:30"}, "hour", "Time", optional=True),
        field({"type": "datetimepicker", "initial_date_time": 1798848000}, "moment", "Not before"),
    ]


def other_fields() -> Blocks:
    """Files, rich text, and an alert."""
    return [
        field({"type": "file_input", "filetypes": ["txt", "csv"], "max_files": 3}, "upload", "Files", optional=True),
        field({"type": "rich_text_input", "placeholder": plain("Say more")}, "remark", "Remark", optional=True),
        {"type": "alert", "level": "warning", "text": plain("Two jobs are ahead of yours.")},
    ]


def post_picture(client: WebClient, channel: str) -> None:
    """A picture as a file, and the same one in a block of the next message."""
    answer = client.files_upload_v2(channel=channel, content=PICTURE_BYTES, filename="words.svg", title="words.svg")
    picture = {"type": "image", "slack_file": {"id": answer["file"]["id"]}, "alt_text": "Words in each chapter, rising"}
    client.chat_postMessage(
        channel=channel, text="A picture", blocks=[{**picture, "title": plain("Words in each chapter")}]
    )
