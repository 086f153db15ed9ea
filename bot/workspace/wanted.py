"""What an app's manifest wants that the stand-in does not play."""

from collections.abc import Iterator

from bot.workspace.manifest import Manifest
from bot.workspace.web_api import dispatch
from bot.workspace.workspace import EVENT_SCOPES

# Scopes that open no method of their own, yet change what happens here.
_SCOPES = frozenset({"commands", "users:read.email", "chat:write.public", "connections:write"})
_EVENTS = frozenset({"app_home_opened", *EVENT_SCOPES})


def not_played(manifest: Manifest) -> Iterator[str]:
    """A sentence on each event that is never sent, and on each scope none of whose methods is there."""
    methods = {scope for one in dispatch.specifications().values() for scope in one["scopes"]}
    played = _SCOPES | methods | set(EVENT_SCOPES.values())
    for name in sorted(manifest.bot_events - _EVENTS):
        yield f"The manifest wants the event {name}, which this workspace never sends."
    for name in sorted(set(manifest.bot_scopes) - played):
        yield f"The manifest wants the scope {name}, for which this workspace has no method."
    for name in sorted(manifest.user_events):
        yield f"The manifest wants the event {name} for people, and this workspace sends only the bot's own."
    for name in sorted(manifest.user_scopes):
        yield f"The manifest wants the scope {name} for people, and this workspace gives only the bot a token."
