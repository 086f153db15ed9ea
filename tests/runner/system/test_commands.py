"""What is told of a program that cannot be started, and what is left of one that was: nothing."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from runner.system import commands
from tests.support.machine.command import ROOT, is_alive
from tests.support.slack.person import wait_for


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


ESCAPE = "setsid sh -c 'trap \"\" HUP TERM INT; echo $$ >> pids; exec sleep 1000' > /dev/null 2>&1 &"


@pytest.mark.parametrize(
    "body",
    [
        f"{ESCAPE} while [ ! -s pids ]; do :; done",
        f"(({ESCAPE}) &); while [ ! -s pids ]; do :; done; echo done",
        f"{ESCAPE} while [ ! -s pids ]; do :; done; exit 3",
        f"{ESCAPE} sleep 1000",
        f"{ESCAPE} while :; do echo much; done",
    ],
    ids=["ended", "forked away twice", "failed", "took too long", "printed too much"],
)
def test_nothing_that_a_command_started_runs_on_though_it_left_the_session(tmp_path: Path, body: str) -> None:
    with suppress(commands.CommandFailed):
        commands.output(
            ["sh", "-c", body], folder=tmp_path, environment={"PATH": "/usr/bin:/bin"}, patience=timedelta(seconds=3)
        )

    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert pids
    wait_for(lambda: not any(map(is_alive, pids)), what="the end of what was started")


def test_what_takes_long_to_end_is_waited_for_by_nobody_and_leaves_nothing(tmp_path: Path) -> None:
    body = "echo $PPID > pids; kill -STOP $PPID; exec sleep 1000"

    with pytest.raises(commands.CommandFailed, match="took longer than 2 s"):
        commands.output(
            ["sh", "-c", body], folder=tmp_path, environment={"PATH": "/usr/bin:/bin"}, patience=timedelta(seconds=2)
        )

    watching = int((tmp_path / "pids").read_text())
    gc.collect()  # a child that nobody waits for would be complained of here
    os.kill(watching, signal.SIGCONT)
    wait_for(lambda: not Path(f"/proc/{watching}").exists(), what="its end, of which leave was taken")


def test_command_ends_with_whoever_asked(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from datetime import timedelta; from pathlib import Path\n"
        "from runner.system import commands\n"
        "commands.output(['sh', '-c', 'echo $$ > pids; exec sleep 1000'], folder=Path.cwd(),"
        " environment={'PATH': '/usr/bin:/bin'}, patience=timedelta(hours=1))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(ROOT)], cwd=tmp_path) as asking:
        pids = tmp_path / "pids"
        wait_for(lambda: pids.exists() and pids.read_text().strip(), what="the command")
        asking.kill()

    wait_for(lambda: not is_alive(int(pids.read_text())), what="the command's end")


def test_command_has_nothing_of_ours_in_its_environment_or_its_handles(tmp_path: Path) -> None:
    printed = commands.output(
        ["sh", "-c", "tr '\\0' '\\n' < /proc/$$/environ; ls /proc/$$/fd"],
        folder=tmp_path,
        environment={"PATH": "/usr/bin:/bin", "ONLY": "this"},
        patience=timedelta(seconds=10),
    )

    assert set(printed.decode().split()) <= {"PATH=/usr/bin:/bin", "ONLY=this", "0", "1", "2"}


def test_program_with_windows_line_ends_is_said_to_have_them(tmp_path: Path) -> None:
    program = tmp_path / "list"
    program.write_text("#!/bin/sh\r\necho a\r\n")
    program.chmod(0o755)

    with pytest.raises(OSError, match="CR LF"):
        commands.output(["./list"], folder=tmp_path, environment={}, patience=timedelta(seconds=60))
