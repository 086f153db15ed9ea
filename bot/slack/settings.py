"""What the settings say of Slack."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from runner.settings import Duration, Settings


class SlackSettings(Settings):
    """How Slack reaches us, and which of its people may use ScriptRunner."""

    mode: Literal["socket", "http"] = "socket"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=3000, ge=1, le=65535)
    allow_guests: bool = False
    uploads: bool = True
    identity_expiry: Duration = timedelta(minutes=10)
