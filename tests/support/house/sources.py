"""The repository's own files, and the Python among them as syntax trees."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, also those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@cache
def parsed(path: Path) -> ast.Module:
    """A module as a syntax tree; read once."""
    return ast.parse(path.read_text())


def module_name(path: Path) -> str:
    """What a file of the repository is imported as."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(*packages: str) -> Mapping[str, ast.Module]:
    """All modules below these folders of the repository, by their names."""
    return {module_name(path): parsed(path) for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in packages}


def functions(tree: ast.AST) -> Iterator[Function]:
    """All functions, methods and functions within them."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))
