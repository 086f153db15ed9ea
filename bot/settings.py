"""The settings of the front ends, beside those of the runner in one file."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from runner.config import Config
from runner.settings import Duration, Location, Settings


class SlackSettings(Settings):
    """How Slack reaches us, and which of its people may use ScriptRunner."""

    mode: Literal["socket", "http"] = "socket"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=3000, ge=1, le=65535)
    allow_guests: bool = False
    uploads: bool = True
    identity_expiry: Duration = timedelta(minutes=10)


class WorkspaceSettings(Settings):
    """Where the stand-in workspace shows its page, what it takes the app to be, and the inputs to try it with."""

    host: str = "127.0.0.1"
    port: int = Field(default=8065, ge=0, le=65535)
    manifest: Location = Path("../manifest.yml")
    samples: Location = Path("inbox")


class BotConfig(Config):
    """Every setting there is."""

    slack: SlackSettings = SlackSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
