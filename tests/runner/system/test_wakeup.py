"""The bell between bot and runner."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.system.wakeup import Bell, ring


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    bell = Bell(tmp_path / "runner.sock")
    yield bell
    bell.close()


def is_rung(bell: Bell, seconds: float = 0) -> bool:
    return bool(select.select([bell], [], [], seconds)[0])


def test_bell_is_heard_until_it_is_drained(bell: Bell, tmp_path: Path) -> None:
    assert not is_rung(bell)
    assert ring(tmp_path / "runner.sock")
    assert is_rung(bell, 5)
    bell.drain()
    assert not is_rung(bell)


def test_ringing_any_number_of_times_never_blocks(bell: Bell, tmp_path: Path) -> None:
    for _ in range(10_000):
        assert ring(tmp_path / "runner.sock")

    bell.drain()
    assert not is_rung(bell)


def test_ringing_where_nobody_listens_is_no_error(bell: Bell, tmp_path: Path) -> None:
    bell.close()
    (tmp_path / "file").touch()

    for name in ("runner.sock", "file", "no/folder/runner.sock"):
        assert not ring(tmp_path / name)


def test_socket_that_a_killed_runner_left_is_made_anew(bell: Bell, tmp_path: Path) -> None:
    second = Bell(tmp_path / "runner.sock")

    ring(tmp_path / "runner.sock")

    assert is_rung(second, 5)
    assert not is_rung(bell)
    second.close()


def test_socket_is_private_from_its_first_moment(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        bell = Bell(tmp_path / "runner.sock")
    finally:
        os.umask(before)

    assert (tmp_path / "runner.sock").stat().st_mode & 0o777 == 0o600
    bell.close()
    assert not (tmp_path / "runner.sock").exists()


def test_path_may_be_longer_than_a_sockets_address(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200)
    folder.mkdir()
    bell = Bell(folder / "runner.sock")

    ring(folder / "runner.sock")

    assert is_rung(bell, 5)
    bell.close()
