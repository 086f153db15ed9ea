"""An e-mail about a job, the same whether it goes to a server or into a folder."""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from runner.jobs import Event, Notification
from runner.messages import expiry_message, letter, texts
from runner.messages.digest import gather
from runner.messages.reports import Report
from runner.notifications.mail_settings import ADDRESS, MailSettings, parse_sender
from runner.notifications.protocol import Undeliverable, digest_name
from runner.system.text import clipped, visible

_TITLE_LENGTH = 100
_PLAIN = re.compile(r"[!-~]+( [!-~]+)*")
_LINE_LENGTH = 78  # RFC 5322, section 2.1.1
_BOUNDARY = "=_scriptrunner"  # "=_" is in no quoted-printable text (RFC 2045, section 6.7)


class _Headers(EmailPolicy):
    """What the library makes of headers, without its work for those that it would write as they are."""

    def header_max_count(self, name: str) -> int | None:
        """Of none of ours there is more than one."""
        del name
        return 1

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Take short plain text as it is; only what has to be encoded, folded or refused is taken apart."""
        is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) and "=?" not in value
        if is_plain and len(name) + len(": ") + len(value) <= _LINE_LENGTH:
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Give it as it is kept."""
        del name
        return value


_HEADERS = _Headers(linesep="\r\n")
_HEADERS_OF_FILES = _Headers(linesep="\n")


def compose(notification: Notification, report: Report, settings: MailSettings) -> EmailMessage:
    """Write the mail: plain text and HTML.

    Its Message-ID depends on job and notification alone, so that one sent twice can be recognised; all mails to a job's
    requester answer that of its start, which makes them one thread (RFC 5322, section 3.6.4). Undeliverable where the
    recipient is no e-mail address.
    """
    written = letter.write(notification.event, report)
    headline = (
        expiry_message.headline(report, length=_TITLE_LENGTH)
        if notification.event is Event.EXPIRING
        else texts.headline(notification.event, report.job, length=_TITLE_LENGTH)
    )
    start = f"job.{report.job.id}.{int(report.job.requested_at.timestamp())}"
    is_start = notification.event is Event.STARTED
    message = _envelope(notification, settings, headline=headline, name=start if is_start else notification.name)
    if not is_start and notification.event is not Event.SHORTAGE:
        message["In-Reply-To"] = message["References"] = _message_id(start, settings)
    message["X-ScriptRunner-Job"] = str(notification.job_id)
    return _with_body(message, written)


def compose_digest(
    notifications: Sequence[Notification], reports: Sequence[Report], settings: MailSettings
) -> EmailMessage:
    """Write one mail in the place of many to the same person; Undeliverable as ``compose``."""
    digest = gather([(each.event, report.job) for each, report in zip(notifications, reports, strict=True)])
    name = digest_name(notifications)
    message = _envelope(notifications[-1], settings, headline=clipped(digest.headline, _TITLE_LENGTH), name=name)
    return _with_body(message, letter.write_digest(digest, reports[0].job.requester.name))


def _envelope(notification: Notification, settings: MailSettings, *, headline: str, name: str) -> EmailMessage:
    if not ADDRESS.fullmatch(notification.recipient) or "=?" in notification.recipient:
        raise Undeliverable(f"“{visible(notification.recipient)}” is no e-mail address.")
    sender = _sender(settings.sender)
    message = EmailMessage(_HEADERS)
    message["From"] = str(sender)
    message["To"] = notification.recipient
    message["Subject"] = _literal(f"{settings.subject_prefix} {headline}".strip())
    message["Date"] = format_datetime(notification.created_at)
    message["Message-ID"] = _message_id(name, settings)
    message["Auto-Submitted"] = "auto-generated"
    return message


def _message_id(name: str, settings: MailSettings) -> str:
    return f"<scriptrunner.{name}@{_sender(settings.sender).domain}>"


def _with_body(message: EmailMessage, written: letter.Letter) -> EmailMessage:
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/alternative; boundary="{_BOUNDARY}"'
    message.set_payload([_part("plain", letter.plain(written)), _part("html", letter.page(written))])
    return message


def as_file(message: EmailMessage) -> bytes:
    """The mail with the line ends of this machine's files; an address beyond ASCII is written as it is (RFC 6532)."""
    return message.as_bytes(policy=_HEADERS_OF_FILES.clone(utf8=not message["To"].isascii()))


@lru_cache(maxsize=1)
def _sender(written: str) -> Address:
    """The sender, who is the same for all mails."""
    return parse_sender(written)


def _literal(text: str) -> str:
    """Keep text from being taken for an RFC 2047 encoded word.

    Python 3.11's email package decodes such words on assignment, line breaks included, and writes those out unchecked.
    """
    return text.replace("=?", "= ?")


def _part(subtype: str, text: str) -> MIMEPart:
    """The text, quoted-printable: fit for servers without 8BITMIME, and commands of any length stay whole."""
    part = MIMEPart(_HEADERS)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part
