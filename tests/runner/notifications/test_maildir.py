import mailbox
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.maildir import MaildirTransport
from runner.notifications.protocol import DeliveryFailed

Reports = Callable[..., Report]
Notifications = Callable[..., Notification]


@pytest.fixture
def open_umask() -> Iterator[None]:
    former = os.umask(0)
    yield
    os.umask(former)


def test_mail_programs_find_the_mail(
    tmp_path: Path, notification_factory: Notifications, report_factory: Reports
) -> None:
    folder = tmp_path / "data" / "mail"

    MaildirTransport(folder).send(notification_factory(), report_factory())

    (mail,) = mailbox.Maildir(folder, create=False)
    assert mail["Subject"] == "[ScriptRunner] Job 12 succeeded: Word count"
    assert mail.get_subdir() == "new"
    assert b"\r" not in next((folder / "new").iterdir()).read_bytes()


def test_address_beyond_ascii_is_written_as_it_is(
    tmp_path: Path, notification_factory: Notifications, report_factory: Reports
) -> None:
    MaildirTransport(tmp_path).send(notification_factory(recipient="jörg@example.org"), report_factory())

    (path,) = (tmp_path / "new").iterdir()
    assert "To: jörg@example.org\n".encode() in path.read_bytes()


def test_nobody_else_reads_the_mail(
    tmp_path: Path, open_umask: None, notification_factory: Notifications, report_factory: Reports
) -> None:
    folder = tmp_path / "mail"

    MaildirTransport(folder).send(notification_factory(), report_factory())

    modes = {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()}
    assert modes == {"0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())} == {"0o700"}


def test_folder_that_cannot_be_written_is_tried_again_later(
    tmp_path: Path, notification_factory: Notifications, report_factory: Reports
) -> None:
    (tmp_path / "mail").write_text("in the way")

    with pytest.raises(DeliveryFailed, match="cannot be written"):
        MaildirTransport(tmp_path / "mail").send(notification_factory(), report_factory())
