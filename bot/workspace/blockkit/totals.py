"""What Slack counts over all the blocks of a message or view; the numbers are in `blockkit.json`."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.workspace.blockkit.problems import BlockProblem, failed

Placed = tuple[str, dict[str, Any]]

_COUNTED = {"markdown": "markdown_text", "table": "table_text", "data_table": "data_table_text"}


def placed(blocks: Any, pointer: str) -> Iterator[Placed]:
    """Every block with the pointer to it, those inside containers too."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if isinstance(block, dict):
            yield f"{pointer}/{index}", block
            children = block.get("child_blocks")
            for at, child in enumerate(children if isinstance(children, list) else ()):
                if isinstance(child, dict):
                    yield f"{pointer}/{index}/child_blocks/{at}", child


def check_totals(blocks: Iterable[Placed], limits: dict[str, int]) -> Iterator[BlockProblem]:
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
    """The characters of every `text` within; not recursive, since nothing here says how deep a value may go."""
    length, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            text = one.get("text")
            length += len(text) if isinstance(text, str) else 0
            waiting += one.values()
    return length
