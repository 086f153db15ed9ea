"""A job's folders: what is in them is the job's alone, and is told honestly."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.files import Results, is_report


@pytest.fixture
def outbox(tmp_path: Path) -> Results:
    return Results(root=tmp_path / "outbox", control=tmp_path / "jobs")


@pytest.fixture
def made(outbox: Results) -> Path:
    outbox.make(12, attempt=1)
    return outbox.folder(12)


def test_folders_of_the_first_attempt_are_empty(outbox: Results, made: Path) -> None:
    (made / "old").touch()
    (outbox.records(12) / "attempt-1.state").touch()

    outbox.make(12, attempt=1)

    assert os.listdir(made) == os.listdir(outbox.records(12)) == []  # noqa: PTH208  # names
    assert len(outbox.names()) == 4, "what was set aside has a name of its own in each place"


def test_folders_of_another_attempt_stay(outbox: Results, made: Path) -> None:
    (outbox.records(12) / "attempt-1.state").touch()

    outbox.make(12, attempt=2)

    assert (outbox.records(12) / "attempt-1.state").exists()
    assert outbox.names() == {"12"}


def test_link_left_in_the_place_of_a_folder_is_set_aside(outbox: Results, tmp_path: Path) -> None:
    outbox.root.mkdir()
    outbox.folder(12).symlink_to(tmp_path)

    outbox.make(12, attempt=1)

    assert outbox.folder(12).is_dir()
    assert not outbox.folder(12).is_symlink()


def test_job_was_made_once_one_of_its_folders_is_there(outbox: Results, made: Path) -> None:
    assert outbox.was_made(12)
    made.rmdir()
    assert outbox.was_made(12)
    outbox.records(12).rmdir()
    assert not outbox.was_made(12)


def test_folders_that_are_absent_hold_nothing(outbox: Results) -> None:
    assert outbox.names() == set()
    assert (outbox.files(12).files, outbox.log_tail(12), outbox.exists(12)) == ((), "", False)
    assert outbox.modified_at("12") is None
    outbox.remove("12")


def test_results_are_listed_by_name_without_the_log(outbox: Results, made: Path) -> None:
    for name in ("b", "a", "job-12.log", "job-1.log"):
        (made / name).write_text(name)

    assert [(file.name, file.size_bytes) for file in outbox.files(12).files] == [("a", 1), ("b", 1), ("job-1.log", 9)]


def test_end_of_a_long_log_is_whole_lines(outbox: Results, made: Path) -> None:
    outbox.log(12).write_bytes(b"".join(b"line %d\n" % number for number in range(100_000)) + b"\xff end")

    assert outbox.log_tail(12, at_most_lines=3) == "line 99998\nline 99999\n\\xff end"
    assert outbox.log_tail(12, at_most_lines=10**6).startswith("line ")


def test_end_of_a_log_leaves_out_what_is_shown_as_progress(outbox: Results, made: Path) -> None:
    said = ["45%", '{"scriptrunner": 1, "status": "reading"}', '{"scriptrunner": 1, "table": null}', "46 %"]
    log = ["begin", '{"scriptrunner": 2}', '{"scriptrunner": 1, "progress": "much"}', "--- attempt 2 ---", "end"]
    lines = [line for pair in zip(said, log, strict=False) for line in pair] + log[4:]
    outbox.log(12).write_text("".join(f"{line}\r\n" for line in lines))

    assert outbox.log_tail(12, without=is_report).split("\n") == log
    assert outbox.log_tail(12).split("\n") == lines


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_log_that_a_script_replaced_is_not_followed(outbox: Results, made: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text("secret")
    put: dict[str, Any] = {
        "link": lambda: outbox.log(12).symlink_to(tmp_path / "secret"),
        "pipe": lambda: os.mkfifo(outbox.log(12)),
        "folder": outbox.log(12).mkdir,
    }
    put[kind]()

    assert outbox.log_tail(12) == ""


def test_of_many_files_all_are_counted_and_the_first_are_told(outbox: Results) -> None:
    outbox.make(12, attempt=1)
    (outbox.folder(12) / "deep").mkdir()
    for number in range(12_000):
        os.close(os.open(outbox.folder(12) / "deep" / f"{number:05}", os.O_CREAT, 0o600))

    found = outbox.files(12, at_most=3)

    assert [file.name for file in found.files] == ["deep/00000", "deep/00001", "deep/00002"]
    assert (found.count, found.are_more) == (12_000, False)


def test_newest_of_many_files_says_when_a_folder_was_changed(outbox: Results) -> None:
    outbox.make(12, attempt=1)
    for number in range(12_000):
        path = outbox.folder(12) / f"{number}"
        os.close(os.open(path, os.O_CREAT, 0o600))
        os.utime(path, (1e9, 1e9))
    for number in range(3):
        os.utime(outbox.folder(12) / f"{number}", (2e9, 2e9))

    moment = outbox.modified_at("12")

    assert moment is not None
    assert moment.timestamp() == 2e9


def test_file_all_of_whose_names_lie_in_the_folder_is_a_result_under_each(outbox: Results, made: Path) -> None:
    (made / "report").write_text("text")
    (made / "deep").mkdir()
    (made / "deep" / "copy").hardlink_to(made / "report")
    (made / "with").write_text("text")
    (made.parent / "outside").hardlink_to(made / "with")

    found = outbox.files(12)

    assert [file.name for file in found.files] == ["deep/copy", "report"]
    assert [(each.name, each.reason) for each in found.left_out] == [("with", "it has a name outside of the folder")]


def test_all_that_cannot_be_fetched_is_named_with_the_reason(outbox: Results, made: Path) -> None:
    (made / "link").symlink_to("nothing")
    os.mkfifo(made / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(made / "socket"))
    (made / "plain").write_text("text")

    found = outbox.files(12, at_most=2)

    assert [(each.name, each.reason) for each in found.left_out] == [("link", "a link"), ("pipe", "a pipe")]
    assert (found.count, found.left_out_count) == (1, 3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_files_and_folders_that_may_not_be_read_are_named(request: pytest.FixtureRequest) -> None:
    place = Path(tempfile.mkdtemp(prefix="results-"))  # nobody else may enter pytest's own
    request.addfinalizer(lambda: shutil.rmtree(place))
    os.chown(place, 65534, 65534)
    outbox = Results(root=place / "outbox", control=place / "jobs")

    def shut() -> str:
        os.setuid(65534)
        outbox.make(12, attempt=1)
        made = outbox.folder(12)
        (made / "file").touch(mode=0)
        (made / "folder").mkdir(mode=0)
        (made / ".hidden").touch()
        found = outbox.files(12)
        return f"{[each.name for each in found.files]} {sorted(each.name + each.reason for each in found.left_out)}"

    assert in_a_fork(shut) == "['.hidden'] ['fileit may not be read', 'folderit may not be read']"


def in_a_fork(act: Callable[[], str]) -> str:
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        try:
            os.write(writing, act().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        words = said.read()
    os.waitpid(pid, 0)
    return words


def test_names_of_any_bytes_are_results(outbox: Results, made: Path) -> None:
    for name in (b"caf\xe9", b"two\nlines", b"-rf", b" "):
        os.close(os.open(os.fsencode(made) + b"/" + name, os.O_CREAT, 0o600))

    assert [os.fsencode(file.name) for file in outbox.files(12).files] == [b" ", b"-rf", b"caf\xe9", b"two\nlines"]


def test_folder_has_a_name_that_says_what_it_is_and_both_go_together(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("text")

    assert [outbox.named_folder(12) for _ in range(2)] == [outbox.root / "job-12"] * 2
    assert (outbox.root / "job-12/words.txt").read_text() == "text"
    assert outbox.names() == {"12"}

    outbox.remove("12")
    assert [path.name for path in outbox.root.iterdir()] == [".logs"]


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_else_has_that_name_is_neither_told_nor_removed(outbox: Results, made: Path, there: str) -> None:
    taken = outbox.root / "job-12"
    if there == "link":
        taken.symlink_to("13")
    elif there == "folder":
        taken.mkdir()
    else:
        taken.touch()

    assert outbox.named_folder(12) == made
    outbox.remove("12")
    assert there == "link" or taken.exists()


def test_no_link_is_made_to_results_that_are_not_there(outbox: Results, made: Path) -> None:
    outbox.remove("12")

    assert outbox.named_folder(12) == outbox.root / "job-12"
    assert not os.path.lexists(outbox.root / "job-12")
