"""Reads from the app's manifest what the stand-in needs: commands, shortcuts, scopes, events and tabs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.workspace.errors import ManifestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command as the app registered it."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """Something the app offers to do: with a message (`kind` is message), or anywhere (global)."""

    name: str
    kind: str
    callback_id: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The parts of an app's manifest that change how Slack behaves towards it."""

    name: str
    bot_name: str
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    bot_scopes: tuple[str, ...]
    bot_events: frozenset[str]
    user_scopes: frozenset[str]
    user_events: frozenset[str]
    has_home_tab: bool
    has_messages_tab: bool
    is_messages_tab_read_only: bool
    is_interactive: bool
    is_socket_mode: bool

    def find_command(self, name: str) -> Command | None:
        """The registered command of that name, slash included."""
        return next((command for command in self.commands if command.command == name), None)

    def find_shortcut(self, callback_id: Any, *, kind: str) -> Shortcut | None:
        """The registered shortcut of that kind."""
        return next((one for one in self.shortcuts if (one.callback_id, one.kind) == (callback_id, kind)), None)


def read(path: Path) -> Manifest:
    """Reads a manifest in YAML or JSON; raises ManifestError with what is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _parse(document)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ManifestError(f"{path}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ManifestError(f"{path}: not a Slack app manifest ({error!r})") from error


def _parse(document: dict[str, Any]) -> Manifest:
    features = document.get("features") or {}
    app_home = features.get("app_home") or {}
    settings = document.get("settings") or {}
    name = str(document["display_information"]["name"])
    events, given = settings.get("event_subscriptions") or {}, document.get("oauth_config", {}).get("scopes", {})
    scopes = tuple(given.get("bot") or [])
    # Slack installs neither commands nor shortcuts of an app without this scope.
    has_commands = "commands" in scopes
    return Manifest(
        name=name,
        bot_name=str((features.get("bot_user") or {}).get("display_name", name)),
        commands=tuple(_parse_command(entry) for entry in features.get("slash_commands") or [] if has_commands),
        shortcuts=tuple(_parse_shortcut(entry) for entry in features.get("shortcuts") or [] if has_commands),
        bot_scopes=scopes,
        bot_events=frozenset(events.get("bot_events") or []),
        user_scopes=frozenset(given.get("user") or []),
        user_events=frozenset(events.get("user_events") or []),
        has_home_tab=bool(app_home.get("home_tab_enabled")),
        has_messages_tab=bool(app_home.get("messages_tab_enabled")),
        is_messages_tab_read_only=bool(app_home.get("messages_tab_read_only_enabled")),
        is_socket_mode=bool(settings.get("socket_mode_enabled")),
        is_interactive=bool((settings.get("interactivity") or {}).get("is_enabled")),
    )


def _parse_shortcut(entry: dict[str, Any]) -> Shortcut:
    return Shortcut(
        name=str(entry["name"]),
        kind=str(entry["type"]),
        callback_id=str(entry["callback_id"]),
        description=str(entry.get("description", "")),
    )


def _parse_command(entry: dict[str, Any]) -> Command:
    return Command(
        command=str(entry["command"]),
        description=str(entry.get("description", "")),
        usage_hint=str(entry.get("usage_hint", "")),
        should_escape=bool(entry.get("should_escape")),
    )
