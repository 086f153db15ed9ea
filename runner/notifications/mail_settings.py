"""The settings of mail; all processes read them, and what writes mails is left to those that do."""

import re
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from runner.settings import Duration, Location, Settings, parse_duration
from runner.system.text import visible

if TYPE_CHECKING:
    from email.headerregistry import Address

ADDRESS = re.compile(r"[^\s<>()\[\]:;,@\"\\\x00-\x1f\x7f]+@[^\s<>()\[\]:;,@\"\\\x00-\x1f\x7f]+")
"""A person's address, alone."""

_PLAIN = re.compile(r"[\w+-]+(\.[\w+-]+)*@[\w-]+(\.[\w-]+)*", re.ASCII)
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class MailSettings(Settings):
    """How mail goes out; without ``host`` it goes into a Maildir. The password is no setting: it comes from outside."""

    host: str | None = None
    """The mail server, such as mail.example.org; null: mails are written to the Maildir "mail" in the data folder."""
    port: int = Field(default=587, ge=1, le=65535)
    """The mail server's port, from 1 to 65535: 587 for starttls, 465 for tls, 25 for none."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is made safe: starttls, tls (from its beginning) or none."""
    user: str | None = None
    """Whom to log in as, with the password in SCRIPTRUNNER_SMTP_PASSWORD; null: no login."""
    timeout: Duration = parse_duration("30s")
    """How long the mail server may take to answer."""
    ca_file: Location | None = None
    """A file of certificates to trust besides those of the system."""
    sender: str = "ScriptRunner <scriptrunner@localhost>"
    """Whom mails come from."""
    subject_prefix: str = "[ScriptRunner]"
    """What the subject of each mail begins with."""

    @field_validator("sender")
    @classmethod
    def _one_address(cls, sender: str) -> str:
        _, address = _parts(sender)
        if not _PLAIN.fullmatch(address):  # which is always right
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


def parse_sender(sender: str) -> "Address":
    """Read ``Name <user@host>`` or ``user@host``; ValueError for anything else."""
    from email.headerregistry import Address  # noqa: PLC0415  # 3 MB come with it

    name, address = _parts(sender)
    return Address(display_name=name, addr_spec=address)


def _parts(sender: str) -> tuple[str, str]:
    name, bracket, address = sender.rpartition("<")
    address = address.removesuffix(">") if bracket else sender
    if visible(sender) != sender or "=?" in sender or not ADDRESS.fullmatch(address):
        raise ValueError("one address, such as ScriptRunner <scriptrunner@example.org>")
    return name.strip().strip('"'), address
