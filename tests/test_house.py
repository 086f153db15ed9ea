"""What holds for the repository as a whole."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support.house.assertions import idle_tests
from tests.support.house.sources import ROOT, functions, modules, parsed, tracked

PAGES = ("docs/architecture.md", "docs/gallery.md", "docs/glossary.md")
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())


def product_modules() -> list[Path]:
    return [
        path for path in tracked("*.py") if path.is_relative_to(ROOT / "bot") or path.is_relative_to(ROOT / "runner")
    ]


def test_manifest_is_what_slack_takes() -> None:
    schema = json.loads((ROOT / "tests/schemas/manifest.schema.2.0.0.json").read_text())

    assert list(jsonschema.Draft7Validator(schema).iter_errors(MANIFEST)) == []


def test_manifest_subscribes_to_what_is_needed_and_no_more() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    scopes = ["commands", "chat:write", "users:read", "users:read.email", "files:read", "files:write"]
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == [
        *scopes,
        "im:write",
        "im:history",
        "channels:read",
        "groups:read",
    ]
    assert MANIFEST["features"]["app_home"]["messages_tab_enabled"] is True, "or direct messages fail"


def test_no_module_is_longer_than_the_wall() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in product_modules()}

    assert not {path: length for path, length in lengths.items() if length > 400}


def test_hardly_any_function_is_longer_than_forty_five_lines() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in product_modules()
        for function in functions(parsed(path))
        if (function.end_lineno or 0) - function.lineno > 45
    ]

    assert len(found) <= 1, found  # one is a list of made-up people


def test_no_two_public_classes_share_a_name() -> None:
    places = defaultdict(list)
    for module, tree in modules("bot", "runner").items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)

    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_every_test_asserts_something() -> None:
    assert idle_tests(modules("tests")) == []


@pytest.mark.parametrize(
    "body",
    [
        "print(1)",
        "with open(path): pass",
        "checked('a')",
        "expect(page)",
        "page.press('a')",
        "case.shows(1)",
    ],
)
def test_a_test_that_asserts_nothing_is_found(body: str) -> None:
    support = "def checked(text): return text\nclass A:\n    def press(self): assert self\n"
    support += "class B:\n    def press(self): pass"
    test = f"from tests.support import checked\ndef test_it(page, path, case):\n    {body}"

    found = idle_tests({"tests.support": ast.parse(support), "tests.test_a": ast.parse(test)})

    assert found == ["tests.test_a.test_it"]


@pytest.mark.parametrize(
    "body",
    [
        "assert made",
        "with pytest.raises(ValueError): pass",
        "with pytest.warns(UserWarning, match='a'): pass",
        "expect(page.locator('a')).to_be_visible()",
        "raise AssertionError('never')",
        "for one in made:\n        if one:\n            assert one",
        "checked('a')",
        "support.checked('a')",
        "through('a')",
        "here()",
        "made('a')",
        "maria.wait_for('a')",
    ],
)
def test_a_test_that_asserts_by_itself_or_by_what_it_calls_is_not_found(body: str) -> None:
    support = """
def checked(text): assert text
def through(text): return checked(text)
class Person:
    def wait_for(self, text): return self.seen(text)
    def seen(self, text): assert text
@pytest.fixture
def made():
    def make(text): assert text
    return make
"""
    test = "from tests import support\nfrom tests.support import checked, through\ndef here(): assert 1\n"
    test += f"def test_it(made, maria):\n    {body}"

    assert idle_tests({"tests.support": ast.parse(support), "tests.test_a": ast.parse(test)}) == []


def test_repository_names_no_package_host_and_no_path_of_a_machine() -> None:
    hosts = ("pypi." + "org", "python" + "hosted", "registry.npm" + "js", " --index-" + "url", "PIP_INDEX_" + "URL")
    forbidden = re.compile("|".join(map(re.escape, (*hosts, "/ro" + "ot/", "/wo" + "rk/"))))
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in forbidden.finditer(text)]

    assert not found


def test_every_dependency_is_pinned_exactly_and_by_its_hashes() -> None:
    entries = (ROOT / "etc/constraints.txt").read_text().replace(" \\\n    --hash", " --hash").splitlines()
    pinned = r"[a-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; [^\\]+?)?( --hash=sha256:[0-9a-f]{64})+"

    assert entries
    assert [entry for entry in entries if not re.fullmatch(pinned, entry)] == []


def test_package_that_is_not_what_was_pinned_is_not_installed(tmp_path: Path) -> None:
    """As the set-up installs them, from a folder instead of the network."""
    wheel = tmp_path / "tampered-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tampered.py", "")
        archive.writestr("tampered-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tampered\nVersion: 1.0\n")
        archive.writestr(
            "tampered-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tampered-1.0.dist-info/RECORD", "")
    (command,) = re.findall(r"pip (install .*--requirement) etc/constraints.txt", (ROOT / ".ci/setup").read_text())

    def install(digest: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "constraints.txt").write_text(f"tampered==1.0 --hash=sha256:{digest}\n")
        words = [*command.split(), str(tmp_path / "constraints.txt"), "--no-index", "--find-links", str(tmp_path)]
        place = ["--target", str(tmp_path / "installed"), "--no-deps", "--no-cache-dir"]
        return subprocess.run(
            [sys.executable, "-m", "pip", *words, *place], capture_output=True, text=True, check=False, timeout=100
        )

    assert install(hashlib.sha256(wheel.read_bytes()).hexdigest()).returncode == 0
    refused = install("0" * 64)
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


@pytest.mark.parametrize("name", ["README.md", "tests/README.md", "CONTRIBUTING.md", "CHANGELOG.md", *PAGES])
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
