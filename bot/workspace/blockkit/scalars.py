"""Checks texts, numbers and yes-or-no values against one rule of `blockkit.json`."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from bot.workspace.blockkit.problems import BlockProblem, failed, wrong_type

Rule = dict[str, Any]


def check_scalar(value: Any, rule: Rule, pointer: str) -> Iterator[BlockProblem]:
    """All that is wrong with a value that holds no others."""
    match rule["is"]:
        case "string":
            yield from _string(value, rule, pointer)
        case "integer" | "number":
            yield from _number(value, rule, pointer)
        case "boolean" if not isinstance(value, bool):
            yield wrong_type("a boolean", pointer)
        case _:
            return


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar, written YYYY-MM-DD."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _string(value: Any, rule: Rule, pointer: str) -> Iterator[BlockProblem]:
    if not isinstance(value, str):
        yield wrong_type("a string", pointer)
        return
    least, most = rule.get("min", 0), rule.get("max")
    if len(value) < least:
        yield failed(f"must be more than {least - 1} characters", pointer, "min_length", least)
    if most is not None and len(value) > most:
        yield failed(f"must be less than {most + 1} characters", pointer, "max_length", most)
    if "enum" in rule and value not in rule["enum"]:
        yield failed("must be a valid enum value", pointer, "enum", rule["enum"])
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield failed(f"input must match regex pattern: {rule['pattern']}", pointer, "pattern", rule["pattern"])
    elif "format" in rule and value and not _FORMATS[rule["format"]](value):
        yield failed(f"input must be a valid: {rule['format']}", pointer, "format", rule["format"])


def _number(value: Any, rule: Rule, pointer: str) -> Iterator[BlockProblem]:
    if not _is_number(value, rule["is"]):
        yield wrong_type("an integer" if rule["is"] == "integer" else "a number", pointer)
    elif "min" in rule and value < rule["min"]:
        yield failed(f"must be greater than {rule['min'] - 1}", pointer, "minimum", rule["min"])
    elif "above" in rule and value <= rule["above"]:
        yield failed(f"must be greater than {rule['above']}", pointer, "exclusive_minimum", rule["above"])
    elif "max" in rule and value > rule["max"]:
        yield failed(f"must be less than {rule['max'] + 1}", pointer, "maximum", rule["max"])


def _is_number(value: Any, kind: str) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool)
    return kind == "number" and isinstance(value, float) and math.isfinite(value)


def _is_uri(text: str, schemes: tuple[str, ...] = ()) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if not parts.scheme or any(character.isspace() for character in text):
        return False
    return parts.scheme in schemes if schemes else bool(parts.netloc or parts.path)


def _is_https(text: str) -> bool:
    return _is_uri(text, ("https",))


_FORMATS: dict[str, Callable[[str], bool]] = {"date": is_date, "uri": _is_uri, "https": _is_https}
