"""The channel that leaves mail in a Maildir, where no server is set."""

import mailbox
from datetime import tzinfo
from pathlib import Path

from runner.folders import PRIVATE_FILE, make_private
from runner.jobs import Requester
from runner.messages import Notification
from runner.notifications.mail import compose
from runner.notifications.mail_settings import MailSettings
from runner.notifications.protocol import DeliveryFailed
from runner.reports import Report

_DEFAULTS = MailSettings()


class MaildirChannel:
    """Leaves each mail in the folder, for any mail program to read; folders 0700 and files 0600 whatever the umask."""

    name = "email"

    def __init__(self, folder: Path, settings: MailSettings = _DEFAULTS, *, zone: tzinfo | None = None) -> None:
        self._folder = folder
        self._settings = settings
        self._zone = zone

    def recipient(self, requester: Requester) -> str:
        """The person's confirmed e-mail address."""
        return requester.email

    def send(self, notification: Notification, report: Report) -> None:
        """Put the mail among the new ones."""
        message = compose(notification, report, self._settings, zone=self._zone)
        content = message.as_bytes(policy=message.policy.clone(linesep="\n"))
        try:
            for part in ("tmp", "new", "cur"):
                make_private(self._folder / part)
            box = mailbox.Maildir(self._folder, create=False)
            key = box.add(content)
            (self._folder / "new" / key).chmod(PRIVATE_FILE)
        except OSError as error:
            raise DeliveryFailed(f"The Maildir {self._folder} cannot be written: {error.strerror}") from error
