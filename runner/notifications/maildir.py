"""The transport of mail into a Maildir, where no server is set."""

import os
import time
from datetime import tzinfo
from pathlib import Path
from secrets import token_hex

from runner.files import make_private
from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.mail import as_file, compose
from runner.notifications.mail_settings import MailSettings
from runner.notifications.protocol import DeliveryFailed
from runner.system import atomic_files

_DEFAULTS = MailSettings()


class MaildirTransport:
    """Leaves each mail in the folder, for any mail program to read; folders 0700 and files 0600 whatever the umask."""

    def __init__(self, folder: Path, settings: MailSettings = _DEFAULTS, *, zone: tzinfo | None = None) -> None:
        self._folder = folder
        self._settings = settings
        self._zone = zone

    def send(self, notification: Notification, report: Report) -> None:
        """Put the mail among the new ones; DeliveryFailed where the folder cannot be written."""
        content = as_file(compose(notification, report, self._settings, zone=self._zone))
        name = _new_name()
        try:
            try:
                self._put(name, content)
            except FileNotFoundError:
                for part in ("tmp", "new", "cur"):
                    make_private(self._folder / part)
                self._put(name, content)
        except OSError as error:
            raise DeliveryFailed(f"The Maildir {self._folder} cannot be written: {error.strerror}") from error

    def _put(self, name: str, content: bytes) -> None:
        atomic_files.create(self._folder / "new" / name, content, draft=self._folder / "tmp" / name)


def _new_name() -> str:
    """A name by which mails sort as they were delivered (cr.yp.to/proto/maildir.html)."""
    seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{seconds}.M{micros}P{os.getpid()}R{token_hex(8)}.scriptrunner"
