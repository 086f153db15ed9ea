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
    """Whether the built-in SSH server runs; if not, commands name the machine's own sshd."""
    listen: str = "127.0.0.1"
    """The address the built-in server listens on; ``0.0.0.0`` or ``::`` for all of them."""
    port: int = Field(default=2022, ge=0, le=65535)
    """The built-in server's port; 0 takes a free one."""
    scp_host: str | None = Field(default=None, pattern=_HOST)
    """The host people type; absent: this machine's name, or 127.0.0.1 where only this machine can connect."""
    scp_port: int | None = Field(default=None, ge=1, le=65535)
    """The port people type, where it differs: a forwarded port, or another one than 22 of the machine's own sshd."""
    scp_user: str | None = Field(default=None, pattern=_NAME)
    """With the machine's own sshd: the user people log in as; absent: each as themselves."""
    scp_path: str | None = None
    """With the machine's own sshd: the folder of all outboxes as seen by people, for instance inside a chroot."""
    scp_inbox_path: str | None = None
    """The same for the inbox."""
    upload_password_period: Duration = timedelta(days=1)
    """How often a person's upload password changes; each works for one to two periods."""
    max_upload_size: Size = 2 * 10**9
    """The size of the largest file that people can bring."""
    max_connections: int = Field(default=64, ge=1, le=10_000)
    """How many connections the built-in server serves at once."""
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
