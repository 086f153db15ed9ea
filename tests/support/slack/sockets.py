"""Ends Socket Mode connections of slack_sdk's client, of which it makes heavy weather."""

from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.app.connection import close


def keep_from_reconnecting(handler: SocketModeHandler) -> None:
    """Have it connect no more: a connect that is under way sets the one again to what the other says."""
    handler.client.default_auto_reconnect_enabled = False
    handler.client.auto_reconnect_enabled = False


def stop(handler: SocketModeHandler) -> None:
    """Close the app's connection at once, as the bot does."""
    keep_from_reconnecting(handler)
    close(handler)
