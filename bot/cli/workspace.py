"""`scriptrunner workspace`: a Slack of one's own on this machine, for any Bolt app."""

import argparse
from collections.abc import Mapping

from bot.cli import terminal
from bot.workspace.errors import ManifestError, StateError
from bot.workspace.server import serving
from bot.workspace.workspace import StandInSettings
from runner.errors import ConfigError


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve until it is stopped; the tokens are those of the environment, or made up. ConfigError where it cannot."""
    given = serving.made_up_tokens() | {name: value for name, value in environment.items() if value}
    try:
        settings = serving.settings(options, given)
        serving.serve(settings, options, lambda url: terminal.say(_announcement(settings, url)))
    except (ManifestError, StateError, ValueError, OSError) as error:
        raise ConfigError(f"The workspace cannot be started: {error}.") from error
    return 0


def _announcement(settings: StandInSettings, url: str) -> list[str]:
    token = (
        f"export SLACK_APP_TOKEN={settings.app_token}"
        if settings.request_url is None
        else f"export SLACK_SIGNING_SECRET={settings.signing_secret}"
    )
    reached = "by Socket Mode" if settings.request_url is None else f"at {settings.request_url}"
    warning = _mode_warning(settings)
    return [
        *([warning, ""] if warning else []),
        f"This machine plays Slack for {settings.manifest.name}. Open",
        "",
        f"    {settings.page_address(url)}",
        "",
        f"and start the app, which is reached {reached}, with",
        "",
        f"    export SLACK_API_URL={url}/api/",
        f"    export SLACK_BOT_TOKEN={settings.bot_token}",
        f"    {token}",
        "",
        "Ctrl-C stops it." + (f" It goes on from {settings.state} next time." if settings.state else ""),
    ]


def _mode_warning(settings: StandInSettings) -> str | None:
    """What Slack itself would not do: the way that the app is reached here is not the one of its manifest."""
    is_http = settings.request_url is not None
    if is_http and settings.manifest.is_socket_mode:
        return "The manifest turns Socket Mode on: Slack sends nothing to a request URL until it is off."
    if not is_http and not settings.manifest.is_socket_mode:
        return "The manifest does not turn Socket Mode on: Slack takes no such connections until it is."
    return None
