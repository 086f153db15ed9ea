"""Block Kit rules that tie several fields together; `blockkit.json` names them where they hold."""

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.workspace.blockkit.problems import BlockProblem, failed

Rule = Callable[[dict[str, Any], str], Iterator[BlockProblem]]


def check_whole(view: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    """Rules about a view as a whole: one element at most takes the focus."""
    focused = [path for path, element in _elements(view.get("blocks")) if element.get("focus_on_load") is True]
    for path in focused[1:]:
        message = "only one element may set `focus_on_load`"
        yield failed(message, f"{pointer}/blocks/{path}/focus_on_load", "unique", None)


def _text_or_fields(block: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if block.get("text") is None and block.get("fields") is None:
        yield failed("must define either `text` or `fields`", f"{pointer}/type", "required", None)


def _submit_for_inputs(view: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    blocks = view.get("blocks")
    if view.get("submit") is not None or not isinstance(blocks, list):
        return
    for index, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") == "input":
            message = "must define `submit` to use an `input` block in modals"
            yield failed(message, f"{pointer}/blocks/{index}/input", "required", None)
            return


def _unique_action_ids(block: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    seen: set[str] = set()
    for place, element in _within(block):
        action_id = element.get("action_id")
        if not isinstance(action_id, str):
            continue
        if action_id in seen:
            yield failed(f'`action_id` "{action_id}" already exists', f"{pointer}/{place}/action_id", "unique", None)
        seen.add(action_id)


def _no_dispatch_for_files(block: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    element = block.get("element")
    if block.get("dispatch_action") and isinstance(element, dict) and element.get("type") == "file_input":
        message = "`dispatch_action` is not supported with `file_input`"
        yield failed(message, f"{pointer}/dispatch_action", "enum", [False])


def _one_image_source(image: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if (image.get("image_url") is None) == (image.get("slack_file") is None):
        yield failed("must define either `image_url` or `slack_file`", f"{pointer}/type", "required", None)


def _one_file_reference(file: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if (file.get("id") is None) == (file.get("url") is None):
        yield failed("must define either `id` or `url`", pointer, "required", None)


def _prompt_behind_display(button: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if button.get("agent_prompt_display") is not None and button.get("agent_prompt") is None:
        message = "`agent_prompt_display` requires `agent_prompt`"
        yield failed(message, f"{pointer}/agent_prompt_display", "required", None)


def _any_filter(chosen: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if not chosen:
        yield failed("must have at least 1 properties", pointer, "min_properties", 1)


def _options_or_groups(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if (element.get("options") is None) == (element.get("option_groups") is None):
        yield failed("must define either `options` or `option_groups`", f"{pointer}/type", "required", None)


def _initial_among_options(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    offered = _offered(element)
    single = element.get("initial_option")
    if isinstance(single, dict) and not _is_offered(single, offered):
        yield failed("must be one of the provided options", f"{pointer}/initial_option", "enum", None)
    several = element.get("initial_options")
    for index, option in enumerate(several if isinstance(several, list) else ()):
        if not _is_offered(option, offered):
            yield failed("must be one of the provided options", f"{pointer}/initial_options/{index}", "enum", None)


def _initial_not_too_many(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    initial, most = element.get("initial_options"), element.get("max_selected_items")
    if isinstance(initial, list) and isinstance(most, int) and len(initial) > most:
        yield failed(f"no more than {most} items allowed", f"{pointer}/initial_options", "max_items", most)


def _in_order(low: str, high: str) -> Rule:
    def rule(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        least, most = _number(element.get(low)), _number(element.get(high))
        if least is not None and most is not None and least > most:
            yield failed(f"`{low}` must not be greater than `{high}`", f"{pointer}/{low}", "maximum", str(most))

    return rule


def _values_in_order(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    yield from _in_order("min_value", "max_value")(element, pointer)
    initial = _number(element.get("initial_value"))
    least, most = _number(element.get("min_value")), _number(element.get("max_value"))
    if initial is not None and least is not None and initial < least:
        yield failed("must not be less than `min_value`", f"{pointer}/initial_value", "minimum", str(least))
    if initial is not None and most is not None and initial > most:
        yield failed("must not be greater than `max_value`", f"{pointer}/initial_value", "maximum", str(most))


def _whole_values(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    for name in ("initial_value", "min_value", "max_value") if element.get("is_decimal_allowed") is False else ():
        number = _number(element.get(name))
        if number is not None and number.is_finite() and number != number.to_integral_value():
            message = "decimals are not allowed unless `is_decimal_allowed` is true"
            yield failed(message, f"{pointer}/{name}", "format", "integer")


def _lengths_in_order(element: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    yield from _in_order("min_length", "max_length")(element, pointer)
    initial, most = element.get("initial_value"), element.get("max_length")
    if isinstance(initial, str) and isinstance(most, int) and len(initial) > most:
        yield failed(f"must be less than {most + 1} characters", f"{pointer}/initial_value", "max_length", most)


RULES: dict[str, Rule] = {
    "text_or_fields": _text_or_fields,
    "submit_for_inputs": _submit_for_inputs,
    "unique_action_ids": _unique_action_ids,
    "no_dispatch_for_files": _no_dispatch_for_files,
    "one_image_source": _one_image_source,
    "one_file_reference": _one_file_reference,
    "prompt_behind_display": _prompt_behind_display,
    "any_filter": _any_filter,
    "options_or_groups": _options_or_groups,
    "initial_among_options": _initial_among_options,
    "initial_not_too_many": _initial_not_too_many,
    "lengths_in_order": _lengths_in_order,
    "lines_in_order": _in_order("min_lines", "max_lines"),
    "values_in_order": _values_in_order,
    "whole_values": _whole_values,
}


def _elements(blocks: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if isinstance(block, dict):
            yield from ((f"{index}/{place}", element) for place, element in _within(block))


def _within(block: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements of a block, each with its place there."""
    for name in ("element", "accessory", "elements", "actions"):
        value = block.get(name)
        places = {f"{name}/{at}": one for at, one in enumerate(value)} if isinstance(value, list) else {name: value}
        yield from ((place, element) for place, element in places.items() if isinstance(element, dict))


def _offered(element: dict[str, Any]) -> list[Any]:
    options, groups = element.get("options"), element.get("option_groups")
    offered = list(options) if isinstance(options, list) else []
    for group in groups if isinstance(groups, list) else ():
        within = group.get("options") if isinstance(group, dict) else None
        offered += within if isinstance(within, list) else []
    return offered


def _is_offered(option: Any, offered: list[Any]) -> bool:
    return any(_bare(option) == _bare(one) for one in offered)


def _bare(option: Any) -> Any:
    """The option without what Slack adds by itself to texts."""
    if not isinstance(option, dict):
        return option
    return {
        key: _bare(value) for key, value in option.items() if key not in {"emoji", "verbatim"} and value is not None
    }


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str | int) else None
    except InvalidOperation:
        return None
