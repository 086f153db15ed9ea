"""The settings of the front ends, beside those of the runner in one file."""

from pathlib import Path

from pydantic import Field

from bot.slack.settings import SlackSettings
from runner.app.config import Config
from runner.settings import Location, Settings


class WorkspaceSettings(Settings):
    """Where the stand-in workspace shows its page, what it takes the app to be, and the inputs to try it with."""

    host: str = "127.0.0.1"
    """The address of its page. Whoever reaches it can act as anybody: leave it on this machine."""
    port: int = Field(default=8065, ge=0, le=65535)
    """The port of its page, from 0 to 65535; 0 takes a free one."""
    manifest: Location = Path("../manifest.yml")
    """The manifest of the Slack app, from which the stand-in and "scriptrunner doctor" know what the app needs."""
    samples: Location = Path("inbox")
    """Files that are put into the inbox to try scripts with."""


class BotConfig(Config):
    """Every setting there is."""

    slack: SlackSettings = SlackSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
