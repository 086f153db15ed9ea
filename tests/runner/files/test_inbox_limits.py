"""What one person brings ends at a limit, whatever brings it and however much arrives at once."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import ScriptRunnerError
from runner.files import DiskSpace, Draft, Inbox, InboxLimits, private
from runner.jobs import Requester

MB = 1_000_000


@pytest.fixture
def limits(tmp_path: Path) -> InboxLimits:
    space = DiskSpace({"inbox": tmp_path}, free_space_bytes=1)
    return InboxLimits(max_bytes=100 * MB, max_files=5, space=space)


@pytest.fixture
def inbox(tmp_path: Path, limits: InboxLimits) -> Inbox:
    return Inbox(tmp_path / "inbox", limits)


@pytest.fixture
def ada(person_factory: Callable[..., Requester]) -> Requester:
    return person_factory("Ada")


def holding(inbox: Inbox, person: Requester, *, size_bytes: int) -> Path:
    """The person's folder with one file of that size, which takes no room on the disk."""
    path = inbox.own_folder(person) / "old"
    path.touch()
    os.truncate(path, size_bytes)
    return path.parent


def test_file_that_does_not_fit_is_refused_before_it_arrives_with_the_limit_and_what_is_used(
    inbox: Inbox, ada: Requester
) -> None:
    folder = holding(inbox, ada, size_bytes=99 * MB)

    with pytest.raises(ScriptRunnerError) as refused:
        inbox.bring(ada, "reads.fq", 2 * MB)

    assert str(refused.value) == (
        "Your inbox may hold 100.0 MB (disk.max_inbox); it holds 99.0 MB, and there is no room for this. "
        "Remove files that you need no longer, with sftp and its rm."
    )
    assert [path.name for path in folder.iterdir()] == ["old"]
    arrival = inbox.bring(ada, "reads.fq", 1 * MB)
    arrival.write(bytes(MB))
    assert arrival.finish() == "~/reads.fq"


def test_one_file_more_than_allowed_is_refused(inbox: Inbox, ada: Requester) -> None:
    for number in range(5):
        (inbox.own_folder(ada) / f"{number}").touch()

    with pytest.raises(ScriptRunnerError, match=r"may hold 5 files \(disk.max_inbox_files\); it holds 5"):
        inbox.bring(ada, "reads.fq", 0)


def test_files_on_their_way_count_as_they_were_announced(inbox: Inbox, ada: Requester) -> None:
    first = inbox.bring(ada, "a", 60 * MB)

    with pytest.raises(ScriptRunnerError, match=r"may hold 100.0 MB .*; it holds 60.0 MB"):
        inbox.bring(ada, "b", 60 * MB)

    first.abandon()
    inbox.bring(ada, "b", 60 * MB).abandon()


def test_files_of_which_nobody_knows_the_size_never_hold_more_than_the_limit_together(
    inbox: Inbox, ada: Requester, limits: InboxLimits
) -> None:
    folder = holding(inbox, ada, size_bytes=97 * MB)
    written: list[int] = []

    def bring() -> None:
        with private.opened(folder) as handle:
            draft = Draft(handle, limits=limits)
        while True:
            try:
                draft.write(draft.size_bytes, bytes(10_000))
            except ScriptRunnerError:
                break
        written.append(draft.size_bytes)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(written) == 4
    assert sum(written) <= 3 * MB
    assert sum(written) > 0


def test_draft_that_claimed_more_than_it_got_is_as_long_as_it_is(
    inbox: Inbox, ada: Requester, limits: InboxLimits
) -> None:
    with private.opened(inbox.own_folder(ada)) as handle:
        draft = Draft(handle, limits=limits)
    draft.write(0, b"0123456789")
    draft.truncate(4)
    draft.write(6, b"end")
    draft.replace("file")

    assert (inbox.own_folder(ada) / "file").read_bytes() == b"0123\0\0end"


def test_file_that_is_replaced_is_no_file_more(inbox: Inbox, ada: Requester, limits: InboxLimits) -> None:
    for number in range(5):
        (inbox.own_folder(ada) / f"{number}").touch()
    with private.opened(inbox.own_folder(ada)) as handle:
        draft = Draft(handle, limits=limits, replacing="3")
        draft.write(0, b"new")
        draft.replace("3")
        with pytest.raises(ScriptRunnerError, match="may hold 5 files"):
            Draft(handle, limits=limits, replacing="new")

    assert (inbox.own_folder(ada) / "3").read_bytes() == b"new"


def test_what_is_used_is_told_of_what_may_be(inbox: Inbox, ada: Requester) -> None:
    assert inbox.use(ada) is None
    holding(inbox, ada, size_bytes=1_200_000)

    used = inbox.use(ada)

    assert str(used) == "1.2 MB of 100.0 MB, and 1 of 5 files"
    assert used is not None
    assert not used.is_nearly_full
    holding(inbox, ada, size_bytes=80 * MB)
    now = inbox.use(ada)
    assert now is not None
    assert now.is_nearly_full


def test_file_that_would_take_what_is_kept_free_of_the_disk_is_refused(tmp_path: Path, ada: Requester) -> None:
    found = os.statvfs(tmp_path)
    space = DiskSpace({"inbox": tmp_path}, free_space_bytes=found.f_blocks * found.f_frsize // 10)
    inbox = Inbox(tmp_path / "inbox", InboxLimits(max_bytes=10**15, max_files=5, space=space))

    with pytest.raises(ScriptRunnerError, match=r"No file can be taken in now: the disk has not so much room"):
        inbox.bring(ada, "reads.fq", found.f_bavail * found.f_frsize)

    assert list(inbox.own_folder(ada).iterdir()) == []
