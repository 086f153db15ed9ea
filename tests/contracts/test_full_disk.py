"""A disk that is full or read-only costs no attempt its end."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from runner.executors import EndedBy, Executor, Outcome
from tests.support.machine.attempts import MakeOrder, end, has_ended, is_running, run, started
from tests.support.slack.person import wait_for

pytestmark = pytest.mark.needs_root


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(512)):
            pass
    assert os.statvfs(disk).f_bavail == 0


def test_attempt_that_finds_the_disk_full_never_began_and_says_why(
    local: Executor, order_factory: MakeOrder, disk: Path
) -> None:
    order = order_factory("#!/bin/sh\ntouch ran\n", records=disk)
    fill(disk)

    outcome = run(local, order)

    assert outcome == Outcome(ended_by=EndedBy.NEVER_BEGAN, error="No space left on device")
    assert not (order.folder / "ran").exists()
    assert not [path for path in disk.iterdir() if path.name.startswith("attempt-1.state.")]
    (disk / "filler").unlink()
    assert run(local, replace(order, attempt=2)).exit_code == 0


def test_end_that_finds_the_disk_full_is_recorded_once_there_is_room(
    local: Executor, order_factory: MakeOrder, disk: Path
) -> None:
    order = order_factory("#!/bin/sh\necho $$ > pid\nwhile [ ! -e go ]; do sleep 0.01; done\nexit 6\n", records=disk)
    attempt, pid = started(local, order)
    state = disk / "attempt-1.state"
    with state.open("ab") as file:  # up to the end of a page, so that the next byte needs another
        file.write(b" " * (4096 - state.stat().st_size - 1) + b"\n")
    fill(disk)
    (order.folder / "go").touch()
    wait_for(lambda: not is_running(pid))

    assert not has_ended(attempt, 0.3)
    (disk / "filler").unlink()

    assert end(attempt).exit_code == 6


def test_attempt_on_a_disk_that_is_read_only_is_looked_for_again_later(
    local: Executor, order_factory: MakeOrder, disk: Path
) -> None:
    order = order_factory(records=disk)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    attempt = local.start(order)

    assert has_ended(attempt, 20)
    with pytest.raises(OSError, match="Read-only"):
        attempt.outcome()
    with pytest.raises(OSError, match="Read-only"):
        local.find(records=disk, attempt=1)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)

    assert local.find(records=disk, attempt=1) == Outcome(ended_by=EndedBy.NEVER_BEGAN)
