"""What docs/architecture.md and docs/glossary.md say of the code is so."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.jobs import TRANSITIONS

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()


@pytest.mark.parametrize("page", [ARCHITECTURE, GLOSSARY], ids=["architecture", "glossary"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:bot|runner)/[\w/.]+)`", page)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_everything_in_the_code_that_the_glossary_names_is_there() -> None:
    there = set(_names())
    named = re.findall(r"`([A-Z]\w+(?:\.\w+)?)`", GLOSSARY)

    assert named
    assert [name for name in named if name not in there] == []


def test_every_test_that_the_architecture_names_is_there() -> None:
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    named = re.findall(r"`(test_\w+)`", ARCHITECTURE)

    assert named
    assert [name for name in named if name not in there] == []


def test_state_diagram_is_the_table_of_transitions() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+):", ARCHITECTURE, re.MULTILINE))

    assert drawn == {(str(old), str(new)) for old, allowed in TRANSITIONS.items() for new in allowed}


def test_floors_are_those_of_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = {each["containers"][0]: each["layers"] for each in contracts if "containers" in each}
    _, drawing = ARCHITECTURE.split("\nbot         ", 1)
    for_bot, for_runner = drawing.split("\n```", 1)[0].split("\nrunner      ", 1)

    assert _rooms(for_bot) == [floor for floor in floors["bot"] if floor != "__main__"]
    assert _rooms(for_runner) == floors["runner"]


def _rooms(drawing: str) -> list[str]:
    """The rooms of each floor: what stands before the gap in a line."""
    lines = [line.strip() for line in drawing.splitlines() if not line.startswith("- ")]
    return [re.split(r" {3,}", line)[0] for line in lines]


def _names() -> Iterator[str]:
    """The classes and constants of the product, and what stands in the classes."""
    for room in ("bot", "runner"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                yield from _named(node)
                if isinstance(node, ast.ClassDef):
                    yield from (f"{node.name}.{name}" for each in node.body for name in _named(each))


def _named(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case _:
            return []
