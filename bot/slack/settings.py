"""What the settings say of Slack."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from runner.settings import Duration, Settings


class SlackSettings(Settings):
    """How Slack reaches us, and which of its people may use ScriptRunner."""

    mode: Literal["socket", "http"] = "socket"
    """socket (needs SLACK_APP_TOKEN, and no port) or http (needs SLACK_SIGNING_SECRET, and a web server in front)."""
    http_host: str = "127.0.0.1"
    """The address that http mode listens on."""
    http_port: int = Field(default=3000, ge=1, le=65535)
    """The port that http mode listens on, from 1 to 65535; Slack's requests come to /slack/events there."""
    allow_guests: bool = False
    """Whether guests of the Slack workspace may run scripts: true or false."""
    uploads: bool = True
    """Whether files are taken from Slack, by forms and messages; the app needs the scope files:read: true or false."""
    identity_expiry: Duration = timedelta(minutes=10)
    """How long what Slack says about a person is believed before it is asked again."""
