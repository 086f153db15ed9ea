"""E-mail, as every process knows it; what sends it is in ``smtp`` and ``maildir``."""

from pathlib import Path

from runner.jobs import Event, Requester
from runner.notifications.mail_settings import MailSettings
from runner.notifications.protocol import Credentials, Transport


class MailChannel:
    """E-mail, through the server that is set; where none is, into the Maildir ``folder``."""

    def __init__(self, settings: MailSettings, *, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    def recipient(self, requester: Requester, event: Event) -> str | None:
        """The person's confirmed e-mail address; none for a job that waits: a mail cannot show its start."""
        return None if event is Event.QUEUED else requester.email

    def transport(self, credentials: Credentials) -> Transport:
        """One of two, each with a library of its own."""
        if self._settings.host:
            from runner.notifications.smtp import SmtpTransport  # noqa: PLC0415

            return SmtpTransport(self._settings, password=credentials.secrets.smtp_password)
        from runner.notifications.maildir import MaildirTransport  # noqa: PLC0415

        return MaildirTransport(self._folder, self._settings)
