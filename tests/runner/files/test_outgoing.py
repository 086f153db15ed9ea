"""What is sent of a job's files: all of one moment, or known not to be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.files import NotToSend, Results, zipped

MOST = 10_000_000


@pytest.fixture
def results(tmp_path: Path) -> Results:
    found = Results(root=tmp_path / "outbox", control=tmp_path / "jobs")
    found.make(1, attempt=1)
    for name in ("a.bin", "b.bin"):
        (found.folder(1) / name).write_bytes(b"a" * 2_000_000)
    return found


@pytest.mark.parametrize(
    ("change", "is_whole"),
    [
        (Path.exists, True),
        (lambda path: path.write_bytes(b"b" * 2_000_000), False),
        (lambda path: path.replace(path.with_name("c.bin")), False),
    ],
)
def test_archive_knows_whether_a_file_changed_while_it_was_read(
    results: Results, change: Callable[[Path], object], is_whole: bool
) -> None:
    changes = iter([change])

    def go_on() -> None:
        next(changes, lambda _: None)(results.folder(1) / "a.bin")

    with zipped(results, 1, max_bytes=MOST, go_on=go_on) as archive:
        assert archive.is_as_it_was() is is_whole


def test_archive_of_what_vanishes_or_grows_beyond_what_may_be_sent_is_none(results: Results) -> None:
    with pytest.raises(NotToSend, match="more than 3"), zipped(results, 1, max_bytes=3_000_000):
        pass

    def grow() -> None:
        (results.folder(1) / "b.bin").write_bytes(b"b" * MOST)

    with pytest.raises(NotToSend, match="grew"), zipped(results, 1, max_bytes=MOST, go_on=grow):
        pass
