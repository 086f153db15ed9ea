"""What commands leave alone where the installation is another user's, or is not there yet."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.machine.command import Command

SCRIPT = "#!/bin/sh\n##~~ top {type: integer} - how many\n"
OTHER = 12345
STARTING = [["up"], ["runner"]]
ASKING = [["jobs"], ["queue"], ["queue", "pause", "so"], ["cleanup"], ["cleanup", "--dry-run"]]


@pytest.fixture
def here(tmp_path: Path) -> Command:
    command = Command(tmp_path)
    command.write()
    command.script("good.sh", SCRIPT)
    return command


@pytest.fixture
def started(here: Command) -> Command:
    with here.running("runner"):
        here.wait_for_log("runner ready")
    return here


def give_away(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OTHER, OTHER, follow_symlinks=False)


def everything(here: Command) -> dict[Path, tuple[int, int]]:
    return {path: (path.lstat().st_uid, path.lstat().st_mtime_ns) for path in here.folder.rglob("*")}


@pytest.mark.parametrize("words", [*ASKING, ["doctor"], ["check"]], ids=" ".join)
def test_command_before_the_first_start_makes_nothing(here: Command, words: list[str]) -> None:
    before = everything(here)

    done = here.run(*words, "--config", str(here.config))

    assert everything(here) == before
    assert "Traceback" not in done.stderr
    if words in ASKING:
        assert (done.returncode, done.stdout) == (1, "")
        assert f"scriptrunner: {here.data}: the data folder is not there yet" in done.stderr


@pytest.mark.needs_root
@pytest.mark.parametrize("words", [*STARTING, *ASKING], ids=" ".join)
def test_root_is_told_whose_the_installation_is_and_leaves_it_alone(started: Command, words: list[str]) -> None:
    give_away(started.data)
    before = everything(started)

    done = started.run(*words, "--config", str(started.config))

    assert everything(started) == before
    assert done.returncode != 0
    assert f"{started.data}: belongs to {OTHER}, but you are root: ask as that user, with: sudo -u " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.needs_root
@pytest.mark.parametrize("words", [*STARTING, ["new", "more.sh"]], ids=" ".join)
def test_root_makes_nothing_in_a_folder_of_another_user(here: Command, words: list[str]) -> None:
    give_away(here.folder)
    before = everything(here)

    done = here.run(*words, "--config", str(here.config))

    assert everything(here) == before
    assert done.returncode != 0
    assert f"belongs to {OTHER}, but you are root: ask as that user, with: sudo -u " in done.stderr


@pytest.mark.needs_root
@pytest.mark.parametrize("was_started", [False, True])
def test_doctor_of_another_users_installation_advises_to_ask_as_that_user_alone(
    here: Command, request: pytest.FixtureRequest, *, was_started: bool
) -> None:
    if was_started:
        request.getfixturevalue("started")
    give_away(here.folder)
    before = everything(here)

    done = here.run("doctor", "--config", str(here.config))

    assert everything(here) == before
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert f"belongs to {OTHER}, but you are root: ask as that user, with: sudo -u " in done.stdout
    assert "chown" not in done.stdout
    assert "install -d" not in done.stdout


@pytest.mark.parametrize(
    "spoil",
    [
        lambda here: here.data.write_text("a file"),
        lambda here: here.config.write_text("a: [b"),
        lambda here: here.config.write_bytes(b"\xff"),
        lambda here: here.config.unlink(),
        lambda here: here.write(data="/proc/nowhere/var"),
        lambda here: here.write(data="/dev/null/var"),
        lambda here: here.write(scripts="/dev/null"),
        lambda here: here.write(inbox="/dev/null", outbox="/proc/self/mem"),
        lambda here: here.write(database="sqlite:////dev/null/x.db"),
        lambda here: here.write(secrets_file="/nowhere"),
        lambda here: here.write(data="x" * 300),
        lambda here: here.write(data="x/" * 3000),
    ],
    ids=["file", "YAML", "bytes", "gone", "proc", "null", "scripts", "inbox", "database", "secrets", "name", "path"],
)
def test_no_command_ends_in_a_traceback(here: Command, spoil: Callable[[Command], object]) -> None:
    spoil(here)

    for words in (["doctor"], ["jobs"], ["cleanup"], ["runner"]):
        done = here.run(*words, "--config", str(here.config))

        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert done.returncode != 0
