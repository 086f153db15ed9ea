"""Private folders, and walks that never leave them."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.files import private


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_folders_are_made_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    made = private.make_private(tmp_path / "a" / "b")

    assert [mode(path) for path in (made, made.parent)] == [0o700, 0o700]


def test_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)

    private.make_private(tmp_path)

    assert mode(tmp_path) == 0o750


def test_many_may_make_the_same_folder_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(50):
            wanted = tmp_path / str(number) / "a" / "b"
            made = list(threads.map(private.make_private, [wanted] * 8))

            assert made == [wanted] * 8
            assert mode(wanted) == 0o700


def names(folder: Path, **options: bool | int) -> list[str]:
    with private.opened(folder) as handle:
        return sorted(file.name for file in private.files(handle, **options))  # type: ignore[arg-type]


def test_plain_files_are_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("x", "a/x", "a/b/x", "twice"):
        (tmp_path / name).touch()
    os.link(tmp_path / "twice", tmp_path / "again")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("x")
    (tmp_path / "a" / "up").symlink_to("..")

    assert names(tmp_path) == ["a/b/x", "a/x", "x"]
    assert names(tmp_path, deep=False) == ["x"]


def test_search_ends_at_a_number_of_entries_and_at_a_depth(tmp_path: Path) -> None:
    (tmp_path.joinpath(*["d"] * (private.MAX_DEPTH + 5))).mkdir(parents=True)
    for depth in (private.MAX_DEPTH, private.MAX_DEPTH + 1):
        (tmp_path.joinpath(*["d"] * depth) / "x").touch()

    assert names(tmp_path) == ["d/" * private.MAX_DEPTH + "x"]
    assert names(tmp_path, at_most=private.MAX_DEPTH) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../x", "/x", "a//x", "link", "way/x", "pipe", "a", "twice"])
def test_only_plain_files_inside_are_opened(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    (inside / "a").mkdir(parents=True)
    for path in (tmp_path / "x", inside / "a" / "x", inside / "x", inside / "twice"):
        path.touch()
    os.link(inside / "twice", tmp_path / "again")
    (inside / "link").symlink_to("x")
    (inside / "way").symlink_to("a")
    os.mkfifo(inside / "pipe")

    with private.opened(inside) as handle, pytest.raises(OSError):  # noqa: PT011  # any
        private.open_file(handle, name)


def test_link_is_not_opened_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    with pytest.raises(OSError, match="Not a directory"), private.opened(tmp_path / "link"):
        pass


def test_what_is_not_there_need_not_be_removed(tmp_path: Path) -> None:
    with private.opened(tmp_path) as handle:
        private.remove_tree(handle, "nothing")

    assert list(tmp_path.iterdir()) == []
