"""Connects the bot to Slack, by Socket Mode or HTTP mode, until it is told to stop."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode import SocketModeClient

from bot.app.config import BotConfig
from bot.app.factory import make_app
from bot.app.stopping import Stopping
from runner.app.bootstrap import Assembly
from runner.errors import ConfigError, ScriptRunnerError
from runner.service import ScriptRunner
from runner.settings import Secrets
from runner.system.clock import Clock
from runner.system.memory import freeze_garbage
from runner.system.text import visible

_log = logging.getLogger(__name__)
_CONCURRENCY = 10
_CLOSE_SECONDS = 10
_CLOSE_LOOK_SECONDS = 0.05


def serve(config: BotConfig, secrets: Secrets, client: WebClient, *, clock: Clock, stopping: Stopping) -> None:
    """Answer Slack until ``stopping`` is set. ConfigError where a secret that the mode needs is missing."""
    is_http = config.slack.mode == "http"
    if is_http and not secrets.slack_signing_secret:
        raise ConfigError(
            "slack.mode is http, which needs SLACK_SIGNING_SECRET: without it anybody could send commands."
        )
    if not is_http and not secrets.slack_app_token:
        raise ConfigError("slack.mode is socket, which needs SLACK_APP_TOKEN (xapp-…, with connections:write).")
    with closing(Assembly(config, clock=clock)) as assembly:
        service = assembly.service()
        with _explained("SLACK_BOT_TOKEN"):
            app = make_app(service, client, settings=config.slack, clock=clock)
        threading.Thread(target=_read_scripts, args=(service,), name="catalogue", daemon=True).start()
        freeze_garbage()
        if is_http:
            from bot.app.http_mode import serve_http  # noqa: PLC0415  # Socket Mode has no use for it

            serve_http(app, config.slack, str(secrets.slack_signing_secret), stopping)
        else:
            _serve_socket(app, str(secrets.slack_app_token), stopping)


@contextmanager
def _explained(variable: str) -> Iterator[None]:
    """Turn the errors of a call to Slack into words."""
    try:
        yield
    except SlackApiError as error:
        raise ConfigError(f"Slack refuses {variable}: {visible(str(error.response['error']))}.") from error
    except (SlackClientError, OSError) as error:
        raise ScriptRunnerError(f"Slack cannot be reached: {visible(str(error))}.") from error


def _read_scripts(service: ScriptRunner) -> None:
    """Read all scripts before somebody asks for one: Slack waits three seconds for a form, and thousands take two."""
    with suppress(ScriptRunnerError):  # it is told to whoever asks
        service.scripts.read_all()
    freeze_garbage()


def _serve_socket(app: App, token: str, stopping: Stopping) -> None:
    connection = SocketModeHandler(app, token, concurrency=_CONCURRENCY)
    with _explained("SLACK_APP_TOKEN"):
        connection.connect()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    _log.info("bot connected by Socket Mode")
    stopping.wait()
    close(connection)


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
    """Go through close() once more where it broke off: a connect that was under way closed the same socket."""
    try:
        connection.close()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    except AttributeError:
        connection.close()  # type: ignore[no-untyped-call]  # slack_bolt 1.30
    connection.client.disconnect()  # what a connect put in place after close() had ended the session before it


def _end_session(client: SocketModeClient) -> None:
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    session = client.current_session
    if session is not None and (connected := session.sock) is not None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
