"""What people bring by scp and sftp ends at the limits of their inbox and of the disk, in words."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.files import DiskSpace, InboxLimits
from tests.support.machine.full_disk import fill, mounted, remount

PLACE = "in-U0ALICE@127.0.0.1:"
MB = 1_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", options="size=8m") as place:
        yield place


def inbox_of(site: Any, folder: Path, *, max_bytes: int = MB, max_files: int = 3, kept_free: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    space = DiskSpace({"inbox": folder}, free_space_bytes=kept_free)
    limits = InboxLimits(max_bytes=max_bytes, max_files=max_files, space=space)
    place: Path = site.add("in-U0ALICE", "right", folder, max_size_bytes=10**9, limits=limits)
    return place


def at_home(site: Any, name: str, size_bytes: int) -> None:
    with (site.here / "home" / name).open("wb") as file:
        file.truncate(size_bytes)


def test_transfer_that_outgrows_the_inbox_ends_with_the_limit_and_what_is_used(site: Any, mode: list[str]) -> None:
    inbox = inbox_of(site, site.here / "inbox")
    at_home(site, "old", 900_000)
    at_home(site, "large", 50 * MB)
    assert site.scp(*mode, "old", PLACE, password="right").returncode == 0

    done = site.scp(*mode, "large", PLACE, password="right")

    assert done.returncode != 0
    assert "Your inbox may hold 1.0 MB (disk.max_inbox); it holds 900.0 kB, and there is no room" in done.stderr
    assert [path.name for path in inbox.iterdir() if not path.name.startswith(".upload")] == ["old"]
    assert site.sftp("in-U0ALICE", "rm old", password="right").returncode == 0
    at_home(site, "just", MB)
    assert site.scp(*mode, "just", PLACE, password="right").returncode == 0


def test_one_file_too_many_is_refused_and_one_that_is_replaced_is_not(site: Any, mode: list[str]) -> None:
    inbox_of(site, site.here / "inbox")
    for name in "abcd":
        at_home(site, name, 10)
    assert site.scp(*mode, "a", "b", "c", PLACE, password="right").returncode == 0

    refused = site.scp(*mode, "d", PLACE, password="right")

    assert refused.returncode != 0
    assert "Your inbox may hold 3 files (disk.max_inbox_files); it holds 3" in refused.stderr
    assert site.scp(*mode, "a", PLACE, password="right").returncode == 0


@pytest.mark.needs_root
def test_transfer_ends_at_what_is_kept_free_of_the_disk(site: Any, small_disk: Path, mode: list[str]) -> None:
    inbox_of(site, small_disk / "inbox", max_bytes=10**9, kept_free=10**9)
    at_home(site, "large", 50 * MB)

    done = site.scp(*mode, "large", PLACE, password="right")

    assert done.returncode != 0
    assert "No file can be taken in now: the disk" in done.stderr
    found = os.statvfs(small_disk)
    assert found.f_bavail * 10 >= found.f_blocks - 100


@pytest.mark.needs_root
def test_full_and_read_only_disks_are_named_as_such(site: Any, small_disk: Path, mode: list[str]) -> None:
    folder = small_disk / "inbox"
    folder.mkdir()
    site.add("in-U0ALICE", "right", folder, max_size_bytes=10**9)
    at_home(site, "file", 100_000)
    filler = fill(small_disk)

    full = site.scp(*mode, "file", PLACE, password="right")
    filler.unlink()
    remount(small_disk, "ro")
    read_only = site.scp(*mode, "file", PLACE, password="right")

    assert "the disk is full" in full.stderr
    assert "the disk is read-only" in read_only.stderr
