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
