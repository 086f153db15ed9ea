"""The settings of the built-in SSH server and of the scp commands that people are shown."""

import socket
from datetime import timedelta
from ipaddress import ip_address

from pydantic import Field

from runner.settings import Duration, Settings, Size

_NAME = r"^[A-Za-z0-9_.][A-Za-z0-9_.-]*$"
_HOST = r"^[A-Za-z0-9_.:][A-Za-z0-9_.:%-]*$"


class RetrievalSettings(Settings):
    """How people fetch results and bring inputs; every field has a default that works on one machine."""

    server: bool = True
    """Whether ScriptRunner's own SSH server runs: true, or false where the machine's sshd serves.

    For that see sshd_config.sample.
    """
    listen: str = "127.0.0.1"
    """The address that the server listens on; 0.0.0.0 or "::" for all, so that people on other machines can fetch."""
    port: int = Field(default=2022, ge=0, le=65535)
    """The port that the server listens on, from 0 to 65535; 0 takes a free one."""
    scp_host: str | None = Field(default=None, pattern=_HOST)
    """The host in the commands that people are shown.

    null: this machine's name, or the address above where only this machine can connect.
    """
    scp_port: int | None = Field(default=None, ge=1, le=65535)
    """The port in the commands, from 1 to 65535, where it differs, as a forwarded one does.

    null: the port above, or 22 with the machine's sshd.
    """
    scp_user: str | None = Field(default=None, pattern=_NAME)
    """The user in the commands with the machine's sshd; null: people log in as themselves."""
    scp_path: str | None = None
    """The folder of all results in the commands with the machine's sshd, as seen there; null: the outbox."""
    scp_inbox_path: str | None = None
    """The folder of the inbox in the commands with the machine's sshd, as seen there; null: the inbox."""
    upload_password_period: Duration = timedelta(days=1)
    """How often the password changes with which a person brings files; each works for one to two of these times."""
    max_upload_size: Size = 2 * 10**9
    """The size of the largest file that people can bring, such as 2G."""
    max_connections: int = Field(default=64, ge=1, le=10_000)
    """How many connections that have logged in the server takes at once, from 1 to 10000."""
    max_startups: int = Field(default=100, ge=1, le=10_000)
    """How many connections may be logging in at once, from 1 to 10000, half of them from one address.

    Where there are more, old ones are dropped. An IPv6 address counts as its /64.
    """
    login_timeout: Duration = timedelta(minutes=1)
    """How long a connection may take to log in."""
    idle_timeout: Duration = timedelta(minutes=15)
    """How long a connection may do nothing."""

    @property
    def host(self) -> str:
        """The host that people type after ``@``."""
        if self.scp_host:
            return self.scp_host
        return self.listen if self.server and _is_loopback(self.listen) else socket.gethostname()

    @property
    def typed_port(self) -> int:
        """The port that people type after ``-P``."""
        return self.scp_port or (self.port if self.server else 22)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
