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


IS_NO_FOLDER = "is no folder; name another or move it away"
TAKES_NO_FOLDERS = "takes no folders: it only shows what the kernel knows; name another or move it away"


@pytest.mark.parametrize(
    ("settings", "refusals", "findings"),
    [
        (
            {"data": "scriptrunner.yml/var"},
            ["data: {0}/scriptrunner.yml/var cannot be used: {0}/scriptrunner.yml " + IS_NO_FOLDER],
            ["data folder: {0}/scriptrunner.yml/var cannot be made: {0}/scriptrunner.yml " + IS_NO_FOLDER],
        ),
        (
            {"data": "/proc/nowhere/var"},
            ["data: /proc/nowhere/var cannot be used: /proc " + TAKES_NO_FOLDERS],
            ["data folder: /proc/nowhere/var cannot be made: /proc " + TAKES_NO_FOLDERS],
        ),
        (
            {"scripts": "/dev/null"},
            ["scripts: /dev/null " + IS_NO_FOLDER],
            ["scripts: The scripts folder /dev/null cannot be read: Not a directory."],
        ),
        (
            {"inbox": "/dev/null", "outbox": "/proc/self/mem"},
            ["inbox: /dev/null " + IS_NO_FOLDER, "outbox: /proc/self/mem " + IS_NO_FOLDER],
            ["inbox: /dev/null " + IS_NO_FOLDER, "outbox: /proc/self/mem " + IS_NO_FOLDER],
        ),
        (
            {"database": "sqlite:////dev/null/x.db"},
            ["database: /dev/null " + IS_NO_FOLDER],
            ["database: sqlite:////dev/null/x.db cannot be made: /dev/null " + IS_NO_FOLDER],
        ),
    ],
    ids=["below a file", "proc", "scripts", "inbox and outbox", "database"],
)
def test_places_that_can_be_no_folders_are_named_by_doctor_and_keep_the_runner_from_starting(
    here: Command, settings: dict[str, str], refusals: list[str], findings: list[str]
) -> None:
    here.write(**settings)
    before = everything(here)

    refused = here.run("runner", "--config", str(here.config))
    examined = here.run("doctor", "--config", str(here.config))

    assert everything(here) == before
    assert refused.returncode == os.EX_CONFIG
    assert refused.stderr == "scriptrunner: " + "\n".join(each.format(here.folder) for each in refusals) + "\n"
    assert (examined.returncode, examined.stderr) == (1, "")
    for finding in findings:
        assert f"wrong {finding.format(here.folder)}" in examined.stdout


@pytest.mark.parametrize(
    "spoil",
    [
        lambda here: here.data.write_text("a file"),
        lambda here: here.config.write_bytes(b"\xff"),
        lambda here: here.write(secrets_file="/nowhere"),
        lambda here: here.write(data="x" * 300),
        lambda here: here.write(data="x/" * 3000),
    ],
    ids=["file", "bytes", "secrets", "name", "path"],
)
@pytest.mark.parametrize("word", ["doctor", "cleanup", "runner"])  # jobs goes by what cleanup goes by
def test_no_command_ends_in_a_traceback(here: Command, spoil: Callable[[Command], object], word: str) -> None:
    spoil(here)

    done = here.run(word, "--config", str(here.config))

    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode in (1, os.EX_CONFIG if word == "runner" else 1)


@pytest.mark.parametrize(
    "spoil", [lambda here: here.config.write_text("a: [b"), lambda here: here.config.unlink()], ids=["YAML", "gone"]
)
def test_settings_that_cannot_be_read_end_every_command_alike(
    here: Command, spoil: Callable[[Command], object]
) -> None:
    spoil(here)

    done = here.run("jobs", "--config", str(here.config))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"scriptrunner: {here.config}:")
    assert "Traceback" not in done.stderr
