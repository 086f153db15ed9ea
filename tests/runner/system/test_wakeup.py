"""The bell between bot and runner."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.system.wakeup import WakeupSocket, wake


@pytest.fixture
def wakeup_socket(tmp_path: Path) -> Iterator[WakeupSocket]:
    wakeup_socket = WakeupSocket(tmp_path / "runner.sock")
    yield wakeup_socket
    wakeup_socket.close()


def is_rung(wakeup_socket: WakeupSocket, seconds: float = 0) -> bool:
    return bool(select.select([wakeup_socket], [], [], seconds)[0])


def test_bell_is_heard_until_it_is_drained(wakeup_socket: WakeupSocket, tmp_path: Path) -> None:
    assert not is_rung(wakeup_socket)
    assert wake(tmp_path / "runner.sock")
    assert is_rung(wakeup_socket, 5)
    wakeup_socket.drain()
    assert not is_rung(wakeup_socket)


def test_ringing_any_number_of_times_never_blocks(wakeup_socket: WakeupSocket, tmp_path: Path) -> None:
    for _ in range(10_000):
        assert wake(tmp_path / "runner.sock")

    wakeup_socket.drain()
    assert not is_rung(wakeup_socket)


def test_ringing_where_nobody_listens_is_no_error(wakeup_socket: WakeupSocket, tmp_path: Path) -> None:
    wakeup_socket.close()
    (tmp_path / "file").touch()

    for name in ("runner.sock", "file", "no/folder/runner.sock"):
        assert not wake(tmp_path / name)


def test_socket_that_a_killed_runner_left_is_made_anew(wakeup_socket: WakeupSocket, tmp_path: Path) -> None:
    second = WakeupSocket(tmp_path / "runner.sock")

    wake(tmp_path / "runner.sock")

    assert is_rung(second, 5)
    assert not is_rung(wakeup_socket)
    second.close()


def test_socket_is_private_from_its_first_moment(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        wakeup_socket = WakeupSocket(tmp_path / "runner.sock")
    finally:
        os.umask(before)

    assert (tmp_path / "runner.sock").stat().st_mode & 0o777 == 0o600
    wakeup_socket.close()
    assert not (tmp_path / "runner.sock").exists()


def test_path_may_be_longer_than_a_sockets_address(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200)
    folder.mkdir()
    wakeup_socket = WakeupSocket(folder / "runner.sock")

    wake(folder / "runner.sock")

    assert is_rung(wakeup_socket, 5)
    wakeup_socket.close()
