"""The inbox: its top is everybody's, each person's own folder is theirs alone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import ScriptRunnerError
from runner.inbox import Inbox
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

    assert [file.reference for file in inbox.files(ada)] == ["b", "~/a", "a"]


def test_name_that_no_form_can_carry_is_not_offered(inbox: Inbox, ada: Requester) -> None:
    inbox.own_folder(ada)
    (inbox.folder / "caf\udce9").touch()
    (inbox.folder / "café").touch()

    assert [file.reference for file in inbox.files(ada)] == ["café"]


def test_own_folder_is_private(inbox: Inbox, ada: Requester) -> None:
    assert inbox.own_folder(ada).stat().st_mode & 0o777 == 0o700


def test_missing_inbox_is_an_empty_one(inbox: Inbox, ada: Requester) -> None:
    assert inbox.files(ada) == []
    assert list(inbox.owners()) == []
    with pytest.raises(ScriptRunnerError, match="“a” is not in the inbox any more"):
        inbox.path(ada, "a")


def test_own_folder_that_became_a_link_holds_nothing(inbox: Inbox, ada: Requester, tmp_path: Path) -> None:
    inbox.folder.mkdir()
    (tmp_path / "a").touch()
    (inbox.folder / ada.user_id).symlink_to(tmp_path)

    assert inbox.files(ada) == []
    assert list(inbox.owners()) == []
    with pytest.raises(ScriptRunnerError, match="“a” is not in your own inbox folder any more"):
        inbox.path(ada, "~/a")


def test_path_is_where_the_file_is(inbox: Inbox, ada: Requester) -> None:
    own = inbox.own_folder(ada) / "a b"
    own.touch()
    (inbox.folder / "-rf *").touch()

    assert inbox.path(ada, "~/a b") == own
    assert inbox.path(ada, "-rf *") == inbox.folder / "-rf *"
