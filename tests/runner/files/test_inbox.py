"""The inbox: its top is everybody's, each person's own folder is theirs alone."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import ScriptRunnerError
from runner.files import Inbox, file_name
from runner.jobs import Requester


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


@pytest.fixture
def ada(person_factory: Callable[..., Requester]) -> Requester:
    return person_factory("Ada")


def test_newest_files_come_first_and_hidden_ones_not_at_all(inbox: Inbox, ada: Requester) -> None:
    own = inbox.own_folder(ada)
    for age, path in enumerate([inbox.folder / "b", own / "a", inbox.folder / "a", inbox.folder / ".a", own / ".b"]):
        path.write_text("x")
        os.utime(path, (1e9 - age, 1e9 - age))

    assert [file.reference for file in inbox.files(ada).files] == ["b", "~/a", "a"]


def test_name_that_no_form_can_carry_is_not_offered(inbox: Inbox, ada: Requester) -> None:
    inbox.own_folder(ada)
    (inbox.folder / "caf\udce9").touch()
    (inbox.folder / "café").touch()

    assert [file.reference for file in inbox.files(ada).files] == ["café"]


def test_own_folder_is_private(inbox: Inbox, ada: Requester) -> None:
    assert inbox.own_folder(ada).stat().st_mode & 0o777 == 0o700


def test_missing_inbox_is_an_empty_one(inbox: Inbox, ada: Requester) -> None:
    assert inbox.files(ada).files == []
    assert list(inbox.owners()) == []
    with pytest.raises(ScriptRunnerError, match="“a” is not in the inbox any more"):
        inbox.path(ada, "a")


def test_own_folder_that_became_a_link_holds_nothing(inbox: Inbox, ada: Requester, tmp_path: Path) -> None:
    inbox.folder.mkdir()
    (tmp_path / "a").touch()
    (inbox.folder / ada.user_id).symlink_to(tmp_path)

    assert inbox.files(ada).files == []
    assert list(inbox.owners()) == []
    with pytest.raises(ScriptRunnerError, match="“a” is not in your own inbox folder any more"):
        inbox.path(ada, "~/a")


def test_path_is_where_the_file_is(inbox: Inbox, ada: Requester) -> None:
    own = inbox.own_folder(ada) / "a b"
    own.touch()
    (inbox.folder / "-rf *").touch()

    assert inbox.path(ada, "~/a b") == own
    assert inbox.path(ada, "-rf *") == inbox.folder / "-rf *"


def brought(inbox: Inbox, person: Requester, name: str, content: bytes = b"content") -> str:
    arrival = inbox.bring(person, name, len(content))
    arrival.write(content)
    return arrival.finish()


def test_file_that_is_brought_is_private_and_its_owners(inbox: Inbox, ada: Requester) -> None:
    reference = brought(inbox, ada, "reads.fq")

    path = inbox.path(ada, reference)
    assert reference == "~/reads.fq"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"content", 0o600)


def test_file_that_is_brought_takes_a_name_that_is_free(inbox: Inbox, ada: Requester) -> None:
    found = [
        brought(inbox, ada, name) for name in ("a.tar.gz", "a.tar.gz", "a.tar.gz", "b", "b", "c.v2.csv", "c.v2.csv")
    ]

    names = ["a.tar.gz", "a-2.tar.gz", "a-3.tar.gz", "b", "b-2", "c.v2.csv", "c.v2-2.csv"]
    assert found == [f"~/{name}" for name in names]


@pytest.mark.parametrize("content", [b"", b"short", b"longer than was announced"])
def test_file_of_another_size_than_announced_is_not_there(inbox: Inbox, ada: Requester, content: bytes) -> None:
    arrival = inbox.bring(ada, "reads.fq", 7)

    def bring_whole() -> None:
        arrival.write(content)
        arrival.finish()

    with pytest.raises(ScriptRunnerError, match=r"“reads.fq” (did not arrive whole|is larger)"):
        bring_whole()
    arrival.abandon()

    assert list(inbox.own_folder(ada).iterdir()) == []


def test_file_on_its_way_is_not_there_yet_and_leaves_nothing_when_it_is_abandoned(inbox: Inbox, ada: Requester) -> None:
    arrival = inbox.bring(ada, "reads.fq", 7)
    arrival.write(b"cont")

    assert inbox.files(ada).files == []
    arrival.abandon()
    arrival.abandon()
    assert list(inbox.own_folder(ada).iterdir()) == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("reads.fq", "reads.fq"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\reads.fq", "reads.fq"),
        (".bashrc", "file.bashrc"),
        (".fq", "file.fq"),
        ("-.fq", "file.fq"),
        ("-rf", "rf"),
        ("a\nb\x1b[0m\u202egnp.exe", "a_b_[0m_gnp.exe"),
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        ("$(id); rm -rf '*'.csv", "$(id); rm -rf '*'.csv"),
        ("é" * 300 + ".tar.gz", "é" * 96 + ".tar.gz"),
        ("x." + "y" * 300, "file" + "y" * 20),
        ("half \ud800 character", "half _ character"),
    ],
)
def test_any_name_becomes_one_that_an_inbox_takes(inbox: Inbox, ada: Requester, given: str, name: str) -> None:
    assert file_name(given) == name
    assert brought(inbox, ada, given) == f"~/{name}"
    assert [file.reference for file in inbox.files(ada).files] == [f"~/{name}"]


def test_disk_that_takes_no_more_is_told_and_nothing_is_left(inbox: Inbox, ada: Requester) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    arrival = inbox.bring(ada, "reads.fq", 100)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
        with pytest.raises(ScriptRunnerError, match="cannot be written to your inbox: File too large"):
            arrival.write(b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    arrival.abandon()

    assert list(inbox.own_folder(ada).iterdir()) == []


def many_files(folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in range(number):
        os.close(os.open(folder / f"reads-{each}.fq", os.O_CREAT, 0o600))


def test_of_more_files_than_are_listed_the_newest_are_and_the_number_is_true(inbox: Inbox, ada: Requester) -> None:
    many_files(inbox.folder, 12_000)
    newest, oldest = inbox.folder / "reads-7.fq", inbox.folder / "reads-11999.fq"
    os.utime(newest, (2e9, 2e9))
    os.utime(oldest, (1e9, 1e9))

    found = inbox.files(ada)

    assert (len(found.files), found.count) == (10_000, 12_000)
    assert found.files[0].reference == "reads-7.fq"
    assert "reads-11999.fq" not in {file.reference for file in found.files}
    assert [file.reference for file in inbox.files(ada, "S-11999").files] == ["reads-11999.fq"]
    assert inbox.find(ada, lambda reference: reference == "reads-11999.fq") is not None
    assert inbox.find(ada, lambda reference: reference == "reads-12000.fq") is None
