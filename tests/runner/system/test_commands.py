"""What is told of a program that cannot be started."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from runner.system import commands


def shut(folder: Path) -> None:
    folder.chmod(0o000)  # which stops everybody but root


def holding_a_folder_of_its_name(folder: Path) -> None:
    (folder / "wanted").mkdir()


def start(program: str, folder: Path) -> None:
    environment = {"PATH": f"{folder}/path:/usr/bin:/bin"}
    commands.output([program], folder=folder, environment=environment, patience=timedelta(seconds=10))


@pytest.mark.parametrize("make", [shut, holding_a_folder_of_its_name])
def test_program_that_is_nowhere_is_not_found_whatever_else_lies_on_the_way(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    place = tmp_path / "path"
    place.mkdir()
    make(place)

    with pytest.raises(FileNotFoundError) as caught:
        start("wanted", tmp_path)

    assert (caught.value.strerror, caught.value.filename) == ("No such file or directory", "wanted")


@pytest.mark.parametrize("program", ["wanted", "./path/wanted"])
def test_program_that_is_there_and_may_not_be_executed_is_told(tmp_path: Path, program: str) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "wanted").touch(0o644)

    with pytest.raises(PermissionError):
        start(program, tmp_path)
