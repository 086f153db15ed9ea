"""What Slack counts over all the blocks of a message or view; the numbers are in `blockkit.json`."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.workspace.blockkit_problems import Problem, failed

Placed = tuple[str, dict[str, Any]]

_COUNTED = {"markdown": "markdown_text", "table": "table_text", "data_table": "data_table_text"}


def placed(blocks: Any, pointer: str) -> Iterator[Placed]:
    """Every block with the pointer to it, those inside containers too."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if isinstance(block, dict):
            yield f"{pointer}/{index}", block
            yield from placed(block.get("child_blocks"), f"{pointer}/{index}/child_blocks")


def check_totals(blocks: Iterable[Placed], limits: dict[str, int]) -> Iterator[Problem]:
    """Names the block with which the text of its kind, or the number of charts, goes over the limit."""
    totals = dict.fromkeys(_COUNTED, 0)
    charts = 0
    for pointer, block in blocks:
        match block.get("type"):
            case "data_visualization":
                charts += 1
                if charts == limits["data_visualizations"] + 1:
                    message = f"no more than {charts - 1} `data_visualization` blocks allowed"
                    yield failed(message, pointer, "max_items", charts - 1)
            case str(kind) if kind in _COUNTED:
                field = "text" if kind == "markdown" else "rows"
                most, before = limits[_COUNTED[kind]], totals[kind]
                totals[kind] += _text_length({"text": block.get(field)})
                if before <= most < totals[kind]:
                    message = f"must be less than {most + 1} characters in all `{kind}` blocks"
                    yield failed(message, f"{pointer}/{field}", "max_length", most)


def _text_length(value: Any) -> int:
    """The characters of every `text` within."""
    if isinstance(value, list):
        return sum(map(_text_length, value))
    if not isinstance(value, dict):
        return 0
    return sum(
        len(entry) if name == "text" and isinstance(entry, str) else _text_length(entry)
        for name, entry in value.items()
    )
