"""What lists the results of a job is whole or not there, and is checked by the real ``sha256sum``."""

import hashlib
import json
import os
import subprocess
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from runner.files import NO_CHECKSUMS, Results, known_checksums, list_results
from tests.support.machine.full_disk import fill, mounted

HOSTILE = [
    *(
        "a b.txt",
        " leading",
        "trailing ",
        "two\nlines",
        "back\\slash",
        "\\n",
        "both\\\n",
        "end\n",
        "-rf",
        "-",
        "--check",
    ),
    *("*star", "#comment", "résumé π.txt", "tab\there", "carriage\rreturn", "end\r", "quote'\"", "$(id)", "deep/er/-x"),
    "latin\udce9.txt",
]


@pytest.fixture
def outbox(tmp_path: Path) -> Results:
    return Results(root=tmp_path / "outbox", control=tmp_path / "jobs")


@pytest.fixture
def made(outbox: Results) -> Path:
    return make(outbox)


def make(outbox: Results) -> Path:
    """The folder of job 12, which has ended and printed something."""
    outbox.make(12, attempt=1)
    outbox.log(12).write_text("printed\n")
    outbox.publish_log(12)
    return outbox.folder(12)


def finish(outbox: Results) -> None:
    assert all(step is None for step in list_results(outbox, 12))


def listing(folder: Path, name: str = "results.json") -> Any:
    return json.loads((folder / name).read_bytes())


def checked(folder: Path, name: str = "SHA256SUMS") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def drafts(outbox: Results) -> list[str]:
    return [path.name for path in outbox.aside(12).iterdir() if path.name.startswith(".")]


def test_every_result_is_listed_with_size_and_sha_256_and_sha256sum_agrees(outbox: Results, made: Path) -> None:
    for name in HOSTILE:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name) * 3)

    finish(outbox)

    files = listing(made)["files"]
    expected = sorted((len(data), hashlib.sha256(data).hexdigest()) for data in (os.fsencode(n) * 3 for n in HOSTILE))
    assert sorted((each["size"], each["sha256"]) for each in files) == expected
    assert {each["name"] for each in files if "name_base64" not in each} == {n for n in HOSTILE if n.isprintable()} | {
        name for name in HOSTILE if not name.isprintable() and "\udce9" not in name
    }
    assert [each["name_base64"] for each in files if "name_base64" in each] == ["bGF0aW7pLnR4dA=="]
    assert checked(made).stderr == ""
    assert checked(made).returncode == 0
    assert known_checksums(outbox, 12, at_most=100).by_name == {
        name: hashlib.sha256(os.fsencode(name) * 3).hexdigest() for name in HOSTILE
    }


def test_what_was_changed_on_the_way_is_found_by_sha256sum(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("right")
    finish(outbox)

    (made / "words.txt").write_text("wrong")

    assert "did NOT match" in checked(made).stderr


def test_listing_is_no_result_itself_and_neither_counted_nor_listed(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("a")

    finish(outbox)

    assert {path.name for path in made.iterdir()} == {"words.txt", "job-12.log", "results.json", "SHA256SUMS"}
    assert [file.name for file in outbox.files(12).files] == ["words.txt"]
    assert [each["name"] for each in listing(made)["files"]] == ["words.txt"]
    assert outbox.files(12).left_out_count == 0


def test_script_s_own_files_of_these_names_stay_and_are_listed(outbox: Results, made: Path) -> None:
    (made / "results.json").write_text("mine")
    (made / "SHA256SUMS").mkdir()

    finish(outbox)

    assert (made / "results.json").read_text() == "mine"
    assert [each["name"] for each in listing(made, "results.2.json")["files"]] == ["results.json"]
    assert checked(made, "SHA256SUMS.2").returncode == 0
    assert known_checksums(outbox, 12, at_most=10).file_name == "SHA256SUMS.2"
    assert outbox.files(12).count == 1


def test_job_without_results_has_an_empty_listing_and_nothing_to_check(outbox: Results, made: Path) -> None:
    finish(outbox)

    assert listing(made) == {"job": 12, "files": [], "left_out": [], "is_whole": True}
    assert not (made / "SHA256SUMS").exists()


def test_what_cannot_be_fetched_is_named_with_the_reason(outbox: Results, made: Path) -> None:
    (made / "link").symlink_to("/etc/passwd")
    (made / "words.txt").write_text("a")

    finish(outbox)

    assert listing(made)["left_out"] == [{"name": "link", "reason": "a link"}]


@pytest.mark.parametrize(
    ("times", "left_out"), [(1, []), (9, [{"name": "large", "reason": "it changed while it was read"}])]
)
def test_file_that_changes_while_it_is_read_is_read_again_and_then_left_out(
    outbox: Results, made: Path, times: int, left_out: list[dict[str, str]]
) -> None:
    with (made / "large").open("ab") as file:
        file.truncate(200_000_000)
        for number, _ in enumerate(list_results(outbox, 12)):
            if number < times:
                file.write(b"more")
                file.flush()

    assert listing(made)["left_out"] == left_out
    assert len(listing(made)["files"]) == (not left_out)


def test_file_that_is_gone_before_its_turn_is_no_result(outbox: Results, made: Path) -> None:
    for name in "ab":
        (made / name).write_text(name)
    steps = list_results(outbox, 12)
    next(steps)
    (made / "b").unlink()

    assert list(steps) == []

    assert [each["name"] for each in listing(made)["files"]] == ["a"]


def test_what_was_begun_by_one_that_was_killed_is_made_anew_and_never_half(outbox: Results, made: Path) -> None:
    for name in "abc":
        (made / name).write_text(name)
    killed = list_results(outbox, 12)
    next(killed)
    half = {name: (outbox.aside(12) / name).read_bytes() for name in drafts(outbox)}
    assert half
    del killed
    for name, content in half.items():
        (outbox.aside(12) / name).write_bytes(content)
    assert not (made / "results.json").exists()
    assert list(outbox.unlisted()) == [12]

    finish(outbox)

    assert not drafts(outbox)
    assert len(listing(made)["files"]) == 3
    assert list(outbox.unlisted()) == []


def test_what_was_made_and_not_yet_put_among_the_results_is_put_there(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("a")
    finish(outbox)
    before = (made / "results.json").stat().st_ino
    (made / "results.json").unlink()
    assert list(outbox.unlisted()) == [12]

    finish(outbox)

    assert (made / "results.json").stat().st_ino == before


def test_results_that_are_deleted_meanwhile_stay_deleted(outbox: Results, made: Path) -> None:
    (made / "a").write_text("a")
    (made / "b").write_text("b")
    steps = list_results(outbox, 12)
    next(steps)

    outbox.remove("12")

    assert list(steps) == []
    assert outbox.names() == set()
    finish(outbox)
    assert outbox.names() == set()


def test_folder_with_its_listing_is_removed_whole(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("a")
    finish(outbox)

    outbox.remove("12")

    assert not list(outbox.root.rglob("*12*"))


def test_job_whose_log_lies_among_its_results_as_it_did_before_is_left_alone(outbox: Results, made: Path) -> None:
    (made / "job-12.log").unlink()
    outbox.log(12).rename(made / "job-12.log")
    outbox.aside(12).rmdir()

    finish(outbox)

    assert [path.name for path in made.iterdir()] == ["job-12.log"]
    assert list(outbox.unlisted()) == []


@pytest.mark.needs_root
def test_full_disk_leaves_nothing_half_and_harms_no_result(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", options="size=1m") as disk:
        outbox = Results(root=disk / "outbox", control=tmp_path / "jobs")
        made = make(outbox)
        for number in range(100):
            (made / f"{number}").write_text("a")
        filler = fill(disk)

        with pytest.raises(OSError, match="No space left"):
            finish(outbox)

        assert not drafts(outbox)
        assert not (made / "results.json").exists()
        filler.unlink()
        finish(outbox)
        assert checked(made).returncode == 0


def test_only_so_many_checksums_are_read_as_are_asked_for(outbox: Results, made: Path) -> None:
    for number in range(20):
        (made / f"{number:02}").write_text("a")
    finish(outbox)

    known = known_checksums(outbox, 12, at_most=3)

    assert list(known.by_name) == ["00", "01", "02"]
    assert known.file_name == "SHA256SUMS"


def test_log_of_a_job_that_no_runner_saw_end_is_put_among_its_results(outbox: Results, made: Path) -> None:
    (made / "job-12.log").unlink()

    finish(outbox)

    assert (made / "job-12.log").read_text() == "printed\n"


def test_checksums_are_awaited_until_the_results_are_listed(outbox: Results, made: Path) -> None:
    (made / "words.txt").write_text("a")
    assert known_checksums(outbox, 12, at_most=3).are_awaited

    finish(outbox)

    assert not known_checksums(outbox, 12, at_most=3).are_awaited
    outbox.remove("12")
    assert known_checksums(outbox, 12, at_most=3) == NO_CHECKSUMS


def test_pipe_in_the_place_of_the_checksums_keeps_nobody(outbox: Results, made: Path) -> None:
    (outbox.aside(12) / "results.json").touch()
    os.mkfifo(outbox.aside(12) / "SHA256SUMS")

    assert known_checksums(outbox, 12, at_most=3) == NO_CHECKSUMS


def test_large_results_are_read_in_steps(outbox: Results, made: Path) -> None:
    with (made / "large").open("wb") as file:
        file.truncate(1_000_000_000)

    steps = list_results(outbox, 12)

    assert len(list(islice(steps, 20))) in range(14, 18)
