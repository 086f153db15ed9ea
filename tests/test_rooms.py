"""What holds between the rooms of the house: each is entered by its face, and faces are light."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from tests.support.house import faces
from tests.support.house.sources import ROOT, modules

PRODUCT = modules("bot", "runner")
ROOMS = faces.rooms(PRODUCT)

HEAVY = {"aiohttp", "apscheduler", "asyncssh", "cryptography", "slack_bolt", "slack_sdk", "smtplib", "waitress"}
"""What takes memory and time, and is imported by the module that needs it, never by the face of its room."""


def house(**texts: str) -> dict[str, ast.Module]:
    """Made-up modules; a double underscore stands for a dot."""
    return {name.replace("__", "."): ast.parse(text) for name, text in texts.items()}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_in_a_sentence_what_it_is_for_and_names_its_face(room: str) -> None:
    said = (ast.get_docstring(ROOMS[room]) or "").split("\n")[0]

    assert re.fullmatch(r"[A-Z].*[.]", said), said
    assert faces.face(ROOMS[room]), "no __all__"


def test_what_is_taken_from_a_room_stands_in_its_face() -> None:
    assert faces.intrusions(PRODUCT) == []


def test_front_ends_reach_for_no_store_and_no_catalogue() -> None:
    behind_the_service = {"store", "catalogue"}

    reached = [
        f"{name}:{node.lineno} .{node.attr}"
        for name, tree in modules("bot").items()
        if not name.startswith("bot.workspace")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in behind_the_service and is_of_the_assembly(node.value)
    ]

    assert reached == []


def is_of_the_assembly(node: ast.expr) -> bool:
    """Whether this may be what the parts of an installation are taken from, or the service."""
    written = ast.unparse(node).casefold()
    return "assembly" in written or "service" in written


def test_what_stands_in_a_face_is_taken_by_somebody_outside() -> None:
    assert faces.offered_in_vain(modules("bot", "runner", "tests")) == []


@pytest.mark.parametrize("room", ROOMS)
def test_face_imports_nothing_heavy(room: str) -> None:
    program = f"import sys, {room}; print(*sys.modules)"

    imported = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert HEAVY.isdisjoint(imported.stdout.split())


def test_face_of_supervision_imports_nothing_at_all() -> None:
    assert not [node for node in ROOMS["runner.supervision"].body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_contracts_name_rooms_and_nothing_below_them() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = {
        name
        for contract in settings["contracts"]
        for key, names in contract.items()
        if isinstance(names, list)
        for name in (f"{house}.{part}" for house in contract.get("containers", []) for part in names)
        if key == "layers"
    } | {
        name
        for contract in settings["contracts"]
        for key in ("source_modules", "forbidden_modules", "protected_modules", "allowed_importers")
        for name in contract.get(key, [])
    }

    assert len(named) > 20
    assert not {name for name in named if name.count(".") > 1}


@pytest.mark.parametrize(
    "text",
    ["from runner.store import Store", "from runner.store import queue", "from runner.store.queue import Line"],
)
def test_a_name_or_a_module_of_a_face_may_be_taken(text: str) -> None:
    made = house(runner__store="__all__ = ['Store', 'queue']", runner__store__queue="", runner__worker=text)

    assert faces.intrusions(made) == []


@pytest.mark.parametrize(
    "text",
    ["from runner.store import rows", "from runner.store.rows import read", "import runner.store.rows as rows"],
)
def test_taking_what_a_face_does_not_name_is_found(text: str) -> None:
    made = house(runner__store="__all__ = ['Store']", runner__store__rows="", runner__worker=f"def f():\n    {text}")

    (found,) = faces.intrusions(made)
    assert found.endswith("runner.store does not offer rows")


def test_a_room_within_a_room_has_a_face_for_both() -> None:
    made = house(
        bot__views="__all__ = ['form']",
        bot__views__form="__all__ = ['fields']",
        bot__views__form__state="",
        bot__views__jobs="from bot.views.form import state",
        bot__app="from bot.views.form import state",
    )

    assert [each.split()[0] for each in faces.intrusions(made)] == ["bot.app", "bot.views.jobs"]


def test_rooms_are_free_within_themselves_and_their_tests() -> None:
    made = house(
        runner__store="from runner.store.rows import read\n__all__ = ['read']",
        runner__store__rows="",
        tests__runner__store__test_rows="from runner.store.rows import write",
    )

    assert faces.intrusions(made) == []
    assert faces.offered_in_vain(made) == ["runner.store.read"]
