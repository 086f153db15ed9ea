"""What Slack's own client checks before it sends a form to the app."""

import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from bot.workspace.blockkit import completion
from bot.workspace.state import view_state

REQUIRED = "Please complete this required field."
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def problems(blocks: list[dict[str, Any]], values: view_state.Values) -> dict[str, str]:
    """What the person is told, by block_id; empty when the form may be sent."""
    found: dict[str, str] = {}
    for block, element in completion.stateful_elements(blocks):
        if block["type"] != "input":
            continue
        message = _problem(block, element, view_state.content(values[block["block_id"]][element["action_id"]]))
        if message:
            found[block["block_id"]] = message
    return found


def _problem(block: dict[str, Any], element: dict[str, Any], content: Any) -> str | None:
    if content is None or content == [] or (isinstance(content, str) and not content.strip()):
        return None if block.get("optional") else REQUIRED
    match element["type"]:
        case "plain_text_input":
            return _length_problem(element, content)
        case "number_input":
            return _number_problem(element, content)
        case "email_text_input" if not _EMAIL.fullmatch(content):
            return "Please enter a valid email address."
        case "url_text_input" if not _is_url(content):
            return "Please enter a valid URL."
        case _:
            return None


def _length_problem(element: dict[str, Any], text: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < least:
        return f"Please enter at least {least} characters."
    if len(text) > most:
        return f"Please enter no more than {most} characters."
    return None


def _number_problem(element: dict[str, Any], text: str) -> str | None:
    number = Decimal(text)
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < Decimal(least):
        return f"Please enter a number that is at least {least}."
    if most is not None and number > Decimal(most):
        return f"Please enter a number that is at most {most}."
    return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
