"""Where the files of an installation are, as its settings say; nothing is made by asking."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.app.config import Config
from runner.app.paths import Paths

ROOT = Path(__file__).parents[3]


def paths(folder: Path, **settings: object) -> Paths:
    return Paths.of(Config.model_validate({"data": folder / "var", **settings}))


def test_everything_is_in_the_data_folder_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    found = paths(tmp_path)

    names = [name for name in dir(Paths) if not name.startswith("_") and name not in ("of", "database_url")]
    assert {name for name in names if not getattr(found, name).is_relative_to(tmp_path / "var")} == set()
    assert found.database_url == f"sqlite:///{tmp_path}/var/scriptrunner.db"


def joined(module: Path) -> Iterator[str]:
    """The names that a module appends to a path with ``/``."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            yield str(node.right.value)


def test_no_other_module_spells_a_path_of_the_installation(tmp_path: Path) -> None:
    here = ROOT / "runner" / "app" / "paths.py"
    modules = [path for package in ("bot", "runner") for path in (ROOT / package).rglob("*.py") if path != here]
    names = set(joined(here))
    assert {"inbox", "runner.sock", "scriptrunner.db"} <= names

    assert [(module.name, name) for module in modules for name in joined(module) if name in names] == []


def test_no_two_things_have_the_same_path(tmp_path: Path) -> None:
    found = paths(tmp_path)

    places = [getattr(found, name) for name in dir(Paths) if not name.startswith("_") and name != "of"]
    assert len(places) == len(set(places)) > 10


def test_inbox_outbox_and_database_can_be_elsewhere(tmp_path: Path) -> None:
    found = paths(tmp_path, inbox=tmp_path / "in", outbox=tmp_path / "out", database="sqlite:////srv/my%20jobs.db")

    assert (found.inbox, found.outbox) == (tmp_path / "in", tmp_path / "out")
    assert found.database_file == Path("/srv/my jobs.db")


def test_database_on_a_server_is_no_file(tmp_path: Path) -> None:
    assert paths(tmp_path, database="postgresql+psycopg://ada@db.example.org/jobs").database_file is None


def test_asking_makes_nothing(tmp_path: Path) -> None:
    found = paths(tmp_path)

    assert not found.data.exists()
    with pytest.raises(AttributeError):
        found.data = tmp_path  # type: ignore[misc]  # it is a value
