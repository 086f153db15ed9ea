"""An e-mail about a job, the same whether it goes to a server or into a folder, and the settings it needs."""

import re
from datetime import tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from runner import texts
from runner.messages import Notification
from runner.notifications import letter
from runner.notifications.protocol import Undeliverable
from runner.reports import Report
from runner.settings import Duration, Location, Settings, parse_duration
from runner.wording import visible

_ADDRESS = re.compile(r"[^\s<>()\[\]:;,@\"\\\x00-\x1f\x7f]+@[^\s<>()\[\]:;,@\"\\\x00-\x1f\x7f]+")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_ENCODING = "quoted-printable"  # fit for servers without 8BITMIME, and commands of any length stay whole
_TITLE_LENGTH = 100


class MailSettings(Settings):
    """How mail goes out; without ``host`` it goes into a Maildir. The password is no setting: it comes from outside.

    ``ca_file`` names certificates to trust besides those of the system.
    """

    host: str | None = None
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    timeout: Duration = parse_duration("30s")
    ca_file: Location | None = None
    sender: str = "ScriptRunner <scriptrunner@localhost>"
    subject_prefix: str = "[ScriptRunner]"

    @field_validator("sender")
    @classmethod
    def _one_address(cls, sender: str) -> str:
        parse_sender(sender)
        return sender

    @field_validator("subject_prefix")
    @classmethod
    def _one_line(cls, prefix: str) -> str:
        if visible(prefix) != prefix:
            raise ValueError("one line without control characters")
        return prefix

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.user is not None and self.security == "none" and self.host not in _HERE:
            raise ValueError("a login needs security starttls or tls, or the password would travel in clear")
        return self


def parse_sender(sender: str) -> Address:
    """Read ``Name <user@host>`` or ``user@host``; ValueError for anything else."""
    name, bracket, address = sender.rpartition("<")
    address = address.removesuffix(">") if bracket else sender
    if visible(sender) != sender or "=?" in sender or not _ADDRESS.fullmatch(address):
        raise ValueError("one address, such as ScriptRunner <scriptrunner@example.org>")
    return Address(display_name=name.strip().strip('"'), addr_spec=address)


def compose(
    notification: Notification, report: Report, settings: MailSettings, *, zone: tzinfo | None = None
) -> EmailMessage:
    """Write the mail: plain text and HTML; times in ``zone``, by default the machine's own.

    Its Message-ID depends on the notification alone, so that one sent twice can be recognised.
    """
    if not _ADDRESS.fullmatch(notification.recipient) or "=?" in notification.recipient:
        raise Undeliverable(f"“{visible(notification.recipient)}” is no e-mail address.")
    sender = parse_sender(settings.sender)
    written = letter.write(notification.event, report, zone=zone)
    headline = texts.headline(notification.event, report.job, length=_TITLE_LENGTH)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = notification.recipient
    message["Subject"] = _literal(f"{settings.subject_prefix} {headline}".strip())
    message["Date"] = notification.created_at
    message["Message-ID"] = _message_id(notification, sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-ScriptRunner-Job"] = str(notification.job_id)
    message.set_content(letter.plain(written), cte=_ENCODING)
    message.add_alternative(letter.page(written), subtype="html", cte=_ENCODING)
    return message


def _literal(text: str) -> str:
    """Keep text from being taken for an RFC 2047 encoded word.

    Python 3.11's email package decodes such words on assignment, line breaks included, and writes those out unchecked.
    """
    return text.replace("=?", "= ?")


def _message_id(notification: Notification, domain: str) -> str:
    return f"<scriptrunner.{notification.id}.{int(notification.created_at.timestamp())}@{domain}>"
