import os
import shutil
import socket
import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from runner.system.notify import Notifier
from tests.support.machine.notified import notified


def test_states_arrive_at_a_socket_file_however_long_its_path_is(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 50)
    folder.mkdir()
    with notified(folder) as watcher:
        Notifier(str(watcher.path)).tell(READY="1", STATUS="jobs: 3 running")

        assert watcher.messages() == [{"READY": "1", "STATUS": "jobs: 3 running"}]


def test_states_arrive_at_an_abstract_socket() -> None:
    name = f"scriptrunner-{os.urandom(8).hex()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as watcher:
        watcher.bind(f"\0{name}")
        watcher.settimeout(10)

        Notifier(f"@{name}").tell(WATCHDOG="1")

        assert watcher.recv(100) == b"WATCHDOG=1"


def test_words_cannot_pass_for_a_state_of_their_own(tmp_path: Path) -> None:
    with notified(tmp_path) as watcher:
        Notifier(str(watcher.path)).tell(STATUS="waiting\nREADY=1", WATCHDOG="1")

        assert watcher.messages() == [{"STATUS": "waiting", "WATCHDOG": "1"}]


@pytest.mark.parametrize("address", [None, "", "@nobody-listens-there", "/nowhere/at/all", "vsock:2:1234"])
def test_where_nobody_listens_nothing_happens(address: str | None) -> None:
    notifier = Notifier(address)

    notifier.tell(READY="1")

    assert notifier.period is None


def test_watcher_that_takes_nothing_more_is_not_waited_for(tmp_path: Path) -> None:
    with notified(tmp_path) as watcher:
        notifier = Notifier(str(watcher.path))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as flood:
            flood.connect(str(watcher.path))
            with suppress(BlockingIOError):
                while True:
                    flood.send(b"FLOOD=1")

        notifier.tell(WATCHDOG="1")

        assert watcher.count("WATCHDOG") == 0


def test_what_is_taken_from_the_environment_is_there_no_more() -> None:
    environment = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/bin"}

    notifier = Notifier.taken_from(environment)

    assert environment == {"PATH": "/bin"}
    assert notifier.period == timedelta(minutes=1)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "٣"},
        {"WATCHDOG_USEC": ""},
    ],
)
def test_who_is_not_meant_or_gives_no_time_wants_no_beats(environment: dict[str, str]) -> None:
    assert Notifier.taken_from(environment | {"NOTIFY_SOCKET": "@x"}).period is None


def test_systemd_s_own_program_and_we_say_the_same(tmp_path: Path) -> None:
    program = shutil.which("systemd-notify")
    if program is None:
        pytest.skip("no systemd here")
    with notified(tmp_path) as watcher:
        done = subprocess.run(
            [program, "--no-block", "--ready", "--status=fine"],
            env={"NOTIFY_SOCKET": str(watcher.path)},
            timeout=30,
            check=False,
        )
        Notifier(str(watcher.path)).tell(READY="1", STATUS="fine")

        assert done.returncode == 0
        theirs, ours = watcher.messages()
    assert ours.items() <= theirs.items()
