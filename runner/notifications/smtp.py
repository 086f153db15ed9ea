"""The transport of mail through a server."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from email.message import EmailMessage

from runner.errors import ConfigError
from runner.jobs import Notification
from runner.messages.reports import Report
from runner.notifications.mail import compose, compose_digest
from runner.notifications.mail_settings import MailSettings, parse_sender
from runner.notifications.protocol import ChannelDown, DeliveryFailed, RecipientBusy, Undeliverable
from runner.system.text import visible

__all__ = ["MailSettings", "SmtpTransport"]

_OURS_TO_MEND = frozenset({530, 534, 535, 538})
"""Permanent, but about the login (RFC 4954), so about all mails: the owner can mend it."""

_OK, _FORWARDED, _PERMANENT = 250, 251, 500
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")
_ANSWER_LENGTH = 300


class SmtpTransport:
    """Sends each mail over a connection of its own; the certificate is checked, and nothing goes out in clear instead.

    ConfigError where the settings name no server, a user without a password, or certificates that cannot be read.
    """

    def __init__(self, settings: MailSettings, *, password: str | None = None) -> None:
        if settings.host is None:
            raise ConfigError("mail: host is not set")
        if settings.user is not None and password is None:
            raise ConfigError(f"mail: user is “{visible(settings.user)}”, but there is no password for the server")
        self._settings = settings
        self._host = settings.host
        self._password = password
        self._trust = None if settings.security == "none" else _trust(settings)

    def send(self, notification: Notification, report: Report) -> None:
        """Hand the mail to the server; Undeliverable also where it takes no address beyond ASCII, and this is one."""
        self._hand_over(compose(notification, report, self._settings), notification.recipient)

    def send_digest(self, notifications: Sequence[Notification], reports: Sequence[Report]) -> None:
        """Hand one mail in the place of many to the server."""
        self._hand_over(compose_digest(notifications, reports, self._settings), notifications[0].recipient)

    def _hand_over(self, message: EmailMessage, recipient: str) -> None:
        with _explained(failure=RecipientBusy), self._session() as server:
            _check_takes(server, recipient)
            server.send_message(message)

    def check(self, recipient: str | None = None) -> None:
        """Go as far as for a mail to this recipient, by default the sender, but send none.

        Raises what a mail would: DeliveryFailed, or Undeliverable.
        """
        with _explained(failure=RecipientBusy), self._session() as server:
            self._try_envelope(server, recipient)
            server.rset()

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        with ExitStack() as closing:
            with _explained(failure=ChannelDown):
                server = self._connect()
                closing.callback(server.close)
                self._log_in(server)
            yield server
            with suppress(OSError):  # the mail was taken: a clumsy farewell must not have it sent twice
                server.quit()

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._trust is not None and self._settings.security == "starttls":
            server.starttls(context=self._trust)
        server.ehlo_or_helo_if_needed()
        if self._settings.user is not None and self._password is not None:
            server.login(self._settings.user, self._password)

    def _try_envelope(self, server: smtplib.SMTP, recipient: str | None) -> None:
        sender = parse_sender(self._settings.sender).addr_spec
        address = recipient or sender
        _check_takes(server, address)
        code, answer = server.mail(sender, [] if f"{sender}{address}".isascii() else ["SMTPUTF8"])
        if code != _OK:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        code, answer = server.rcpt(address)
        if code not in (_OK, _FORWARDED):
            raise smtplib.SMTPRecipientsRefused({address: (code, answer)})

    def _connect(self) -> smtplib.SMTP:
        timeout = self._settings.timeout.total_seconds()
        if self._settings.security == "tls":
            return smtplib.SMTP_SSL(self._host, self._settings.port, timeout=timeout, context=self._trust)
        return smtplib.SMTP(self._host, self._settings.port, timeout=timeout)


@contextmanager
def _explained(*, failure: type[DeliveryFailed]) -> Iterator[None]:
    """Turn smtplib's errors into those of a channel; those that are not about one mail into ``failure``."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(*next(iter(error.recipients.values())), later=RecipientBusy) from error
    except smtplib.SMTPSenderRefused as error:  # for now: so would be all other mails, which have the same sender
        raise _refusal(error.smtp_code, error.smtp_error, later=ChannelDown) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error, later=DeliveryFailed) from error
    except smtplib.SMTPAuthenticationError as error:
        raise failure(f"The mail server refuses the login: {_words(error.smtp_code, error.smtp_error)}") from error
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        raise failure(f"The mail server does not take the mail: {words}") from error
    except OSError as error:  # all of smtplib's are
        raise failure(f"The mail server does not take the mail: {_reason(error)}") from error


def _check_takes(server: smtplib.SMTP, address: str) -> None:
    """Undeliverable where the address needs SMTPUTF8 (RFC 6531) and the server does not offer it."""
    if not address.isascii() and not server.has_extn("smtputf8"):
        raise Undeliverable(
            f"“{visible(address)}” has other letters than those of ASCII, and the mail server does not offer SMTPUTF8."
        )


def _trust(settings: MailSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:  # also what is no certificate: ssl.SSLError
            raise ConfigError(f"mail: ca_file {settings.ca_file} cannot be read: {error}") from error
    return context


def _refusal(code: int, answer: bytes | str, *, later: type[DeliveryFailed]) -> DeliveryFailed | Undeliverable:
    """Tell "later" from "never" (RFC 5321, section 4.2.1)."""
    words = _words(code, answer)
    if code < _PERMANENT or code in _OURS_TO_MEND:
        return later(f"The mail server does not take the mail now: {words}")
    return Undeliverable(f"The mail server refuses the mail: {words}")


def _words(code: int, answer: bytes | str) -> str:
    """An answer on one line; the status that begins each line of a long one (RFC 2034) is said once."""
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "backslashreplace")
    first, *others = text.splitlines() or [""]
    status = _STATUS.match(first)
    rest = [line.removeprefix(status[0]) if status else line for line in others]
    return visible(" ".join([str(code), first, *rest]).strip())[:_ANSWER_LENGTH]


def _reason(error: OSError) -> str:
    """What went wrong with the connection, without numbers and places in the source of a library."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {visible(error.verify_message)}"
    return visible(error.strerror or str(error))[:_ANSWER_LENGTH]
