"""The settings of the front ends, beside those of the runner in one file."""

from pathlib import Path

from pydantic import Field

from bot.slack.settings import SlackSettings
from runner.app.config import Config
from runner.settings import Location, Settings


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
