"""The transport of mail into a Maildir, where no server is set."""

import os
import re
import time
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from secrets import token_hex

from runner.files import make_private
from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.mail import as_file, compose, compose_digest
from runner.notifications.mail_settings import MailSettings
from runner.notifications.protocol import DeliveryFailed, digest_name
from runner.system import atomic_files

_DEFAULTS = MailSettings()
_NAMED = re.compile(r"\d+\.M\d+P\d+R[0-9a-f]+N([0-9a-f.]+)\.scriptrunner(?::.*)?$")


class MaildirTransport:
    """Leaves each mail in the folder, for any mail program to read; folders 0700 and files 0600 whatever the umask."""

    def __init__(self, folder: Path, settings: MailSettings = _DEFAULTS) -> None:
        self._folder = folder
        self._settings = settings

    def send(self, notification: Notification, report: Report) -> None:
        """Put the mail among the new ones; DeliveryFailed where the folder cannot be written."""
        self._leave(compose(notification, report, self._settings), notification.name)

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        """Put one mail in the place of many among the new ones."""
        self._leave(compose_digest(notifications, reports, self._settings), digest_name(notifications))

    def already_sent(self, notification: Notification) -> Mapping[str, str]:
        """The names of all mails that are there still, whoever they are to; DeliveryFailed where the disk fails."""
        del notification
        self.keep()  # also what a process that was killed has put there
        found = {_NAMED.match(path.name) for part in ("new", "cur") for path in (self._folder / part).glob("*")}
        return {match[1]: "" for match in found if match}

    def keep(self) -> None:
        """Have the names of all mails on the disk, which takes as long for many as for one; DeliveryFailed."""
        try:
            atomic_files.sync_folder(self._folder / "new")
        except FileNotFoundError:
            return  # there are no mails
        except OSError as error:
            raise DeliveryFailed(f"The Maildir {self._folder} cannot be read: {error.strerror}") from error

    def _leave(self, message: EmailMessage, message_name: str) -> None:
        content, name = as_file(message), _new_name(message_name)
        try:
            try:
                self._put(name, content)
            except FileNotFoundError:
                for part in ("tmp", "new", "cur"):
                    make_private(self._folder / part)
                self._put(name, content)
        except OSError as error:
            raise DeliveryFailed(
                f"The Maildir {self._folder} cannot be written: {error.strerror}", is_doubtful=True
            ) from error

    def _put(self, name: str, content: bytes) -> None:
        atomic_files.create(self._folder / "new" / name, content, draft=self._folder / "tmp" / name, is_name_kept=False)


def _new_name(message_name: str) -> str:
    """A name by which mails sort as they were delivered (cr.yp.to/proto/maildir.html), and by which they are found."""
    seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{seconds}.M{micros}P{os.getpid()}R{token_hex(8)}N{message_name}.scriptrunner"
