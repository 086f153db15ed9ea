"""Connects the bot to Slack, by Socket Mode or HTTP mode, until it is told to stop."""

import logging
import socket
import threading
import time
from contextlib import closing, suppress
from copy import copy
from datetime import timedelta
from functools import partial

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient

from bot.app.config import BotConfig
from bot.app.factory import make_app
from bot.app.liveness import watch_socket
from bot.app.retrying import retry
from bot.app.stopping import Stopping
from bot.listeners.open_homes import OpenHomes
from bot.listeners.turns import THREADS
from bot.slack.settings import SlackSettings
from bot.slack.tokens import check_tokens
from runner.app.bootstrap import Assembly
from runner.app.patience import Patience
from runner.errors import ConfigError, ScriptRunnerError
from runner.scripts import ReadingPatience
from runner.service import ScriptRunner
from runner.settings import Secrets
from runner.system.clock import Clock
from runner.system.memory import freeze_garbage
from runner.system.threads import run_aside
from runner.system.watchdog import Watchdog

_log = logging.getLogger(__name__)
_LONGEST_LOOK = timedelta(minutes=3)  # some calls of Slack's, each of which may take its time-out
_CLOSE_SECONDS = 10
_CLOSE_LOOK_SECONDS = 0.05
_LOOK_SECONDS = 0.05


def serve(  # noqa: PLR0913  # its parts are passed in
    config: BotConfig,
    secrets: Secrets,
    client: WebClient,
    *,
    clock: Clock,
    stopping: Stopping,
    watchdog: Watchdog,
) -> None:
    """Answer Slack until ``stopping`` is set; ``watchdog`` is told once Slack can reach us, and of what must turn.

    ConfigError where a secret that the mode needs is missing, or Slack refuses a token for good.
    """
    _check(config.slack, secrets)
    is_http = config.slack.mode == "http"
    with closing(Assembly(config, clock=clock, patience=Patience(reading=ReadingPatience()))) as assembly:
        service = assembly.service()
        reading = threading.Thread(target=_read_scripts, args=(service,), name="catalogue", daemon=True)
        reading.start()
        homes = OpenHomes(service, clock=clock, monotonic=time.monotonic)
        make = partial(make_app, service, client, settings=config.slack, clock=clock, calls=watchdog.calls, homes=homes)
        watchdog.status = "connecting to Slack"
        app = retry(make, "SLACK_BOT_TOKEN", stopping)
        if app is None:
            return
        while reading.is_alive() and not stopping.wait(_LOOK_SECONDS):
            pass
        beat = watchdog.loop("the Home tabs", _LONGEST_LOOK).beat
        run_aside(partial(homes.run, client, stopping, beat), name="Home tabs")
        freeze_garbage()
        if is_http:
            from bot.app.http_mode import serve_http  # noqa: PLC0415  # Socket Mode has no use for it

            serve_http(app, config.slack, str(secrets.slack_signing_secret), stopping, watchdog=watchdog)
        else:
            _serve_socket(app, str(secrets.slack_app_token), stopping, watchdog)


def _check(settings: SlackSettings, secrets: Secrets) -> None:
    check_tokens(secrets)
    if settings.mode == "http" and not secrets.slack_signing_secret:
        raise ConfigError(
            "slack.mode is http, which needs SLACK_SIGNING_SECRET: without it anybody could send commands."
        )
    if settings.mode == "socket" and not secrets.slack_app_token:
        raise ConfigError("slack.mode is socket, which needs SLACK_APP_TOKEN (xapp-…, with connections:write).")


def _read_scripts(service: ScriptRunner) -> None:
    """Read all scripts before somebody can ask for one: Slack waits three seconds for a form, and thousands take two.

    A disk that takes long keeps nobody from what needs no script.
    """
    try:
        _log.info("%d scripts read", service.scripts.read_all())
    except ScriptRunnerError as error:  # it is told to whoever asks, too
        _log.warning("the scripts are not known yet: %s", error)


def _serve_socket(app: App, token: str, stopping: Stopping, watchdog: Watchdog) -> None:
    connection = SocketModeHandler(app, token, concurrency=THREADS, web_client=_impatient(app.client))
    if retry(partial(_connect, connection.client), "SLACK_APP_TOKEN", stopping) is None:
        return
    _log.info("bot connected by Socket Mode")
    watch_socket(connection.client, app, watchdog)
    watchdog.ready("connected to Slack")
    stopping.wait()
    watchdog.stopping()
    close(connection)


def _impatient(client: WebClient) -> WebClient:
    """The client without its patience with 429: who waits for Slack at the start says so, and stops when told to."""
    other = copy(client)
    other.retry_handlers = [each for each in client.retry_handlers if not isinstance(each, RateLimitErrorRetryHandler)]
    return other


def _connect(client: SocketModeClient) -> bool:
    """Connect; slack_sdk 3.47 raises nothing where the WebSocket does not open, and waits in silence at a 429."""
    if not client.is_connected():
        opened = client.web_client.apps_connections_open(app_token=client.app_token)
        client.wss_uri = str(opened["url"])
        client.connect()
    if not client.is_connected():
        raise SlackClientNotConnectedError("its WebSocket does not open")
    return True


def close(connection: SocketModeHandler) -> None:
    """Close the connection at once.

    slack_sdk 3.47 waits in close() for a lock its reader holds while nothing comes; and for ever where a connect that
    was under way has put another session in place of the one that close() ended. So we end whichever there is.
    """
    closing = threading.Thread(target=_close_all_parts, args=(connection,), name="closing", daemon=True)
    closing.start()
    deadline = time.monotonic() + _CLOSE_SECONDS
    while closing.is_alive() and time.monotonic() < deadline:
        _end_session(connection.client)
        closing.join(_CLOSE_LOOK_SECONDS)
    if closing.is_alive():
        _log.warning("the connection to Slack did not close within %d s: it ends with the process", _CLOSE_SECONDS)


def _close_all_parts(connection: SocketModeHandler) -> None:
    """Let a connect that is under way put its session in place first: one that fails meanwhile leaves its socket open.

    Where it hangs, go through close() once more if it broke off: both closed the same socket then. The lock is not
    kept: a listener whose answer finds the session closed takes it as well, and close() waits for all listeners.
    """
    client = connection.client
    client.closed = True  # whoever looks knows by now
    if client.connect_operation_lock.acquire(timeout=_CLOSE_SECONDS / 2):
        client.auto_reconnect_enabled = False
        client.connect_operation_lock.release()
    try:
        connection.close()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    except AttributeError:
        connection.close()  # type: ignore[no-untyped-call]  # slack_bolt 1.30


def _end_session(client: SocketModeClient) -> None:
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    session = client.current_session
    if session is not None and (connected := session.sock) is not None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
