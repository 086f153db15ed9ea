"""Connects the bot to Slack: by Socket Mode, or as a web server for HTTP mode, until it is told to stop."""

import logging
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode import SocketModeClient

from bot.app.config import BotConfig
from bot.app.factory import make_app
from bot.app.stopping import Stopping
from bot.slack.settings import SlackSettings
from runner.app.bootstrap import Assembly
from runner.errors import ConfigError, ScriptRunnerError
from runner.service import ScriptRunner
from runner.settings import Secrets
from runner.system.clock import Clock
from runner.system.memory import freeze_garbage
from runner.system.ports import check_port
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
            app = make_app(
                service,
                client,
                settings=config.slack,
                clock=clock,
                signing_secret=secrets.slack_signing_secret if is_http else None,
            )
        threading.Thread(target=_read_scripts, args=(service,), name="catalogue", daemon=True).start()
        freeze_garbage()
        if is_http:
            _serve_http(app, config.slack, stopping)
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


def _serve_http(app: App, settings: SlackSettings, stopping: Stopping) -> None:
    """Slack's requests come to ``/slack/events``; their signatures are checked by Bolt."""
    from slack_bolt.adapter.wsgi import SlackRequestHandler  # noqa: PLC0415  # Socket Mode has no use for it
    from waitress.server import create_server  # noqa: PLC0415  # same

    check_port("slack.http_port", settings.http_host, settings.http_port)
    server = create_server(
        _dated(SlackRequestHandler(app)),
        host=settings.http_host,
        port=settings.http_port,
        threads=_CONCURRENCY,
        ident=None,
    )
    thread = threading.Thread(target=server.run, name="http", daemon=True)
    thread.start()
    _log.info("bot listens on http://%s:%s/slack/events", settings.http_host, settings.http_port)
    stopping.wait()
    server.close()
    thread.join(timeout=5)


def _dated(application: WSGIApplication) -> WSGIApplication:
    """Refuse what states no moment: slack_sdk 3.47 raises for it, and anybody could fill the log with tracebacks."""

    def answer(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        moment = str(environment.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", ""))
        if moment.isascii() and moment.isdigit():
            return application(environment, start_response)
        start_response("401 Unauthorized", [("Content-Type", "application/json")])
        return [b'{"error": "invalid request"}']

    return answer
