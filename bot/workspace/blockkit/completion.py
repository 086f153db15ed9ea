"""Completes blocks as Slack does when it takes them in: missing ids, and `emoji` on plain texts."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from bot.workspace import ids
from bot.workspace.blockkit import check

_WITHOUT_ACTION = {"plain_text", "mrkdwn", "image"}


def complete(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A copy in which every block has a block_id and every interactive element an action_id."""
    completed: list[dict[str, Any]] = deepcopy(blocks)
    for block in _every(completed):
        block.setdefault("block_id", ids.make_block_id())
        if block["type"] == "input":
            block.setdefault("optional", False)
            block.setdefault("dispatch_action", False)
        for element in _inside(block):
            if element["type"] not in _WITHOUT_ACTION:
                element.setdefault("action_id", ids.make_block_id())
        if block["type"] != "rich_text":
            _mark_plain_texts(block)
    return completed


def interactive_elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every block and element that a person can press or fill in."""
    for block in _every(blocks):
        for element in _inside(block):
            if "action_id" in element:
                yield block, element


def find_element(
    blocks: list[dict[str, Any]], block_id: str, action_id: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The block and the element with these ids."""
    return next(
        (
            (block, element)
            for block, element in interactive_elements(blocks)
            if block["block_id"] == block_id and element["action_id"] == action_id
        ),
        None,
    )


def stateful_elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every block and element whose value is part of the view's state."""
    return (pair for pair in interactive_elements(blocks) if check.is_stateful(pair[1]["type"]))


def _every(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The blocks and those inside them."""
    for block in blocks:
        yield block
        yield from _every(block.get("child_blocks", []))
        if block["type"] == "carousel":
            yield from _every(block["elements"])


def _inside(block: dict[str, Any]) -> list[dict[str, Any]]:
    match block["type"]:
        case "input":
            return [block["element"]]
        case "section":
            return [block["accessory"]] if block.get("accessory") else []
        case "actions" | "context" | "context_actions":
            elements: list[dict[str, Any]] = block["elements"]
            return elements
        case "card":
            buttons: list[dict[str, Any]] = block.get("actions") or []
            return buttons
        case _:
            return []


def _mark_plain_texts(value: Any) -> None:
    if isinstance(value, list):
        for entry in value:
            _mark_plain_texts(entry)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        for entry in value.values():
            _mark_plain_texts(entry)
