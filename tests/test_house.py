"""What holds for the repository as a whole."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = ("docs/architecture.md", "docs/gallery.md", "docs/glossary.md")
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, also those that are not committed yet; without git, none."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def product_modules() -> list[Path]:
    return [
        path for path in tracked("*.py") if path.is_relative_to(ROOT / "bot") or path.is_relative_to(ROOT / "runner")
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_manifest_is_what_slack_takes() -> None:
    schema = json.loads((ROOT / "tests/schemas/manifest.schema.2.0.0.json").read_text())

    jsonschema.validate(MANIFEST, schema)


def test_manifest_subscribes_to_what_is_needed_and_no_more() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    scopes = ["commands", "chat:write", "users:read", "users:read.email", "files:read"]
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == scopes
    assert MANIFEST["features"]["app_home"]["messages_tab_enabled"] is True, "or direct messages fail"


def test_no_module_is_longer_than_the_wall() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in product_modules()}

    assert not {path: length for path, length in lengths.items() if length > 400}


def test_hardly_any_function_is_longer_than_forty_five_lines() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in product_modules()
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno > 45
    ]

    assert len(found) <= 1, found  # one is a list of made-up people


def test_every_test_asserts_something() -> None:
    idle = []
    for path in tracked("tests/**/test_*.py"):
        for function in functions(path):
            acts = (ast.Assert, ast.With, ast.Call)
            if function.name.startswith("test_") and not any(isinstance(node, acts) for node in ast.walk(function)):
                idle.append(f"{path.name}:{function.name}")

    assert not idle


def test_repository_names_no_package_host_and_no_path_of_a_machine() -> None:
    hosts = ("pypi." + "org", "python" + "hosted", "registry.npm" + "js", "index-" + "url")
    forbidden = re.compile("|".join(map(re.escape, (*hosts, "/ro" + "ot/", "/wo" + "rk/"))))
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in forbidden.finditer(text)]

    assert not found


def test_every_dependency_is_pinned_exactly() -> None:
    lines = (ROOT / "etc/constraints.txt").read_text().splitlines()

    assert lines
    assert all(re.fullmatch(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; .+)?", line) for line in lines), lines


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *PAGES])
def test_links_and_pictures_of_the_documents_are_there(name: str) -> None:
    document = ROOT / name
    text = document.read_text()
    targets = re.findall(r"\]\((?!http|#)([^)#]+)", text)

    assert not [target for target in targets if not (document.parent / target).exists()]


def test_pictures_are_small() -> None:
    large = {path.name: path.stat().st_size for path in tracked("*.png") if path.stat().st_size > 100_000}

    assert not large


def test_top_level_is_the_one_that_was_ordered() -> None:
    allowed = {
        *("pyproject.toml", "bot", "runner", "etc", "scripts", "tests", "manifest.yml", "docs", ".ci"),
        *("README.md", "Makefile", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
        *(".gitignore", ".gitattributes", ".git-blame-ignore-revs"),
    }

    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= allowed
