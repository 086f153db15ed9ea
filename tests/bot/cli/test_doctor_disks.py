"""What doctor says of disks: what is wrong, and nothing that would not help."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine.command import Command
from tests.support.machine.full_disk import leave, mounted, remount

pytestmark = pytest.mark.needs_root
DISK = "disk of data folder, inbox, outbox, database: "


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", options="size=6m,nr_inodes=2000") as place:
        yield place


@pytest.fixture
def here(tmp_path: Path, disk: Path) -> Command:
    """An installation whose runner has been started once."""
    command = Command(tmp_path)
    command.write(data=str(disk / "var"))
    with command.running("runner"):
        command.wait_for_log("runner ready")
    return command


def examine(here: Command) -> list[str]:
    done = here.run("doctor", "--config", str(here.config))
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def about_disks(here: Command) -> str:
    return "\n".join(line for line in examine(here) if DISK in line)


def test_disk_with_room_is_well(here: Command) -> None:
    found = about_disks(here)

    assert found.startswith(f"ok    {DISK}")
    assert found.endswith("of 6.3 MB left, 629.1 kB kept free")


def test_disk_that_is_nearly_full_says_what_waits_and_what_helps(here: Command, disk: Path) -> None:
    leave(disk, 300_000)

    found = about_disks(here)

    assert found.startswith(f"wrong {DISK}")
    assert "of 6.3 MB left, 629.1 kB kept free: no job starts and no file is taken in until there is room" in found
    assert f"du -d 2 {disk}" in found


def test_disk_without_room_for_files_is_named(here: Command, disk: Path) -> None:
    for number in range(os.statvfs(disk).f_favail - 5):
        (disk / f"{number}").touch()

    found = about_disks(here)

    assert "room for only " in found
    assert "more files: delete some" in found


def test_disk_that_is_read_only_is_named_and_nothing_is_advised_that_cannot_help(here: Command, disk: Path) -> None:
    (disk / "var/outbox").chmod(0o777)
    (disk / "var/runner.id").chmod(0o644)
    remount(disk, "ro")

    lines = examine(here)

    assert f"wrong {DISK}it is read-only, so nothing can be written and no job starts" in "\n".join(lines)
    about_it = [line for line in lines if str(disk) in line]
    assert about_it
    assert not [line for line in about_it if "chown" in line or "chmod" in line or "install -d" in line]


def test_inbox_that_is_nearly_full_is_named(here: Command, disk: Path) -> None:
    here.write(data=str(disk / "var"), disk={"max_inbox": "1M"})
    own = disk / "var/inbox/U0ADA"
    own.mkdir(mode=0o700)
    (own / "large").write_bytes(bytes(900_000))

    found = "\n".join(examine(here))

    assert "note  inboxes: nearly full or fuller: U0ADA (900.0 kB of 1.0 MB, and 1 of 1,000 files)" in found


def test_data_folder_that_nothing_can_run_from_is_named(here: Command, disk: Path) -> None:
    remount(disk, "noexec")

    found = examine(here)

    words = "is on a disk that is mounted noexec, so no job can start: scripts run from copies in it"
    assert [line for line in found if line.startswith(f"wrong data folder: {disk}/var {words}")]
