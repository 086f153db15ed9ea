"""Finds out whether the bot can still answer: that what people do is taken up, and that its connection is cared for."""

import json
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from typing import Any

from slack_bolt import App
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient

from runner.system.calls import RunningCalls
from runner.system.heartbeat import Heartbeat
from runner.system.watchdog import Watchdog

_TAKING_UP = timedelta(minutes=1)  # Slack gives three seconds: whoever has waited for this long has gone
_MONITORING = timedelta(minutes=2)  # it turns every ten seconds, and once it connects anew in the turn
_CONNECTING = timedelta(minutes=5)  # slack_sdk 3.47 sleeps in it for as long as Slack asks to
_PROBE = "heartbeat"

Pass = Callable[[Callable[[], None]], object]
"""Has something called in the way in which listeners are."""


class Probe:
    """Something to do that is sent the way of what people do, again and again; it beats each time that it arrives.

    Where every thread is taken it does not arrive, but a listener that ends shows as well that they get on.
    """

    def __init__(self, send: Pass, heartbeat: Heartbeat, calls: RunningCalls) -> None:
        self._send = send
        self._heartbeat = heartbeat
        self._calls = calls
        self._changes = calls.changes
        self._is_under_way = False

    def look(self) -> None:
        """Send it, unless it is still under way."""
        if self._calls.changes != self._changes:
            self._changes = self._calls.changes
            self._heartbeat.beat()
        if not self._is_under_way:
            self._is_under_way = True
            self._send(self._arrive)

    def _arrive(self) -> None:
        self._is_under_way = False
        self._heartbeat.beat()


def watch_listeners(watchdog: Watchdog, send: Pass) -> None:
    """Watch that listeners can begin, ``send`` being the way to their threads."""
    heartbeat = watchdog.loop("the taking up of what people do", _TAKING_UP)
    watchdog.look_with(Probe(send, heartbeat, watchdog.calls).look)


def threads_of_listeners(app: App) -> Executor:
    """Where Bolt runs listeners."""
    return app.listener_runner.listener_executor


def watch_socket(client: SocketModeClient, app: App, watchdog: Watchdog) -> None:
    """Watch the threads of a connection by Socket Mode that is there, and those of the listeners behind it."""
    watch_listeners(watchdog, _by_message(client, threads_of_listeners(app)))
    monitoring = watchdog.loop("the watch over the connection to Slack", _MONITORING)
    connecting = watchdog.loop("the connecting to Slack", _CONNECTING)
    monitor = client.current_app_monitor
    monitor.target = _beating(monitor.target, monitoring, client)

    def look() -> None:
        if not client.connect_operation_lock.locked():
            connecting.beat()
        watchdog.status = "connected to Slack" if client.is_connected() else "not connected: Slack is tried again"

    watchdog.look_with(look)


def _by_message(client: SocketModeClient, executor: Executor) -> Pass:
    """By way of a message that looks as if it came from Slack: queue, thread of messages, thread of listeners."""
    on_the_way: list[Callable[[], None]] = []

    def take(_: BaseSocketModeClient, message: dict[str, Any], __: str | None) -> None:
        if message.get("type") == _PROBE and on_the_way:
            with suppress(RuntimeError):  # it is being closed
                executor.submit(on_the_way.pop())

    def send(act: Callable[[], None]) -> None:
        on_the_way.append(act)
        client.enqueue_message(json.dumps({"type": _PROBE}))

    client.message_listeners.append(take)
    return send


def _beating(turn: Callable[[], None], heartbeat: Heartbeat, client: SocketModeClient) -> Callable[[], None]:
    """The monitor's turn, which beats where the thread that reads is there; what that misses, the turn finds out.

    A connection that takes no ping is given up at once: slack_sdk 3.47 tries five times, ten seconds apart.
    """

    def turn_and_beat() -> None:
        turn()
        session = client.current_session
        if session is not None and session.consecutive_check_state_error_count:
            session.disconnect()
            turn()
        if client.current_session_runner.is_alive():
            heartbeat.beat()

    return turn_and_beat
