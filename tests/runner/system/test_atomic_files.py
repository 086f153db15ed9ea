"""Files that appear whole or not at all, private whatever the umask."""

import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.system import atomic_files

Write = Callable[[Path, bytes], None]
both = pytest.mark.parametrize("write", [atomic_files.create, atomic_files.replace])


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Have the kernel refuse to make any file longer than 1,000 bytes (setrlimit(2))."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@both
def test_file_is_private_whatever_the_umask_and_has_one_name(tmp_path: Path, umask: int, write: Write) -> None:
    write(tmp_path / "file", b"content")

    assert (mode(tmp_path / "file"), (tmp_path / "file").read_bytes()) == (0o600, b"content")
    assert (tmp_path / "file").stat().st_nlink == 1
    assert names(tmp_path) == ["file"]


def test_file_can_have_another_mode_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    atomic_files.create(tmp_path / "script", b"#!/bin/sh\n", mode=0o700)

    assert mode(tmp_path / "script") == 0o700


def test_handle_of_a_new_file_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    os.close(atomic_files.open_new(tmp_path / "file"))

    assert mode(tmp_path / "file") == 0o600


@pytest.mark.parametrize(
    "put", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nothing"), lambda path: path.symlink_to("/")]
)
@pytest.mark.parametrize("write", [atomic_files.create, lambda path, _: atomic_files.open_new(path)])
def test_new_file_is_never_written_over_what_is_there(
    tmp_path: Path, put: Callable[[Path], None], write: Write
) -> None:
    put(tmp_path / "file")

    with pytest.raises(FileExistsError):
        write(tmp_path / "file", b"content")

    assert names(tmp_path) == ["file"]


def test_new_file_appears_whole_and_once_when_many_write_it(tmp_path: Path) -> None:
    def write(content: bytes) -> bytes | None:
        try:
            atomic_files.create(tmp_path / "file", content)
        except FileExistsError:
            return None
        return content

    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(write, [bytes([number]) * 10_000 for number in range(64)]))

    (winner,) = [content for content in written if content]
    assert (tmp_path / "file").read_bytes() == winner
    assert names(tmp_path) == ["file"]


def test_replaced_file_is_whole_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_files.create(path, bytes(10_000))

    with ThreadPoolExecutor(8) as threads:
        writing = threads.map(lambda number: atomic_files.replace(path, bytes([number]) * 10_000), range(64))
        found = list(threads.map(lambda _: path.read_bytes(), range(500)))
        list(writing)

    assert {(len(content), len(set(content))) for content in found} == {(10_000, 1)}
    assert names(tmp_path) == ["file"]


def test_link_is_replaced_and_what_it_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to("other")

    atomic_files.replace(tmp_path / "file", b"ours")

    assert ((tmp_path / "file").is_symlink(), (tmp_path / "file").read_bytes()) == (False, b"ours")
    assert (tmp_path / "other").read_bytes() == b"theirs"


def test_link_that_lies_where_the_draft_would_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "draft").symlink_to("elsewhere")

    with pytest.raises(FileExistsError):
        atomic_files.create(tmp_path / "file", b"content", draft=tmp_path / "draft")

    assert names(tmp_path) == ["draft"]


@both
def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path, small_files: None, write: Write) -> None:
    with pytest.raises(OSError, match="File too large"):
        write(tmp_path / "file", bytes(1_001))

    assert names(tmp_path) == []


def test_file_that_could_not_be_replaced_stays_as_it_was(tmp_path: Path, small_files: None) -> None:
    atomic_files.create(tmp_path / "file", b"before")

    with pytest.raises(OSError, match="File too large"):
        atomic_files.replace(tmp_path / "file", bytes(1_001))

    assert (tmp_path / "file").read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_folder_is_not_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()

    with pytest.raises(IsADirectoryError):
        atomic_files.replace(tmp_path / "file", b"content")

    assert names(tmp_path) == ["file"]


def test_draft_may_lie_in_another_folder(tmp_path: Path) -> None:
    for folder in ("new", "tmp"):
        (tmp_path / folder).mkdir()

    atomic_files.create(tmp_path / "new" / "mail", b"content", draft=tmp_path / "tmp" / "mail")

    assert (names(tmp_path / "new"), names(tmp_path / "tmp")) == (["mail"], [])
