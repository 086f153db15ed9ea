"""What is entered in a view: `state.values` at first, after an update, and after a person's act."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.workspace.blockkit import completion, scalars
from bot.workspace.errors import BadValueError
from bot.workspace.state.conversations import Conversation

Values = dict[str, dict[str, Any]]

# element type → (its field in the state, the element's field with the initial value)
_FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", None),
    "checkboxes": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "static_select": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "external_select": ("selected_option", "initial_option"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
# Ten digits, as the datetimepicker has them.
MOMENT_MAX = 10_000_000_000
# How many files a file_input takes that does not say so (docs: file input element).
FILES_MAX = 10


def initial(blocks: list[dict[str, Any]], conversation: Conversation | None = None) -> Values:
    """The state before anybody enters anything, for somebody who came from that conversation."""
    values: Values = {}
    for block, element in completion.stateful_elements(blocks):
        values.setdefault(block["block_id"], {})[element["action_id"]] = _initial_entry(element, conversation)
    return values


def kept(
    values: Values,
    old_blocks: list[dict[str, Any]],
    blocks: list[dict[str, Any]],
    conversation: Conversation | None = None,
) -> Values:
    """The state after an update: kept where block_id, action_id and element type stay, else initial."""
    old_types = {
        (block["block_id"], element["action_id"]): element["type"]
        for block, element in completion.stateful_elements(old_blocks)
    }
    updated = initial(blocks, conversation)
    for block, element in completion.stateful_elements(blocks):
        place = (block["block_id"], element["action_id"])
        if old_types.get(place) == element["type"]:
            updated[place[0]][place[1]] = values[place[0]][place[1]]
    return updated


def entered(element: dict[str, Any], value: Any, offered: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The state entry for a value in simple form; raises BadValueError when the field cannot hold it.

    `offered` are the options, by value, that the app suggested last for this element; for files, the person's by id.
    """
    name, _ = _FIELDS[element["type"]]
    entry = {"type": element["type"], name: _parse(element, value, offered)}
    if element["type"] == "timepicker" and "timezone" in element:
        entry["timezone"] = element["timezone"]
    return entry


def content(entry: dict[str, Any]) -> Any:
    """What a state entry holds: text, option, options, id, date …; None or an empty list when nothing."""
    return entry.get(_FIELDS[entry["type"]][0])


def options_of(element: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An element's or an answer's own options by value, groups flattened."""
    options = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options += group["options"]
    return {option["value"]: option for option in options}


def choose(value: Any, options: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The option with that value; raises BadValueError when there is none."""
    if not isinstance(value, str) or value not in options:
        raise BadValueError(f"{value!r} is not among the options.")
    return options[value]


def _initial_entry(element: dict[str, Any], conversation: Conversation | None) -> dict[str, Any]:
    name, source = _FIELDS[element["type"]]
    value = element.get(source) if source else None
    if element.get("default_to_current_conversation") and conversation and _is_listed(conversation, element):
        # Where there is an initial conversation too, that stands; several are ignored (@slack/types).
        value = [conversation.id] if name == "selected_conversations" else value or conversation.id
    if value is None and name.endswith("s"):
        value = []
    return {"type": element["type"], name: value}


def _is_listed(conversation: Conversation, element: dict[str, Any]) -> bool:
    """Whether the menu offers this conversation, going by its filter."""
    wanted = element.get("filter") or {}
    if ("im" if conversation.is_im else "public") not in wanted.get("include", ("im", "public")):
        return False
    # Every direct message here is one with the app, which is a bot.
    is_left_out = wanted.get("exclude_bot_users") and conversation.is_im
    return not is_left_out and not (wanted.get("exclude_external_shared_channels") and conversation.is_shared)


def _parse(element: dict[str, Any], value: Any, offered: dict[str, dict[str, Any]]) -> Any:
    kind: str = element["type"]
    options = offered if "external" in kind else options_of(element)
    match _FIELDS[kind][0]:
        case "selected_option":
            return None if value is None else choose(value, options)
        case "selected_options":
            return [choose(one, options) for one in _several(element, value)]
        case "selected_users" | "selected_conversations" | "selected_channels":
            return [_text(one) for one in _several(element, value)]
        case "files":
            return _files(element, value, offered)
        case _ if kind in _FORMS and value is not None:
            return _checked(value, *_FORMS[kind])
        case _:
            return _number(value) if kind == "number_input" else _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise BadValueError(f"{value!r} is not a text.")


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise BadValueError(f"{value!r} is not a number.")
    text = _text(None if value is None else str(value).strip())
    try:
        # Slack's field takes no letters, so neither 1e5 nor nan can be typed.
        if text is not None and (not Decimal(text).is_finite() or not re.fullmatch(r"[-+0-9.]+", text)):
            raise BadValueError("Please enter a number.")
    except InvalidOperation:
        raise BadValueError("Please enter a number.") from None
    return text


def _several(element: dict[str, Any], value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadValueError(f"{value!r} is not a list.")
    most = element.get("max_selected_items")
    if most is not None and len(value) > most:
        raise BadValueError(f"No more than {most} can be selected.")
    return value


def _files(element: dict[str, Any], value: Any, offered: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The file objects of these ids; what Slack's client would not let a person add is refused."""
    file_ids = list(dict.fromkeys(_text(one) for one in _several(element, value)))
    most = element.get("max_files", FILES_MAX)
    if len(file_ids) > most:
        raise BadValueError(f"At most {most} {'file' if most == 1 else 'files'} can be added, not {len(file_ids)}.")
    return [_file(element, file_id, offered) for file_id in file_ids]


def _file(element: dict[str, Any], file_id: str | None, offered: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if file_id not in offered:
        raise BadValueError(f"There is no file {file_id!r} of yours.")
    types, name = element.get("filetypes") or [], offered[file_id]["name"]
    if types and not any(name.lower().endswith(f".{kind.lower()}") for kind in types):
        accepted = ", ".join(f".{kind}" for kind in types)
        raise BadValueError(
            f"{name} cannot be added: only {accepted} {'is' if len(types) == 1 else 'files are'} accepted."
        )
    return offered[file_id]


def _checked(value: Any, is_right: Callable[[Any], bool], wanted: str) -> Any:
    if is_right(value):
        return value
    raise BadValueError(f"{value!r} is not {wanted}.")


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and scalars.is_date(value)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is not None


def _is_moment(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOMENT_MAX


def _is_rich_text(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "rich_text"


_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "datepicker": (_is_date, "a date as YYYY-MM-DD"),
    "timepicker": (_is_time, "a time as HH:mm"),
    "datetimepicker": (_is_moment, "a moment in seconds since 1970"),
    "rich_text_input": (_is_rich_text, "a rich_text block"),
}
