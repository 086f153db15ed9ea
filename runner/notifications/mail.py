"""An e-mail about a job, the same whether it goes to a server or into a folder."""

from datetime import tzinfo
from email.message import EmailMessage
from email.policy import SMTP

from runner import texts
from runner.messages import Notification
from runner.notifications import letter
from runner.notifications.mail_settings import ADDRESS, MailSettings, parse_sender
from runner.notifications.protocol import Undeliverable
from runner.reports import Report
from runner.wording import visible

_ENCODING = "quoted-printable"  # fit for servers without 8BITMIME, and commands of any length stay whole
_TITLE_LENGTH = 100


def compose(
    notification: Notification, report: Report, settings: MailSettings, *, zone: tzinfo | None = None
) -> EmailMessage:
    """Write the mail: plain text and HTML; times in ``zone``, by default the machine's own.

    Its Message-ID depends on the notification alone, so that one sent twice can be recognised.
    """
    if not ADDRESS.fullmatch(notification.recipient) or "=?" in notification.recipient:
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
