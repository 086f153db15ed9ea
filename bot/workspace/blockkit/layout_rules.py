"""Block Kit rules that tie together what cards, containers, tables, charts and plans hold."""

from collections.abc import Callable, Iterator
from typing import Any

from bot.workspace.blockkit.problems import BlockProblem, failed

Rule = Callable[[dict[str, Any], str], Iterator[BlockProblem]]


def _any_of(*names: str) -> Rule:
    listed = ", ".join(f"`{name}`" for name in names[:-1]) + f" or `{names[-1]}`"

    def rule(value: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        if all(value.get(name) is None for name in names):
            yield failed(f"must define at least one of {listed}", f"{pointer}/type", "required", None)

    return rule


def _not_both(first: str, second: str) -> Rule:
    def rule(value: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
        if value.get(first) is not None and value.get(second) is not None:
            message = f"must not define both `{first}` and `{second}`"
            yield failed(message, f"{pointer}/{second}", "excluded", None)

    return rule


def _collapsed_if_collapsible(container: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if container.get("default_collapsed") is True and container.get("is_collapsible") is not True:
        message = "`default_collapsed` requires `is_collapsible`"
        yield failed(message, f"{pointer}/default_collapsed", "enum", [False])


def _divider_if_not_collapsible(container: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    if container.get("has_header_divider") is True and container.get("is_collapsible") is True:
        message = "`has_header_divider` is not supported with `is_collapsible`"
        yield failed(message, f"{pointer}/has_header_divider", "enum", [False])


def _rows_alike(table: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    rows = [(index, row) for index, row in enumerate(_list(table.get("rows"))) if isinstance(row, list)]
    for index, row in rows:
        if len(row) != len(rows[0][1]):
            message = f"must have as many cells as the first row: {len(rows[0][1])}"
            yield failed(message, f"{pointer}/rows/{index}", "items", len(rows[0][1]))


def _plain_header_row(table: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    rows = _list(table.get("rows"))
    for index, cell in enumerate(_list(rows[0]) if rows else ()):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            allowed = ["raw_text", "raw_number"]
            yield failed("unsupported type: rich_text", f"{pointer}/rows/0/{index}/type", "enum", allowed)


def _row_header_among_columns(table: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    index, rows = table.get("row_header_column_index"), _list(table.get("rows"))
    columns = len(_list(rows[0])) if rows else 0
    if isinstance(index, int) and columns and index >= columns:
        message = f"must be less than {columns}"
        yield failed(message, f"{pointer}/row_header_column_index", "maximum", columns - 1)


def _unique_categories(axis: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    yield from _repeated(_list(axis.get("categories")), f"{pointer}/categories", "")


def _unique_series(chart: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    names = [one.get("name") if isinstance(one, dict) else None for one in _list(chart.get("series"))]
    yield from _repeated(names, f"{pointer}/series", "/name")


def _points_match_categories(chart: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    axis = chart.get("axis_config")
    categories = _list(axis.get("categories")) if isinstance(axis, dict) else []
    for index, series in enumerate(_list(chart.get("series"))):
        points = _list(series.get("data")) if isinstance(series, dict) else []
        labels = [point.get("label") if isinstance(point, dict) else None for point in points]
        if points and sorted(map(str, labels)) != sorted(map(str, categories)):
            message = "must have one point for each of `axis_config.categories`"
            yield failed(message, f"{pointer}/series/{index}/data", "enum", categories)


def _unique_task_ids(plan: dict[str, Any], pointer: str) -> Iterator[BlockProblem]:
    task_ids = [task.get("task_id") if isinstance(task, dict) else None for task in _list(plan.get("tasks"))]
    yield from _repeated(task_ids, f"{pointer}/tasks", "/task_id")


def _repeated(values: list[Any], pointer: str, place: str) -> Iterator[BlockProblem]:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if not isinstance(value, str):
            continue
        if value in seen:
            yield failed(f'"{value}" already exists', f"{pointer}/{index}{place}", "unique", None)
        seen.add(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


RULES: dict[str, Rule] = {
    "any_of_card": _any_of("hero_image", "title", "actions", "body"),
    "one_icon": _not_both("icon", "slack_icon"),
    "any_title": _any_of("title", "rich_text_title"),
    "collapsed_if_collapsible": _collapsed_if_collapsible,
    "divider_if_not_collapsible": _divider_if_not_collapsible,
    "rows_alike": _rows_alike,
    "plain_header_row": _plain_header_row,
    "row_header_among_columns": _row_header_among_columns,
    "unique_categories": _unique_categories,
    "unique_series": _unique_series,
    "points_match_categories": _points_match_categories,
    "unique_task_ids": _unique_task_ids,
}
