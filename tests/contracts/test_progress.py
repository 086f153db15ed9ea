"""Lines of a log that say how far a job is are heard, all others are only log, and no log is too large to follow."""

import json
import os
import resource
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from runner.executors import Executor
from runner.files import Follower
from runner.files.progress import MOST_LINE_BYTES, MOST_NAME, MOST_ROWS, MOST_TEXT, PART_BYTES
from runner.jobs import Progress
from runner.system.text import ATTEMPT_LINE
from tests.support.machine.attempts import MakeOrder, run

BUDGET_SECONDS = 2.0  # for what takes a tenth of a second here


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job-12.log"


def heard(log: Path, *written: bytes | str) -> Progress | None:
    """What one look hears of a log with that content."""
    log.write_bytes(b"".join(part if isinstance(part, bytes) else part.encode() for part in written))
    return Follower(log).read()


def line(**fields: Any) -> str:
    return json.dumps({"scriptrunner": 1} | fields) + "\n"


@pytest.mark.parametrize("text", ["0%", "7%", "07%", "45%", "100%", " 45%", "45 %", "\t45%  ", "45%\r"])
def test_line_that_is_only_a_percentage_sets_it(log: Path, text: str) -> None:
    assert heard(log, f"begin\n{text}\nend\n") == Progress(percent=int(text.strip().rstrip("%")))


@pytest.mark.parametrize(
    "text", ["101%", "999%", "1000%", "-1%", "4.5%", "45", "45%%", "45% done", "at 45%", "%", "٤٥%", "0x1%"]
)
def test_line_that_is_more_or_less_than_a_percentage_is_only_log(log: Path, text: str) -> None:
    assert heard(log, f"{text}\n") is None


def test_object_sets_what_it_has(log: Path) -> None:
    log.write_text(line(progress=45.9, status="reading", label="Part 1 of 2", table={"rows": 12, "name": "é"}))
    follower = Follower(log)

    assert follower.read() == Progress(
        percent=45, status="reading", label="Part 1 of 2", table={"rows": "12", "name": "é"}
    )
    with log.open("a") as file:
        file.write("46%\n" + line(status="writing", more="ignored"))
    assert follower.read() == Progress(
        percent=46, status="writing", label="Part 1 of 2", table={"rows": "12", "name": "é"}
    )
    with log.open("a") as file:
        file.write(line(status=None, label="", table={}, progress=None))
    assert follower.read() == Progress()


@pytest.mark.parametrize(
    "fields",
    [
        {"progress": 101},
        {"progress": -1},
        {"progress": True},
        {"progress": "45"},
        {"progress": float("nan")},
        {"progress": float("inf")},
        {"progress": [45]},
        {"status": 1},
        {"status": {"text": "x"}},
        {"label": ["x"]},
        {"table": "x"},
        {"table": [["a", "b"]]},
        {"table": {"a": float("inf")}},
        {"table": {"a": float("nan")}},
        {"table": {"a": {"b": "c"}}},
        {"table": {"a": ["b"]}},
        {"status": "right", "progress": "wrong"},
        {"scriptrunner": 2, "progress": 45},
        {"scriptrunner": True, "progress": 45},
        {"scriptrunner": "1", "progress": 45},
        {"scriptrunner": 1.0, "progress": 45},
        {"scriptrunner": [1], "progress": 45},
    ],
)
def test_object_with_a_wrong_value_is_only_log(log: Path, fields: dict[str, Any]) -> None:
    assert heard(log, line(**fields)) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"progress": 45}\n',
        '{"scriptrunner": 1, "progress": 45\n',
        '{"scriptrunner": 1, "progress": 45} and more\n',
        'see: {"scriptrunner": 1, "progress": 45}\n',
        "{'scriptrunner': 1, 'progress': 45}\n",
        '[{"scriptrunner": 1, "progress": 45}]\n',
        '"scriptrunner": 1\n',
        "{}\n",
        "{" * 10_000 + "}" * 10_000 + "\n",
        '{"scriptrunner": 1, "status": ' + "[" * 8_000 + "]" * 8_000 + "}\n",
        '{"scriptrunner": 1, "progress": ' + "9" * 10_000 + "}\n",
        '{"scriptrunner": 1, "progress": 1e999}\n',
        b'{"scriptrunner": 1, "status": "\xff"}\n',
        '{"scriptrunner": 1, "progress": 45}\n'.encode("utf-16"),
        b"\x00\x00\x00\n",
        '{"scriptrunner": 1, "progress": 45}',  # it may go on
        "45",
    ],
)
def test_what_is_no_object_of_ours_is_only_log(log: Path, text: bytes | str) -> None:
    assert heard(log, text) is None


def test_forged_line_sets_nothing_but_progress(log: Path) -> None:
    forged = {
        "state": "succeeded",
        "exit_code": 0,
        "requester": "eve@example.org",
        "notify": ["eve@example.org"],
        "allow": "everybody",
        "argv": ["sh"],
        "percent": 99,
        "__class__": "x",
        "job_id": 13,
    }

    assert heard(log, line(**forged)) is None
    assert heard(log, line(status="<!channel> <@U1> *x*", **forged)) == Progress(status="<!channel> <@U1> *x*")


def test_texts_are_one_honest_line_of_bounded_length(log: Path) -> None:
    found = heard(
        log,
        line(
            status="a\x1b[31m\nb\u202e\ud800\0" + "x" * 300,
            label="  é " + "\x1b" * 1_000,
            table={"k" * 100: "v" * 1_000, "a\nb": "\r"} | {str(number): number for number in range(50)},
        ),
    )

    assert found
    assert found.status
    assert found.status.startswith("a\\x1b[31m\\nb\\u202e\\ud800\\x00xxx")
    assert found.label
    assert found.label.startswith("é \\x1b")
    assert len(found.status) == len(found.label) == MOST_TEXT
    assert found.table
    assert len(found.table) == MOST_ROWS
    assert max(map(len, found.table)) == MOST_NAME
    assert max(map(len, found.table.values())) == MOST_TEXT
    assert found.table["a\\nb"] == ""


def test_line_is_heard_however_it_is_cut_by_looks(log: Path) -> None:
    content = ("é日\n45%\n" + line(status="é日", table={"a": 1}) + "x\n7%\n").encode()
    whole = heard(log, content)
    for cut in range(len(content) + 1):
        log.write_bytes(content[:cut])
        follower = Follower(log)
        parts = [follower.read()]
        with log.open("ab") as file:
            file.write(content[cut:])
        parts.append(follower.read())

        assert [part for part in parts if part][-1] == whole, cut
    assert whole == Progress(percent=7, status="é日", table={"a": "1"})


def test_look_that_finds_nothing_new_says_nothing(log: Path) -> None:
    follower = Follower(log)
    assert follower.read() is None
    log.write_text("45%\n")
    assert follower.read() == Progress(percent=45)
    assert follower.read() is None
    with log.open("a") as file:
        file.write("45%\nmore\n")
    assert follower.read() is None


def test_follower_goes_on_from_what_was_known(log: Path) -> None:
    log.write_text("45%\n")

    follower = Follower(log, Progress(percent=12, label="Part 1"))

    assert follower.read() == Progress(percent=45, label="Part 1")


@pytest.mark.parametrize("number", [2, 11, 999_999_999])
def test_line_before_another_attempt_takes_all_back(log: Path, number: int) -> None:
    before, boundary = line(progress=45, status="first", table={"a": 1}), ATTEMPT_LINE % number
    log.write_text(f"{before}{boundary}\n")
    follower = Follower(log, Progress(percent=45))

    assert follower.read() == Progress()
    with log.open("a") as file:
        file.write("7%\n")
    assert follower.read() == Progress(percent=7)


@pytest.mark.parametrize(
    "text",
    [
        "--- attempt x ---",
        "--- attempt ---",
        "--- attempt -2 ---",
        "--- attempt 1234567890 ---",
        " --- attempt 2 ---",
        "--- attempt 2 --- ",
        "x--- attempt 2 ---",
        "--- attempt 2 ---x",
        "--- Attempt 2 ---",
        "--- attempt 2",
    ],
)
def test_line_that_is_more_or_less_than_the_one_before_an_attempt_is_only_log(log: Path, text: str) -> None:
    assert heard(log, f"45%\n{text}\n") == Progress(percent=45)


def test_log_that_is_begun_is_read_from_its_last_mebibyte(log: Path) -> None:
    log.write_bytes(b"12%\n" + line(label="early", status="early").encode() + b"x\n" * PART_BYTES + b"45%\n")

    follower = Follower(log, Progress(percent=11, label="Part 1"), is_begun=True)

    assert follower.read() == Progress(percent=45, label="Part 1")
    with log.open("a") as file:
        file.write("x\n" * PART_BYTES + "46%\n")
    assert follower.read() == Progress(percent=46, label="Part 1")


def test_log_that_is_begun_and_small_is_read_whole(log: Path) -> None:
    log.write_text("12%\n" + line(label="early"))

    assert Follower(log, is_begun=True).read() == Progress(percent=12, label="early")


def test_line_that_the_last_mebibyte_cuts_is_not_heard(log: Path) -> None:
    tail = b"45%\n"
    cut = b"done " + line(label="cut").encode()
    log.write_bytes(b"x" * PART_BYTES + cut + b"\n" * (PART_BYTES - len(cut) + 5 - len(tail)) + tail)

    assert Follower(log, is_begun=True).read() == Progress(percent=45)


def test_attempt_is_heard_from_where_it_began_in_a_log_that_is_begun(log: Path) -> None:
    log.write_text("90%\n" + line(label="first") + ATTEMPT_LINE % 2 + "\n" + line(status="second"))

    assert Follower(log, is_begun=True).read() == Progress(status="second")


def test_longest_line_is_heard_and_a_longer_one_is_not(log: Path) -> None:
    frame = len(line(status="")) - 1
    longest = line(status="x" * (MOST_LINE_BYTES - frame))
    longer = line(status="x" * (MOST_LINE_BYTES - frame + 1))

    found = heard(log, longest)
    assert found
    assert found.status == "x" * (MOST_TEXT - 1) + "…"
    assert heard(log, longer, "45%\n") == Progress(percent=45)


def test_log_that_was_cut_or_replaced_is_read_anew(log: Path, tmp_path: Path) -> None:
    log.write_text("some words\n45%\n")
    follower = Follower(log)
    follower.read()

    log.write_text("46%\n")
    assert follower.read() == Progress(percent=46)
    (tmp_path / "other").write_text("some other words\n47%\n")
    (tmp_path / "other").rename(log)
    assert follower.read() == Progress(percent=47)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "gone", "linked folder"])
def test_log_that_a_script_replaced_is_not_followed(log: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_text("45%\n")
    put: dict[str, Any] = {
        "link": lambda: log.symlink_to(tmp_path / "elsewhere/secret"),
        "pipe": lambda: os.mkfifo(log),
        "folder": log.mkdir,
        "gone": lambda: None,
        "linked folder": lambda: (tmp_path / "link").symlink_to(tmp_path / "elsewhere"),
    }
    put[kind]()

    assert Follower(log if kind != "linked folder" else tmp_path / "link/secret").read() is None


def test_log_of_gigabytes_takes_little_memory_and_time(log: Path) -> None:
    with log.open("wb") as file:
        file.write(line(label="Part 1").encode())
        file.truncate(10**10)  # ten gigabytes of zeros, on no disk
        file.seek(0, os.SEEK_END)
        file.write(b"\n45%\n")

    assert measured(log) == Progress(percent=45, label="Part 1")


def measured(log: Path) -> Progress | None:
    """What one look hears, at little cost."""
    begun = time.process_time()
    found = Follower(log).read()
    took = time.process_time() - begun
    tracemalloc.start()
    assert Follower(log).read() == found
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * PART_BYTES
    assert took < BUDGET_SECONDS
    return found


@pytest.mark.parametrize(
    "unit",
    [b"45%\n", b"%\n", b"\n", b"\r", b" ", b"{", b"}\n", b"{}\n", b'{"scriptrunner":1}\n', b'{"scriptrunner":1', b"\0"],
)
def test_log_that_says_the_same_all_over_takes_little_time_and_memory(log: Path, unit: bytes) -> None:
    log.write_bytes(unit * (3 * PART_BYTES // len(unit)) + b"\n46%\n")

    assert measured(log) == Progress(percent=46)


def test_endless_line_is_skipped_and_what_follows_it_is_heard(log: Path) -> None:
    log.write_bytes(b"{" + b"x" * (3 * PART_BYTES))
    follower = Follower(log)
    assert follower.read() is None

    with log.open("ab") as file:
        file.write(b"x" * PART_BYTES + b"}\n45%\n")

    assert follower.read() == Progress(percent=45)


def test_look_at_an_unchanged_log_opens_nothing(log: Path) -> None:
    log.write_text("45%\n")
    follower = Follower(log)
    follower.read()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        assert follower.read() is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_progress_of_a_running_script_is_heard(local: Executor, order_factory: MakeOrder) -> None:
    order = order_factory('#!/bin/sh\necho 45%\necho \'{"scriptrunner": 1, "status": "reading"}\' >&2\n')

    run(local, order)

    assert Follower(order.log).read() == Progress(percent=45, status="reading")
