"""Ends Socket Mode connections of slack_sdk's client, of which it makes heavy weather."""

import socket
from contextlib import suppress

from slack_bolt.adapter.socket_mode import SocketModeHandler


def keep_from_reconnecting(handler: SocketModeHandler) -> None:
    """Have it connect no more: a connect that is under way sets the one again to what the other says."""
    handler.client.default_auto_reconnect_enabled = False
    handler.client.auto_reconnect_enabled = False


def stop(handler: SocketModeHandler) -> None:
    """Close the app's connection at once.

    slack_sdk 3.47 waits in close() for a lock that its reader holds while nothing comes: seconds, or for ever.
    """
    keep_from_reconnecting(handler)
    session = handler.client.current_session
    if session.sock is not None:
        with suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)
    handler.close()
